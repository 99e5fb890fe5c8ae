import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, StoredRecord, StoreWriter, WriterOptions } from '../store.ts';
import type { ClickhouseAddress } from './address.ts';
import { Database, type Names, namesOf } from './database.ts';
import { isPassing } from './fault.ts';
import { firstIdOf, IDS_OF_DAY, IdSequence } from './ids.ts';
import { tabSeparated } from './literal.ts';
import { nearestJson } from './nearest-json.ts';
import { Pacing } from './pacing.ts';
import { Properties } from './properties.ts';
import { Purging } from './purging.ts';
import { writtenTable } from './schema.ts';

/** How far ahead ids are noted as taken, in milliseconds: a start after a crash goes on behind them. */
const RESERVED = 10_000;
/** How long an insert is tried again while the server is away or busy, in milliseconds. */
const PERSISTENCE = 10_000;
/** Records in a step of retention: a small step costs a change of parts as a large one does. */
const PURGE_STEP = 100_000;

/** The property that tells up to which id records came with ids of their own. */
const PASSED = 'passed_id';

const COLUMNS = 'record_id, name, ts, level, message, nearest, logrec_text';
/**
 * A call is one block and so one part, whatever its size: that is what makes its records visible together. Nothing waits
 * in the server's memory.
 */
const SETTINGS = [
  'async_insert = 0',
  'input_format_parallel_parsing = 0',
  'max_insert_block_size = 100000000',
  'min_insert_block_size_rows = 0',
  'min_insert_block_size_bytes = 0',
  'type_json_skip_duplicated_paths = 1',
];

/** Writes a ClickHouse store. */
export class ClickhouseWriter implements StoreWriter {
  readonly purgeStep = PURGE_STEP;
  readonly #database: Database;
  readonly #names: Names;
  readonly #node: number;
  readonly #persistence: number;
  readonly #head: (token: string) => string;
  readonly #properties: Properties;
  readonly #purging: Purging;
  readonly #pacing = new Pacing();
  /** Tells its inserts from those of all other writers. */
  readonly #run = randomUUID();
  #ids: IdSequence | undefined;
  #reserved = 0;

  /** `persistence`: how long an insert is tried again, in milliseconds. */
  constructor(address: ClickhouseAddress, { node = 0 }: WriterOptions = {}, persistence = PERSISTENCE) {
    this.#persistence = persistence;
    this.#database = new Database(address);
    this.#names = namesOf(address);
    this.#node = node;
    this.#properties = new Properties(this.#database, this.#names);
    this.#purging = new Purging(this.#database, this.#names);
    const quorum = address.scheme === 'clickhouse' ? address.insertQuorum : undefined;
    const settings = quorum === undefined ? SETTINGS : [...SETTINGS, `insert_quorum = '${quorum}'`];
    this.#head = (token) =>
      `INSERT INTO ${writtenTable(this.#names)} (${COLUMNS}) SETTINGS ${settings.join(', ')}, insert_deduplication_token = '${token}' FORMAT TabSeparated`;
  }

  ready(): Promise<void> {
    return this.#pacing.ready();
  }

  async insert(batches: readonly Batch[]): Promise<number[][]> {
    const records = batches.flat();
    if (records.length === 0) return batches.map(() => []);
    const ids = await this.#take(records.length);
    this.#pacing.began(records.length);
    // No two inserts have the same first id: one that is sent again because its answer was lost is stored once.
    const numbered = records.map((record, index) => ({ ...record, id: ids[index] ?? 0 }));
    await this.#insert(`chronologer-${ids[0]}`, numbered);
    const rest = ids.values();
    return batches.map(({ length }) => [...rest.take(length)]);
  }

  /** An insert for each day of ids, for a part is of one of them. */
  async insertWithIds(records: readonly StoredRecord[]): Promise<void> {
    const last = records.at(-1)?.id;
    if (last === undefined) return;
    await this.#passOver(last);
    for (const ofDay of Map.groupBy(records, ({ id }) => Math.floor(id / IDS_OF_DAY)).values())
      await this.#insert(`chronologer-${this.#run}-${ofDay[0]?.id}`, ofDay);
  }

  /** ClickHouse merges by itself. */
  tidy(): boolean {
    return false;
  }

  purge(limit: number, before?: number): Promise<number> {
    return this.#purging.purge(limit, before);
  }

  expireAfter(days?: number): Promise<void> {
    return this.#purging.expireAfter(days);
  }

  reclaim(): Promise<boolean> {
    return this.#purging.reclaim();
  }

  size(): Promise<number> {
    return this.#purging.size();
  }

  purgedAt(): Promise<number | undefined> {
    return this.#properties.get('purged_at');
  }

  setPurgedAt(at: number): Promise<void> {
    return this.#properties.set('purged_at', Math.round(at));
  }

  async close(): Promise<void> {
    try {
      if (this.#ids !== undefined) await this.#properties.set(this.#lastId, this.#ids.last);
    } catch {
      // The store is away: the next start goes on behind all ids that were noted as taken.
    }
    this.#ids = undefined;
    await this.#database.close();
  }

  get #lastId(): string {
    return `last_id_${this.#node}`;
  }

  /** Ids that are noted as taken before they are used, so that no start, on whichever clock, gives them out again. */
  async #take(count: number): Promise<number[]> {
    if (this.#ids === undefined) {
      const last = await this.#persist(() => this.#properties.get(this.#lastId));
      const passed = await this.#persist(() => this.#properties.get(PASSED));
      this.#ids ??= new IdSequence(this.#node, Math.max(last ?? 0, passed ?? 0), Date.now);
    }
    const ids = this.#ids.take(count);
    const last = ids.at(-1) ?? 0;
    if (last > this.#reserved) {
      const reserved = last + firstIdOf(RESERVED) - firstIdOf(0);
      await this.#persist(() => this.#properties.set(this.#lastId, reserved));
      this.#reserved = reserved;
    }
    return ids;
  }

  /** Notes that all servers which write here go on behind an id. */
  async #passOver(id: number): Promise<void> {
    await this.#persist(() => this.#properties.set(PASSED, id));
    this.#ids = undefined;
  }

  async #insert(token: string, records: readonly StoredRecord[]): Promise<void> {
    const rows = records.map(rowOf).join('\n');
    await this.#persist(() => this.#database.insert(this.#head(token), rows));
  }

  async #persist<T>(work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + this.#persistence;
    for (let wait = 50; ; wait = Math.min(2 * wait, 1000)) {
      try {
        return await work();
      } catch (error) {
        if (!isPassing(error) || performance.now() + wait > deadline) throw error;
      }
      await sleep(wait);
    }
  }
}

function rowOf({ id, name, ts, level, message, logrec }: StoredRecord): string {
  const texts = [name, message, nearestJson(logrec), logrec].map(tabSeparated);
  return `${id}\t${texts[0]}\t${ts}\t${level}\t${texts[1]}\t${texts[2]}\t${texts[3]}`;
}
