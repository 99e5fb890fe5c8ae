import { setTimeout as sleep } from 'node:timers/promises';
import { fillStore } from '../load/fill.ts';
import type { Kind } from '../servers/kinds.ts';
import { residentBytes, watchMemory } from '../servers/proc.ts';
import { benchFolder, type RunningServer, removeFolder, startServer } from '../servers/process.ts';
import { LARGE_CASES, LARGE_QUERIES } from './large-cases.ts';
import { ask, filledServer, measureCase, type ReadingOptions, startWriting } from './reading.ts';
import { Rows } from './row.ts';
import { TimedClient } from './timed-request.ts';

/** The reference takes as long a record whatever their number: a store of this size tells its rate. */
const REFERENCE_RECORDS = 200_000;

type Say = (line: string) => void;

/** How many records a second a query looks at; a first one, which starts processes, is not counted. */
async function measureQueries(
  server: RunningServer,
  options: ReadingOptions,
  records: number,
  rows: Rows,
  say: Say,
): Promise<void> {
  for (const query of LARGE_QUERIES) {
    say(`${query.name}, ${server.side}`);
    await ask(server, query, records, 1, 1);
    for (let round = 0; round < options.rounds; round++) {
      const { milliseconds } = await ask(server, query, records, 1, 2000 + round);
      rows.add(server.side, query.name, 'rate', 'records/s', (1000 * records) / (milliseconds[0] ?? 0));
    }
  }
}

async function measureReference(kind: Kind, options: ReadingOptions, rows: Rows, say: Say): Promise<void> {
  const folder = await benchFolder(kind.side);
  const server = await startServer(kind, folder);
  try {
    const records = Math.min(REFERENCE_RECORDS, options.records);
    say(`filling ${kind.side} with ${records.toLocaleString('en')} records`);
    await fillStore(server.port, records, options.bytes);
    await measureQueries(server, options, records, rows, say);
  } finally {
    await server.stop();
    await removeFolder(folder);
  }
}

/** Starts again and again on the same files; the last one keeps running. */
async function restarted(kind: Kind, folder: string, first: RunningServer, rounds: number, rows: Rows) {
  let server = first;
  for (let round = 1; round < rounds; round++) {
    await server.stop();
    server = await startServer(kind, folder);
    rows.add(kind.side, 'large-store', 'start', 'ms', server.startMilliseconds);
  }
  const client = new TimedClient(server.port);
  const { milliseconds } = await client.send('HEAD', '/api/v1/record');
  client.close();
  rows.add(kind.side, 'large-store', 'first count', 'ms', milliseconds);
  await sleep(2000);
  rows.add(kind.side, 'large-store', 'RSS idle', 'MB', (await residentBytes(server.pid)) / 1e6);
  return server;
}

async function measureOwn(kind: Kind, options: ReadingOptions, rows: Rows, say: Say): Promise<void> {
  const folder = await benchFolder(kind.side);
  let server: RunningServer | undefined;
  try {
    say(`filling ${kind.side} with ${options.records.toLocaleString('en')} records`);
    server = await filledServer(kind, folder, options, rows, 'large-store');
    server = await restarted(kind, folder, server, options.rounds, rows);
    const writer = startWriting(server, options);
    await sleep(2000);
    const reading = watchMemory(server.pid);
    for (const each of LARGE_CASES) {
      say(each.name);
      await measureCase([server], each, options, '', rows);
    }
    rows.add(kind.side, 'large-store', 'RSS under load', 'MB', (await reading.stop()) / 1e6);
    const querying = watchMemory(server.pid);
    await measureQueries(server, options, options.records, rows, say);
    rows.add(kind.side, 'large-store', 'RSS with query processes', 'MB', (await querying.stop()) / 1e6);
    const { records, seconds } = await writer.stop();
    rows.add(kind.side, 'large-store', 'written meanwhile', 'records/s', records / seconds);
  } finally {
    await server?.stop();
    await removeFolder(folder);
  }
}

/**
 * What questions cost on a store of many records while 5,000 a second come in: on this project's server; of the
 * reference only the rates of its queries are measured, for filling it would take longer than all else.
 */
export async function measureLarge(kinds: readonly Kind[], options: ReadingOptions, say: Say): Promise<Rows> {
  const rows = new Rows();
  for (const kind of kinds) {
    if (kind.side === 'ours') await measureOwn(kind, options, rows, say);
    else await measureReference(kind, options, rows, say);
  }
  return rows;
}
