import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { LogRecord } from '@chronologer/record';
import type { Batch, PackedBatch, StoredRecord, StoreWriter, WriterOptions } from '../store.ts';
import { givenOut } from '../store-error.ts';
import { blocksOfRuns, type PlacedRun } from './blocks/block.ts';
import { type Run, RunBuilder } from './blocks/run.ts';
import { runsOf, type SealingSizes, USUAL_SIZES } from './blocks/sealing.ts';
import { BlockTables } from './blocks/tables.ts';
import { BUSY_TIMEOUT, numberOf, openAlone, openForWriting } from './connection.ts';
import { resultCode, storeError } from './fault.ts';
import { merge } from './merging.ts';
import { purge } from './purge.ts';
import { RollupWriter } from './rollup-writer.ts';
import { rows } from './rows.ts';

/** Pages that a step of `reclaim` gives back: 4 MiB at the usual 4 KiB a page. */
const RECLAIM_PAGES = 1024;

/** Recent rows that have waited for an hour are sealed when they are enough for a block of their own: microseconds. */
const OLD = 3_600_000_000;

/** A connection with its statements; made anew after a fault of the file. */
class Session {
  readonly database: DatabaseSync;
  readonly rollup: RollupWriter;
  readonly blocks: BlockTables;
  readonly builder = new RunBuilder();
  readonly insert: StatementSync;
  /** The first id that this session gives; what was written before it may have been damaged since. */
  readonly firstId: number;
  nextId: number;
  /** How many recent rows there are. */
  recent: number;
  /** The highest id of blocks that need no merging any more; */
  mergedTo = 0;
  /** and the next id when all was merged that could be. */
  tidiedAt = 0;
  /** As the connection was opened. */
  #synchronous: 'FULL' | 'NORMAL' = 'FULL';
  /** The next id less the recent rows, which is the same while the oldest of these stays, and since when it was seen. */
  #oldest = { place: 0, since: 0 };

  constructor(path: string, alone: boolean) {
    this.database = alone ? openAlone(path) : openForWriting(path);
    try {
      this.rollup = new RollupWriter(this.database);
      this.blocks = new BlockTables(this.database);
      this.insert = this.database.prepare('INSERT INTO recent VALUES (?, ?, ?, ?, ?, ?)');
      this.nextId = 1 + Math.max(this.property('last_id') ?? 0, this.#highestId());
      this.firstId = this.nextId;
      this.recent = numberOf(this.database.prepare('SELECT count(*) AS count FROM recent').get()?.count);
    } catch (error) {
      this.database.close();
      throw storeError(error);
    }
  }

  /** For how many microseconds, of those for which this is called, the oldest recent row has been here. */
  waited(now: number): number {
    const place = this.nextId - this.recent;
    if (this.#oldest.place !== place) this.#oldest = { place, since: now };
    return now - this.#oldest.since;
  }

  #highestId(): number {
    const recent = this.database.prepare('SELECT coalesce(max(record_id), 0) AS id FROM recent').get()?.id;
    const last = 'SELECT last_id AS id FROM block ORDER BY first_id DESC LIMIT 1';
    return Math.max(numberOf(recent), numberOf(this.database.prepare(last).get()?.id ?? 0));
  }

  property(name: string): number | undefined {
    const row = this.database.prepare('SELECT value FROM property WHERE name = ?').get(name);
    return row === undefined ? undefined : numberOf(row.value);
  }

  setProperty(name: string, value: number): void {
    this.database.prepare('INSERT OR REPLACE INTO property VALUES (?, ?)').run(name, value);
  }

  /**
   * Whether the next transactions are on the disk when they are committed (FULL), or only in their order, at the latest
   * with the next one that is.
   */
  synchronous(level: 'FULL' | 'NORMAL'): void {
    if (level !== this.#synchronous) this.database.exec(`PRAGMA synchronous = ${level}`);
    this.#synchronous = level;
  }

  /**
   * Brings the file to its new length, unless somebody reads an older state: that is not waited for, as writes would wait
   * too; a later checkpoint does it.
   */
  truncate(): void {
    this.database.exec('PRAGMA busy_timeout = 0');
    try {
      this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } finally {
      this.database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    }
  }

  pragma(name: 'page_count' | 'freelist_count' | 'page_size' | 'auto_vacuum'): number {
    return numberOf(this.database.prepare(`PRAGMA ${name}`).get()?.[name]);
  }
}

/**
 * The one writer of a database. A fault leaves nothing half done: the transaction is rolled back, and after a fault of
 * the file itself the connection is opened anew with the next call, so that writing goes on when the cause is gone.
 */
export class SqliteWriter implements StoreWriter {
  readonly #path: string;
  readonly #sizes: SealingSizes;
  readonly #alone: boolean;
  #session: Session | undefined;

  constructor(path: string, sizes = USUAL_SIZES, { alone = false }: Pick<WriterOptions, 'alone'> = {}) {
    this.#path = path;
    this.#sizes = sizes;
    this.#alone = alone;
  }

  /**
   * Small portions become rows, large ones blocks; a block takes all rows before it along, so that the ids of all rows
   * are behind those of all blocks.
   */
  insert(batches: readonly Batch[], packed: readonly PackedBatch[] = []): number[][] {
    return this.#transaction((session) => {
      const { rollup } = session;
      // This store's own packer made them.
      const runs = packed as readonly Run[];
      let id = session.nextId;
      const ids = batches.map((batch) =>
        batch.map(({ ts, level, name }) => {
          rollup.add(ts, level, name, 1);
          return id++;
        }),
      );
      for (const run of runs) {
        rollup.addRun(run);
        ids.push(Array.from(run.times, () => id++));
      }
      const records = batches.flat().map((record, index) => [session.nextId + index, record] as const);
      const recent = this.#store(session, records, runs);
      return { value: ids, nextId: id, recent };
    });
  }

