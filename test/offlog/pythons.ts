import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The versions of the Python package offlog that are held against ours. */
export const VERSIONS = ['0.1.0', '0.3.1'] as const;
export type Version = (typeof VERSIONS)[number];

/** How long a daemon may take to listen, and a client to answer. Generous: a busy machine is no failure. */
const LIMIT_MS = 20_000;

/** The Python that has a version of the package. */
export function pythonOf(version: Version): string {
  return fileURLToPath(new URL(`../../.cache/python-offlog-${version}/bin/python`, import.meta.url));
}

/** Why tests that need a version are skipped, or false. */
export function without(version: Version): string | false {
  if (existsSync(pythonOf(version))) return false;
  const folder = `.cache/python-offlog-${version}`;
  return (
    `the Python package offlog ${version} is not installed; to have it: ` +
    `python3 -m venv ${folder} && ${folder}/bin/pip install offlog==${version}`
  );
}

/** A fresh folder that goes with the block. */
export async function freshFolder(): Promise<{ path: string; [Symbol.asyncDispose](): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'offlog-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket, () => {
      connection.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}

/** A daemon of the Python package, listening. */
export type PythonDaemon = {
  socket: string;
  /** Resolves with the exit code when the daemon has ended. */
  signal(signal: NodeJS.Signals): Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
};

/** Starts `python -m offlog` with its socket in a folder; it looks for rotated files five times a second (0.3). */
export async function startPythonDaemon(version: Version, folder: string): Promise<PythonDaemon> {
  const socket = join(folder, `python-${version}.sock`);
  const rotate = version === '0.1.0' ? [] : ['-r', '200'];
  const log = join(folder, `python-${version}.log`);
  const child = spawn(pythonOf(version), ['-m', 'offlog', '-s', socket, '-l', log, ...rotate], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const ended = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  const signal = (name: NodeJS.Signals) => {
    child.kill(name);
    return ended;
  };
  const deadline = performance.now() + LIMIT_MS;
  while (!(await answers(socket))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      await signal('SIGKILL');
      throw new Error(`the daemon of offlog ${version} did not start:\n${printed}`);
    }
    await sleep(10);
  }
  return { socket, signal, [Symbol.asyncDispose]: async () => void (await signal('SIGKILL')) };
}

/** Bytes for a Python client: each character of `bytes` is one, all of it `times` over. */
type Bytes = { bytes: string; times?: number };
type Answer = { error?: string; text?: string };

/** A Python process with one client in it, see python_client.py. */
export type PythonClient = {
  call(name: string, args: readonly (string | number | Bytes)[], kwargs?: object): Promise<Answer>;
  /** What was printed to standard error, where its standard output goes too. */
  printed(): string;
  /** Lets the process end by itself, and answers its exit code. */
  end(): Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
};

export function startPythonClient(version: Version): PythonClient {
  const script = fileURLToPath(new URL('python_client.py', import.meta.url));
  const child = spawn(pythonOf(version), [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = once(child, 'close').then(([code]: (number | null)[]) => code ?? null);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  let printed = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  return {
    async call(name, args, kwargs = {}) {
      child.stdin.write(`${JSON.stringify({ call: name, args, kwargs })}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error(`the Python client ended: ${printed}`);
      return JSON.parse(value) as Answer;
    },
    printed: () => printed,
    end() {
      child.stdin.end();
      return ended;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
