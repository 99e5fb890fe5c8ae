import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogRecord } from '@chronologer/record';
import type { Batch, StoredRecord, StoreWriter, WriterOptions } from '../store.ts';
import type { ClickhouseAddress } from './address.ts';
import { Database, type Names, namesOf } from './database.ts';
import { isPassing, isUnreadable } from './fault.ts';
import { KnownForms } from './forms.ts';
import { IDS_OF_DAY, IDS_OF_SECOND, IdSequence } from './ids.ts';
import { tabSeparated } from './literal.ts';
import { nearestJson } from './nearest-json.ts';
import { Pacing } from './pacing.ts';
import { Properties } from './properties.ts';
import { Purging } from './purging.ts';
import { writtenTable } from './schema.ts';

/** How far ahead ids are noted as taken: a start after a crash goes on behind them. */
const RESERVED = 10 * IDS_OF_SECOND;
/** How long an insert is tried again while the server is away or busy, in milliseconds. */
const PERSISTENCE = 10_000;
/** Records in a step of retention: a small step costs a change of parts as a large one does. */
const PURGE_STEP = 100_000;

/** The property that tells up to which id records came with ids of their own. */
const PASSED = 'passed_id';

const COLUMNS = 'record_id, name, ts, level, message, size, logrec_form, logrec_text';
/**
 * A call is one block and so one part, whatever its size: that is what makes its records visible together. Nothing waits
 * in the server's memory. Strings stay strings in the JSON column, whatever they look like: texts are put together of them.
 */
const SETTINGS = [
  'async_insert = 0',
  'input_format_parallel_parsing = 0',
  'max_insert_block_size = 100000000',
  'min_insert_block_size_rows = 0',
  'min_insert_block_size_bytes = 0',
  'input_format_try_infer_dates = 0',
  'input_format_try_infer_datetimes = 0',
  'input_format_json_try_infer_numbers_from_strings = 0',
  'input_format_json_infer_array_of_dynamic_from_array_of_different_types = 1',
  'type_json_skip_duplicated_paths = 1',
];

/** While the engine parses one insert the rows of the next are made, and parsed on another processor. */
const AT_ONCE = 2;

/** Writes a ClickHouse store. */
export class ClickhouseWriter implements StoreWriter {
  readonly insertsAtOnce = AT_ONCE;
  readonly purgeStep = PURGE_STEP;
  readonly #database: Database;
  readonly #names: Names;
  readonly #node: number;
  readonly #persistence: number;
  readonly #settings: readonly string[];
  readonly #forms = new KnownForms();
  readonly #properties: Properties;
  readonly #purging: Purging;
  readonly #pacing = new Pacing();
  /** Tells its inserts of given ids from those of all other writers. */
  readonly #run = randomUUID();
  #ids: IdSequence | undefined;
  #reserved = 0;
  #taking: Promise<unknown> = Promise.resolve();

  /** `persistence`: how long an insert is tried again, in milliseconds. */
  constructor(address: ClickhouseAddress, { node = 0 }: WriterOptions = {}, persistence = PERSISTENCE) {
    this.#persistence = persistence;
    this.#database = new Database(address);
    this.#names = namesOf(address);
    this.#node = node;
    this.#properties = new Properties(this.#database, this.#names);
    this.#purging = new Purging(this.#database, this.#names);
    const quorum = address.scheme === 'clickhouse' ? address.insertQuorum : undefined;
    this.#settings = quorum === undefined ? SETTINGS : [...SETTINGS, `insert_quorum = '${quorum}'`];
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
    await this.#insert(records, ids, `chronologer-${ids[0]}`);
    const rest = ids.values();
    return batches.map(({ length }) => [...rest.take(length)]);
  }

  /** An insert for each day of ids, for a part is of one of them. */
  async insertWithIds(records: readonly StoredRecord[]): Promise<void> {
    const last = records.at(-1)?.id;
    if (last === undefined) return;
    await this.#inTurn(() => this.#passOver(last));
    for (const ofDay of Map.groupBy(records, ({ id }) => Math.floor(id / IDS_OF_DAY)).values()) {
      const ids = ofDay.map(({ id }) => id);
      await this.#insert(ofDay, ids, `chronologer-${this.#run}-${ids[0]}`);
    }
  }

  /** Notes that all servers which write here go on behind an id. */
  async #passOver(id: number): Promise<void> {
    await this.#persist(() => this.#properties.set(PASSED, id));
    this.#ids = undefined;
  }

  async #insert(records: readonly LogRecord[], ids: readonly number[], token: string): Promise<void> {
    const rows = records.map((record, index) =>
      rowOf(record, ids[index] ?? 0, this.#forms.of(record.logrec)),
    );
    try {
      await this.#send('logrec', rows, token);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      // The JSON type refuses one of them after all. Then it has nothing of that one, and no text relies on it.
      const whole = records.map((record, index) => rowOf(record, ids[index] ?? 0, ''));
      await this.#send('given', whole, token);
    }
  }

  #send(json: 'logrec' | 'given', rows: readonly string[], token: string): Promise<void> {
    const settings = [...this.#settings, `insert_deduplication_token = '${token}'`];
    const into = `${writtenTable(this.#names)} (${COLUMNS}, ${json})`;
    const sql = `INSERT INTO ${into} SETTINGS ${settings.join(', ')} FORMAT TabSeparated`;
    return this.#persist(() => this.#database.insert(sql, rows.join('\n')));
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

  #take(count: number): Promise<number[]> {
    return this.#inTurn(() => this.#takeNow(count));
  }

  /** One after the other: what is noted last must be the highest. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#taking.then(work, work);
    this.#taking = done;
    return done;
  }

  /** Ids that are noted as taken before they are used, so that no start, on whichever clock, gives them out again. */
  async #takeNow(count: number): Promise<number[]> {
    if (this.#ids === undefined) {
      const last = await this.#persist(() => this.#properties.get(this.#lastId));
      const passed = await this.#persist(() => this.#properties.get(PASSED));
      this.#ids ??= new IdSequence(this.#node, Math.max(last ?? 0, passed ?? 0), Date.now);
    }
    const ids = this.#ids.take(count);
    const last = ids.at(-1) ?? 0;
    if (last > this.#reserved) {
      const reserved = last + RESERVED;
      await this.#persist(() => this.#properties.set(this.#lastId, reserved));
      this.#reserved = reserved;
    }
    return ids;
  }

  async #persist<T>(work: () => Promise<T>): Promise<T> {
    // From its first failure on: that of an engine which hangs comes late.
    let deadline: number | undefined;
    for (let wait = 50; ; wait = Math.min(2 * wait, 1000)) {
      try {
        return await work();
      } catch (error) {
        deadline ??= performance.now() + this.#persistence;
        if (!isPassing(error) || performance.now() + wait > deadline) throw error;
      }
      await sleep(wait);
    }
  }
}

/** With a form the text is put together of it and of the JSON column, and not kept. */
function rowOf({ name, ts, level, message, logrec }: LogRecord, id: number, form: string): string {
  const size = Buffer.byteLength(name) + Buffer.byteLength(message) + Buffer.byteLength(logrec);
  const nearest = nearestJson(logrec);
  const texts = nearest === undefined ? [form, form === '' ? logrec : '', logrec] : ['', logrec, nearest];
  const [named, said, ...rest] = [name, message, ...texts].map(tabSeparated);
  return `${id}\t${named}\t${ts}\t${level}\t${said}\t${size}\t${rest.join('\t')}`;
}
