import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const OFFLOG = fileURLToPath(new URL('../../packages/offlog/bin/offlog', import.meta.url));

/** How long a daemon may take to listen, in milliseconds. */
const START_TIME = 15_000;

export interface DaemonSettings {
  /** Arguments besides the socket's and the log's. */
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** A program and its first arguments that run the daemon, such as setpriv or another daemon altogether. */
  readonly command?: readonly string[];
  /** A folder that exists already, and stays. */
  readonly folder?: string;
}

/** A daemon in a process and a folder of its own; both go with it. */
export interface RunningDaemon {
  readonly folder: string;
  readonly socket: string;
  readonly process: ChildProcess;
  readonly pid: number;
  /** What it has logged by now. */
  log(): Promise<string>;
  /** Sends a signal (SIGTERM) and waits for the end: the status, or null when a signal ended it. */
  stop(signal?: NodeJS.Signals): Promise<{ readonly code: number | null }>;
  kill(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Daemons of tests that were given up would hold the output of the test process open, and its runner waiting. */
const living = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** Starts a daemon that listens when this resolves. */
export async function startDaemon(settings: DaemonSettings = {}): Promise<RunningDaemon> {
  const folder = settings.folder ?? (await mkdtemp(join(tmpdir(), 'offlog-test-')));
  const socket = join(folder, 's.sock');
  const logfile = join(folder, 'server.log');
  const [program, ...first] = settings.command ?? [OFFLOG];
  if (program === undefined) throw new Error('there is no command');
  const child = spawn(program, [...first, '-s', socket, '-l', logfile, ...(settings.args ?? [])], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...settings.env },
  });
  living.add(child);
  const ended = once(child, 'exit');
  child.once('exit', () => living.delete(child));
  const stop = async (signal: NodeJS.Signals = 'SIGTERM') => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    return { code: child.exitCode };
  };
  await listening(socket, child);
  return {
    folder,
    socket,
    process: child,
    pid: child.pid ?? 0,
    log: () => readFile(logfile, 'utf8').catch(() => ''),
    stop,
    kill: async () => void (await stop('SIGKILL')),
    async [Symbol.asyncDispose]() {
      await stop('SIGKILL');
      if (settings.folder === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listening(socket: string, child: ChildProcess): Promise<void> {
  const started = performance.now();
  while (!(await answers(socket))) {
    if (child.exitCode !== null) throw new Error(`the daemon ended with ${child.exitCode}`);
    if (performance.now() - started > START_TIME) throw new Error('the daemon does not listen');
    await sleep(10);
  }
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}
