import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { median } from '../measure/quantiles.ts';
import type { Unit } from '../measure/row.ts';
import { cpuSeconds } from '../servers/proc.ts';
import { benchFolder, removeFolder } from '../servers/process.ts';
import { type Daemon, type DaemonKind, startDaemon } from './daemons.ts';
import { checkLines, LINE_BYTES } from './lines.ts';
import { runLatency, runStream, type WriterKind } from './writers.ts';

/** Who writes, through which daemon if through one, and how many of them at once. */
export type Writing = { writer: WriterKind; daemon?: DaemonKind; clients: number };

type Figures = (readonly [figure: string, unit: Unit, value: number])[];

/** How often the lines are written end to end in one measurement, which takes the median: a disk has its moods. */
const STREAMS = 3;

function medians(all: readonly Figures[]): Figures {
  return (all[0] ?? []).map(([figure, unit], at) => [
    figure,
    unit,
    median(all.map((figures) => figures[at]?.[2] ?? Number.NaN)),
  ]);
}

/**
 * Throws unless the file holds what was written: byte for byte, or only as many bytes. appendFile has its calls done in
 * any order; the Python client, when the socket had been full, sends a new line before the rest of an earlier one.
 */
async function checkFile(path: string, lines: number, { writer, daemon }: Writing): Promise<void> {
  if (daemon === 'discard') return;
  if (writer === 'node' || writer === 'pino') return checkLines(path, lines);
  const { size } = await stat(path);
  if (size !== lines * LINE_BYTES) throw new Error(`${path} holds ${size} bytes of ${lines} lines`);
}

async function latencyFigures(
  writing: Writing,
  socket: string,
  folder: string,
  lines: number,
): Promise<Figures> {
  const path = join(folder, 'latency.log');
  const latency = await runLatency(writing.writer, socket, path, lines);
  await checkFile(path, latency.lines, writing);
  return [
    ['write p50', 'ns', latency.p50],
    ['write p99', 'ns', latency.p99],
    ['write p99.9', 'ns', latency.p999],
    ['the clock alone', 'ns', latency.nothing],
  ];
}

async function streamFigures(
  writing: Writing,
  daemon: Daemon | undefined,
  folder: string,
  lines: number,
): Promise<Figures> {
  await mkdir(folder);
  const paths = Array.from({ length: writing.clients }, (_, client) => join(folder, `${client}.log`));
  const before = daemon && (await cpuSeconds(daemon.pid));
  const each = Math.ceil(lines / writing.clients / 1000) * 1000;
  const { start, end, cpu } = await runStream(writing.writer, daemon?.socket ?? '', paths, each);
  const spent = daemon && (await cpuSeconds(daemon.pid)) - (before ?? 0);
  for (const path of paths) await checkFile(path, each, writing);
  await rm(folder, { recursive: true });
  const written = each * writing.clients;
  const figures: Figures = [
    ['rate', 'lines/s', written / ((end - start) / 1e9)],
    ['client CPU a line', 'µs', cpu / 1000 / written],
  ];
  if (spent !== undefined && daemon?.kind !== 'discard') {
    figures.push(['daemon CPU a line', 'µs', (spent / written) * 1e6]);
  }
  return figures;
}

/** Measures single calls (one client only), then `lines` lines end to end, three times, on a daemon that is warm. */
export async function measureWriting(writing: Writing, lines: number): Promise<Figures> {
  const folder = await benchFolder('offlog');
  const daemon = writing.daemon && (await startDaemon(writing.daemon, folder));
  try {
    const socket = daemon?.socket ?? '';
    // A call of appendFile a line is some ten times slower than the others.
    const scale = writing.writer === 'append-file' ? 10 : 1;
    const warm = Math.min(lines, 200_000) / scale;
    await runStream(writing.writer, socket, [join(folder, 'warm.log')], warm);
    const single =
      writing.clients === 1 ? await latencyFigures(writing, socket, folder, lines / 10 / scale) : [];
    const streams: Figures[] = [];
    for (let i = 0; i < STREAMS; i++) {
      streams.push(await streamFigures(writing, daemon, join(folder, 'stream'), lines / scale));
    }
    return [...single, ...medians(streams)];
  } finally {
    await daemon?.stop();
    await removeFolder(folder);
  }
}
