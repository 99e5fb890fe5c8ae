import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { ProxyFile } from '../../packages/offlog/src/mod.ts';
import { quantile } from '../measure/quantiles.ts';
import { makeLines } from './lines.ts';

/**
 * write.ts proxy|append-file|pino latency|stream SOCKET FILE LINES: says "ready", waits for a line on its standard
 * input, and prints what it measured as JSON, as write.py does with the Python client.
 */

/** What writes lines: `write` is what the application calls and is measured, `close` resolves when all is in the file. */
interface Writer {
  write(line: string): unknown;
  /** Resolves when the writer may be given more. */
  room(): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Chunks of lines in a measurement of latency; as many come before them to warm up. */
const CHUNKS = 3;
/** Calls of appendFile that wait at most: more than the threads that serve them, less than would take memory. */
const IN_FLIGHT = 64;
/** As in the Python client, whose buffer has no bound, nothing may be dropped. */
const BUFFER_LIMIT = 1 << 30;

async function openProxy(sockPath: string, path: string): Promise<Writer> {
  const file = await ProxyFile.open(path, { sockPath, bufferLimit: BUFFER_LIMIT });
  return { write: (line) => file.write(line), room: () => turn(), close: () => file.close() };
}

/** A call a line; in what order they are done is the thread pool's choice, so this writer's file is not in order. */
function openAppendFile(path: string): Writer {
  const waiting = new Set<Promise<void>>();
  return {
    write(line) {
      const done = appendFile(path, line);
      waiting.add(done);
      void done.finally(() => waiting.delete(done));
    },
    async room() {
      while (waiting.size >= IN_FLIGHT) await Promise.race(waiting);
    },
    close: () => Promise.all(waiting),
  };
}

async function openPino(path: string): Promise<Writer> {
  const destination = pino.destination({ dest: path, sync: false, minLength: 4096 });
  await once(destination, 'ready');
  return {
    write: (line) => destination.write(line),
    room: () => turn(),
    async close() {
      const closed = once(destination, 'close');
      destination.end();
      await closed;
    },
  };
}

/** Lines that are written between two turns of the event loop, as an application in a burst would. */
const burstOf = (kind: string): number => (kind === 'append-file' ? 1 : 1000);

async function stream(open: () => Promise<Writer>, burst: number, count: number) {
  const lines = makeLines();
  const start = process.hrtime.bigint();
  const before = process.cpuUsage();
  const writer = await open();
  for (let written = 0; written < count; ) {
    for (let i = 0; i < burst; i++, written++) writer.write(lines[written % lines.length] ?? '');
    await writer.room();
  }
  await writer.close();
  const end = process.hrtime.bigint();
  const { user, system } = process.cpuUsage(before);
  return { start: Number(start), end: Number(end), cpu: (user + system) * 1000 };
}

/** Nanoseconds of each call. */
async function oneByOne(writer: Writer, burst: number, count: number): Promise<Float64Array> {
  const lines = makeLines();
  const taken = new Float64Array(count);
  for (let written = 0; written < count; ) {
    for (let i = 0; i < burst; i++, written++) {
      const line = lines[written % lines.length] ?? '';
      const before = process.hrtime.bigint();
      writer.write(line);
      taken[written] = Number(process.hrtime.bigint() - before);
    }
    await writer.room();
  }
  return taken;
}

async function latency(open: () => Promise<Writer>, burst: number, count: number) {
  const writer = await open();
  const taken = new Float64Array(CHUNKS * count);
  for (let chunk = 0; chunk < 2 * CHUNKS; chunk++) {
    const measured = await oneByOne(writer, burst, count);
    // The first half warms up; between chunks the daemon catches up.
    if (chunk >= CHUNKS) taken.set(measured, (chunk - CHUNKS) * count);
    await sleep(300);
  }
  await writer.close();
  const nothing = { write: () => {}, room: () => turn(), close: async () => {} };
  const [values, clock] = [[...taken], [...(await oneByOne(nothing, burst, count))]];
  return {
    p50: quantile(values, 0.5),
    p99: quantile(values, 0.99),
    p999: quantile(values, 0.999),
    nothing: quantile(clock, 0.5),
    lines: 2 * CHUNKS * count,
  };
}

const [kind = '', mode, sockPath = '', path = '', count] = process.argv.slice(2);
const open = async (): Promise<Writer> => {
  if (kind === 'append-file') return openAppendFile(path);
  return kind === 'pino' ? openPino(path) : openProxy(sockPath, path);
};
process.stdout.write('ready\n');
process.stdin.once('data', async () => {
  process.stdin.pause();
  const measure = mode === 'stream' ? stream : latency;
  process.stdout.write(`${JSON.stringify(await measure(open, burstOf(kind), Number(count)))}\n`);
});
