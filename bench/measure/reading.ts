import { setTimeout as sleep } from 'node:timers/promises';
import { FILLED_SECONDS } from '../load/bodies.ts';
import { fillStore } from '../load/fill.ts';
import { type PacedWriter, startPacedWriter } from '../load/paced-writer.ts';
import { seededRandom } from '../load/random.ts';
import type { Kind, Side } from '../servers/kinds.ts';
import { folderBytes, residentBytes } from '../servers/proc.ts';
import { benchFolder, type RunningServer, removeFolder, startServer } from '../servers/process.ts';
import { quantile } from './quantiles.ts';
import type { ReadingCase } from './reading-cases.ts';
import { Rows } from './row.ts';
import { type Answer, TimedClient } from './timed-request.ts';

export type ReadingOptions = { records: number; bytes: number; rounds: number; requests: number };

/** A case that is slow ends after this many milliseconds of a round, however few its requests were. */
const ROUND_BUDGET = 5_000;

/** What is written meanwhile, in records a second. */
const WRITE_RATE = 5_000;

/** What both sides must agree on: the counts of a HEAD, the number of records of a page. */
function essence(method: string, { headers, body }: Answer): string {
  if (method === 'HEAD') return [headers['x-record-group'], headers['x-record-count']].join(' ');
  const answer: unknown = JSON.parse(body.toString());
  return Array.isArray(answer) ? `${answer.length} records` : 'one record';
}

type Round = { milliseconds: number[]; essence: string };

/** Asks a case's question, each time with another draw, one request after the other. */
export async function ask(
  server: RunningServer,
  { name, method, search }: ReadingCase,
  records: number,
  requests: number,
  seed: number,
): Promise<Round> {
  const random = seededRandom(seed);
  const client = new TimedClient(server.port);
  const milliseconds: number[] = [];
  const essences: string[] = [];
  const started = performance.now();
  while (milliseconds.length < requests) {
    const answer = await client.send(method, `/api/v1/record${search({ records, random: random() })}`);
    if (answer.status !== 200) throw new Error(`${name} on ${server.side} was answered ${answer.status}`);
    if (essences.length === 0) essences.push(essence(method, answer));
    milliseconds.push(answer.milliseconds);
    if (performance.now() - started > ROUND_BUDGET) break;
  }
  client.close();
  return { milliseconds, essence: essences.join() };
}

/** One case on all sides in turn, round by round; p50 and p95 are of the requests of all rounds together. */
export async function measureCase(
  servers: readonly RunningServer[],
  readingCase: ReadingCase,
  options: ReadingOptions,
  figure: string,
  rows: Rows,
): Promise<void> {
  const all = new Map<Side, number[]>();
  const each = Math.ceil(options.requests / options.rounds);
  for (let round = 0; round < options.rounds; round++) {
    const answers = new Map<string, Side>();
    for (const server of servers) {
      const { milliseconds, essence } = await ask(server, readingCase, options.records, each, 1000 + round);
      all.set(server.side, [...(all.get(server.side) ?? []), ...milliseconds]);
      answers.set(essence, server.side);
    }
    if (answers.size > 1) {
      throw new Error(`${readingCase.name}: the sides disagree: ${[...answers.keys()].join(' and ')}`);
    }
  }
  for (const [side, milliseconds] of all) {
    rows.add(side, readingCase.name, `${figure}p50`, 'ms', quantile(milliseconds, 0.5));
    rows.add(side, readingCase.name, `${figure}p95`, 'ms', quantile(milliseconds, 0.95));
  }
}

/** Fills, stops and weighs a store and starts the server on it again, as after a restart; `store` names the rows. */
export async function filledServer(
  kind: Kind,
  folder: string,
  options: ReadingOptions,
  rows: Rows,
  store = 'store',
): Promise<RunningServer> {
  const filling = await startServer(kind, folder);
  const started = performance.now();
  await fillStore(filling.port, options.records, options.bytes);
  rows.add(kind.side, store, 'filling', 's', (performance.now() - started) / 1000);
  await filling.stop();
  rows.add(kind.side, store, 'disk a record', 'bytes', (await folderBytes(filling.folder)) / options.records);
  const server = await startServer(kind, folder);
  rows.add(kind.side, store, 'start', 'ms', server.startMilliseconds);
  return server;
}

/** Goes on with the records behind those that the store was filled with. */
export function startWriting(server: RunningServer, options: ReadingOptions): PacedWriter {
  return startPacedWriter({
    port: server.port,
    rate: WRITE_RATE,
    bytes: options.bytes,
    secondsApart: FILLED_SECONDS / options.records,
    first: options.records,
  });
}

/** Questions while records come in; only this project's server is asked them: see due.ts. */
async function measureWhileWriting(
  server: RunningServer,
  cases: readonly ReadingCase[],
  options: ReadingOptions,
  rows: Rows,
  say: (line: string) => void,
): Promise<void> {
  const writer = startWriting(server, options);
  await sleep(2000);
  for (const readingCase of cases) {
    say(`${readingCase.name} while writing, ${server.side}`);
    await measureCase([server], readingCase, options, 'writing ', rows);
  }
  const { records, seconds } = await writer.stop();
  rows.add(server.side, 'store', 'written meanwhile', 'records/s', records / seconds);
}

/** Measures what questions cost on a filled store: quiet on all sides in turn, then on ours while records come in. */
export async function measureReading(
  kinds: readonly Kind[],
  cases: readonly ReadingCase[],
  options: ReadingOptions,
  say: (line: string) => void,
): Promise<Rows> {
  const rows = new Rows();
  const folders: string[] = [];
  const servers: RunningServer[] = [];
  try {
    for (const kind of kinds) {
      say(`filling ${kind.side} with ${options.records.toLocaleString('en')} records`);
      const folder = await benchFolder(kind.side);
      folders.push(folder);
      servers.push(await filledServer(kind, folder, options, rows));
    }
    for (const readingCase of cases) {
      say(readingCase.name);
      await measureCase(servers, readingCase, options, '', rows);
    }
    for (const server of servers) {
      rows.add(server.side, 'store', 'RSS after reading', 'MB', (await residentBytes(server.pid)) / 1e6);
    }
    const own = servers.find(({ side }) => side === 'ours');
    if (own) await measureWhileWriting(own, cases, options, rows, say);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await Promise.all(folders.map(removeFolder));
  }
  return rows;
}
