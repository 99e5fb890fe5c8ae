import { fillPortions } from '../load/fill.ts';
import type { Kind } from '../servers/kinds.ts';
import type { MakePlace, StorePlace } from '../servers/place.ts';
import { cpuSeconds } from '../servers/proc.ts';
import { benchFolder, type RunningServer, removeFolder, startServer } from '../servers/process.ts';
import { quantile } from './quantiles.ts';
import { ask, type ReadingOptions } from './reading.ts';
import { Rows } from './row.ts';
import { type StoreName, storeQuestions } from './store-questions.ts';

/** A store of this project's server that is measured beside others. */
export type MeasuredStore = {
  name: StoreName;
  version: string;
  /** Its expression for a field of the application's own. */
  jsonField: (name: string) => string;
  make: MakePlace;
};

type Say = (line: string) => void;

/** Fills it, over HTTP; the clock stands still while bodies are made. */
async function fill(
  server: RunningServer,
  { name }: MeasuredStore,
  place: StorePlace,
  { records, bytes }: ReadingOptions,
  rows: Rows,
): Promise<void> {
  const cpu = async () => (await cpuSeconds(server.pid)) + ((await place.engineCpu?.()) ?? 0);
  const before = await cpu();
  const seconds = await fillPortions(server.port, records, bytes);
  const add = rows.add.bind(rows, server.side);
  add(`stores-${name}`, 'rate', 'records/s', records / seconds);
  add(`stores-${name}`, 'CPU a million', 's', (((await cpu()) - before) / records) * 1e6);
}

/** Answers what each question found, by round, for comparing stores. */
async function question(
  server: RunningServer,
  store: MeasuredStore,
  options: ReadingOptions,
  rows: Rows,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const each of storeQuestions(store.jsonField)) {
    const all: number[] = [];
    for (let round = 0; round < options.rounds; round++) {
      const requests = Math.ceil(options.requests / options.rounds);
      const { milliseconds, essence } = await ask(server, each, options.records, requests, 3000 + round);
      all.push(...milliseconds);
      found.set(`${each.name}, round ${round + 1}`, essence);
    }
    const name = `stores-${store.name}-${each.name}`;
    rows.add(server.side, name, 'p50', 'ms', quantile(all, 0.5));
    rows.add(server.side, name, 'p95', 'ms', quantile(all, 0.95));
  }
  return found;
}

/** Fills, weighs, starts again and asks one store. */
async function measureStore(
  kind: Kind,
  store: MeasuredStore,
  options: ReadingOptions,
  rows: Rows,
  say: Say,
): Promise<Map<string, string>> {
  const folder = await benchFolder(`stores-${store.name}`);
  const place = await store.make(folder);
  let server: RunningServer | undefined;
  try {
    say(`filling ${store.name} with ${options.records.toLocaleString('en')} records`);
    server = await startServer(kind, folder, place);
    await fill(server, store, place, options, rows);
    const running = place.weighedRunning ? await place.bytes() : undefined;
    await server.stop();
    const bytes = running ?? (await place.bytes());
    rows.add(kind.side, `stores-${store.name}`, 'disk a record', 'bytes', bytes / options.records);
    server = await startServer(kind, folder, place);
    say(`questions to ${store.name}`);
    return await question(server, store, options, rows);
  } finally {
    await server?.stop();
    await place.remove();
    await removeFolder(folder);
  }
}

/** The same records in one store after the other: how fast they are taken, what they weigh, what questions cost. */
export async function measureStores(
  kind: Kind,
  stores: readonly MeasuredStore[],
  options: ReadingOptions,
  say: Say,
): Promise<Rows> {
  const rows = new Rows();
  let due: Map<string, string> | undefined;
  for (const store of stores) {
    const found = await measureStore(kind, store, options, rows, say);
    due ??= found;
    for (const [what, essence] of found) {
      if (due.get(what) !== essence)
        throw new Error(`${what}: ${store.name} answers ${essence}, another store ${due.get(what)}`);
    }
  }
  return rows;
}
