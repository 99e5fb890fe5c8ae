import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { PYTHON } from './daemons.ts';

const inPython = new URL('write.py', import.meta.url).pathname;
const inNode = new URL('write.ts', import.meta.url).pathname;

export type WriterKind = 'python' | 'node' | 'append-file' | 'pino';

/** From opening the file until all is written, nanoseconds of the monotonic clock, and the writer's own CPU time. */
export type Stream = { start: number; end: number; cpu: number };

/** Nanoseconds of a call; `nothing` is what the clock alone takes. `lines` were written in all, with those to warm up. */
export type Latency = { p50: number; p99: number; p999: number; nothing: number; lines: number };

function commandOf(kind: WriterKind, mode: string): readonly string[] {
  if (kind === 'python') return [PYTHON, inPython, mode];
  return [process.execPath, inNode, kind === 'node' ? 'proxy' : kind, mode];
}

type Started = { go(): Promise<unknown> };

/** Starts a writer and resolves when it is ready; `go` lets it write, and answers what it measured. */
async function start(command: readonly string[], args: readonly string[]): Promise<Started> {
  const [file = '', ...rest] = [...command, ...args];
  const child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  if ((await lines.next()).value !== 'ready') throw new Error(`${file} ${rest.join(' ')} did not start`);
  return {
    async go() {
      child.stdin.end('go\n');
      const { value, done } = await lines.next();
      const [code] = await ended;
      if (done || code !== 0) throw new Error(`${file} ${rest.join(' ')} ended with ${code}`);
      return JSON.parse(value);
    },
  };
}

/** Has one writer a path write `lines` lines, all at once, and answers from the first beginning to the last end. */
export async function runStream(
  kind: WriterKind,
  socket: string,
  paths: readonly string[],
  lines: number,
): Promise<Stream> {
  const command = commandOf(kind, 'stream');
  const writers = await Promise.all(paths.map((path) => start(command, [socket, path, String(lines)])));
  const streams = (await Promise.all(writers.map(({ go }) => go()))) as Stream[];
  return {
    start: Math.min(...streams.map((each) => each.start)),
    end: Math.max(...streams.map((each) => each.end)),
    cpu: streams.reduce((sum, each) => sum + each.cpu, 0),
  };
}

/** Times single calls of one writer, in chunks of `lines` lines. */
export async function runLatency(
  kind: WriterKind,
  socket: string,
  path: string,
  lines: number,
): Promise<Latency> {
  const writer = await start(commandOf(kind, 'latency'), [socket, path, String(lines)]);
  return (await writer.go()) as Latency;
}