  insertWithIds(records: readonly StoredRecord[]): void {
    this.#transaction((session) => {
      let { nextId } = session;
      for (const { id, ts, level, name } of records) {
        if (id < nextId) throw givenOut(id, nextId - 1);
        nextId = id + 1;
        session.rollup.add(ts, level, name, 1);
      }
      const recent = this.#store(
        session,
        records.map((record) => [record.id, record] as const),
        [],
      );
      return { value: undefined, nextId, recent };
    });
  }

  /** Returns how many recent rows there are then. */
  #store(session: Session, records: readonly Numbered[], runs: readonly Run[]): number {
    const { rollup, insert } = session;
    const rowsLeft = session.recent + records.length;
    const sealed = runs.length > 0 || records.length >= this.#sizes.large || rowsLeft >= this.#sizes.enough;
    if (sealed) seal(session, records, runs, this.#sizes.block);
    else {
      for (const [id, { name, ts, level, message, logrec }] of records)
        insert.run(id, name, ts, level, message, logrec);
    }
    rollup.flush();
    return sealed ? 0 : rowsLeft;
  }

  purge(limit: number, before?: number): number {
    return this.#transaction((session) => {
      const value = purge(session, limit, before);
      session.setProperty('last_id', session.nextId - 1);
      const recent = session.database.prepare('SELECT count(*) AS count FROM recent').get();
      return { value, nextId: session.nextId, recent: numberOf(recent?.count) };
    });
  }

  reclaim(): boolean {
    return this.#guarded((session) => {
      if (session.pragma('auto_vacuum') !== 2) return false;
      session.database.exec(`PRAGMA incremental_vacuum(${RECLAIM_PAGES})`);
      if (session.pragma('freelist_count') > 0) return true;
      session.truncate();
      return false;
    });
  }

  /** Makes a block of rows that stayed too few for long, or of small blocks. */
  tidy(now: number): boolean {
    return this.#guarded((session) => {
      if (session.waited(now) >= OLD && session.recent >= this.#sizes.large) {
        session.synchronous('FULL');
        return inTransaction(session, ({ nextId }) => {
          seal(session, [], [], this.#sizes.block);
          return { value: true, nextId, recent: 0 };
        });
      }
      if (session.tidiedAt === session.nextId) return false;
      const range = { after: session.mergedTo, unproved: session.firstId, most: this.#sizes.block };
      // What a power cut undoes of merging is merged again: that need not be waited for.
      session.synchronous('NORMAL');
      const { after, more } = inTransaction(session, ({ nextId, recent }) => {
        return { value: merge(session, range), nextId, recent };
      });
      session.mergedTo = after;
      if (!more) session.tidiedAt = session.nextId;
      return more;
    });
  }

  size(): number {
    return this.#guarded(
      (session) =>
        (session.pragma('page_count') - session.pragma('freelist_count')) * session.pragma('page_size'),
    );
  }

  purgedAt(): number | undefined {
    return this.#guarded((session) => session.property('purged_at'));
  }

  setPurgedAt(at: number): void {
    this.#guarded((session) => session.setProperty('purged_at', at));
  }

  close(): void {
    this.#session?.database.close();
    this.#session = undefined;
  }

  #transaction<T>(work: Work<T>): T {
    return this.#guarded((session) => {
      session.synchronous('FULL');
      return inTransaction(session, work);
    });
  }

  #guarded<T>(work: (session: Session) => T): T {
    this.#session ??= new Session(this.#path, this.#alone);
    const session = this.#session;
    try {
      return work(session);
    } catch (error) {
      session.rollup.discard();
      this.#recover(session, error);
      throw storeError(error);
    }
  }

  /** A full disk or a busy file needs no new connection: the old one works again when the cause is gone. */
  #recover({ database }: Session, error: unknown): void {
    const code = resultCode(error);
    try {
      if (database.isTransaction) database.exec('ROLLBACK');
      if (code === 13 || code === 5) return;
    } catch {
      // The rollback itself failed: only a new connection helps.
    }
    this.#session = undefined;
    try {
      database.close();
    } catch {
      // Closing checkpoints, which may meet the same fault; the handle is gone all the same.
    }
  }
}

/** What a transaction does: what comes of it, and what the session knows when it is committed. */
type Work<T> = (session: Session) => { value: T; nextId: number; recent: number };

/** Throws without a rollback, which `#guarded` sees to. */
function inTransaction<T>(session: Session, work: Work<T>): T {
  const { database } = session;
  database.exec('BEGIN IMMEDIATE');
  const { value, nextId, recent } = work(session);
  database.exec('COMMIT');
  session.nextId = nextId;
  session.recent = recent;
  return value;
}

/** A record with its id. */
type Numbered = readonly [id: number, record: LogRecord];

/** Makes blocks of all recent rows, the records behind them and the runs behind those. */
function seal(session: Session, records: readonly Numbered[], runs: readonly Run[], most: number): void {
  const { database, blocks, recent } = session;
  for (const block of blocksOfRuns(placed(session, records, runs, most), most)) blocks.insert(block);
  if (recent > 0) database.exec('DELETE FROM recent');
}

function* placed(
  { database, builder, nextId, recent }: Session,
  records: readonly Numbered[],
  runs: readonly Run[],
  most: number,
): Generator<PlacedRun> {
  function* loose(): Generator<Numbered> {
    if (recent > 0) for (const row of rows(database, 'ORDER BY record_id', [])) yield [row.id, row];
    yield* records;
  }
  yield* runsOf(loose(), most, builder);
  let id = nextId + records.length;
  for (const run of runs) yield { run, ids: Float64Array.from(run.times, () => id++) };
}
