import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const here = new URL('.', import.meta.url).pathname;
const root = new URL('../..', import.meta.url).pathname;

/** The Python of the package offlog 0.1.0: the reference. */
export const PYTHON = join(root, '.cache/python-offlog-0.1.0/bin/python');

export const HOW_TO_GET_PYTHON = `The reference, the Python package offlog 0.1.0, is not here. To have it:
  python3 -m venv .cache/python-offlog-0.1.0
  .cache/python-offlog-0.1.0/bin/pip install offlog==0.1.0`;

/** `discard` reads, and writes nothing: what a client reaches with it is the client's own limit. */
export type DaemonKind = 'python' | 'ours' | 'discard';

const COMMANDS: Readonly<Record<DaemonKind, (socket: string, log: string) => readonly string[]>> = {
  python: (socket, log) => [PYTHON, '-m', 'offlog', '-s', socket, '-l', log],
  ours: (socket, log) => [join(root, 'packages/offlog/bin/offlog'), '-s', socket, '-l', log],
  discard: (socket) => [PYTHON, join(here, 'discard.py'), socket],
};

export type Daemon = { kind: DaemonKind; pid: number; socket: string; stop(): Promise<void> };

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => resolve(true)).once('error', () => resolve(false));
    connection.once('connect', () => connection.destroy());
  });
}

async function untilItListens(child: ChildProcess, kind: DaemonKind, socket: string, output: string) {
  const deadline = performance.now() + 10_000;
  while (!(await answers(socket))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the daemon (${kind}) did not start:\n${await readFile(output, 'utf8')}`);
    }
    await sleep(10);
  }
}

/** Starts a daemon in a folder and waits until it takes connections; its socket and its log lie there. */
export async function startDaemon(kind: DaemonKind, folder: string): Promise<Daemon> {
  const socket = join(folder, `${kind}.sock`);
  const output = join(folder, `${kind}.out`);
  const [command = '', ...args] = COMMANDS[kind](socket, join(folder, `${kind}.log`));
  const log = await open(output, 'a');
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', log.fd, log.fd] });
  const ended = once(child, 'exit');
  await log.close();
  if (child.pid === undefined) throw new Error(`${command} cannot be started`);
  await untilItListens(child, kind, socket, output);
  return {
    kind,
    pid: child.pid,
    socket,
    async stop() {
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(killer);
    },
  };
}

/** The most resident memory that a living process has had, bytes, by the kernel's own account. */
export async function memoryHighWater(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? Number.NaN) * 1024;
}
