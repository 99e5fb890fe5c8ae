import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Batch, StoreWriter } from '../store.ts';
import { BUSY_TIMEOUT, numberOf, openForWriting, textOf } from './connection.ts';
import { resultCode, storeError } from './fault.ts';
import { RollupWriter } from './rollup-writer.ts';

/** Pages that a step of `reclaim` gives back: 4 MiB at the usual 4 KiB a page. */
const RECLAIM_PAGES = 1024;

/** A connection with its statements; made anew after a fault of the file. */
class Session {
  readonly database: DatabaseSync;
  readonly rollup: RollupWriter;
  readonly insert: StatementSync;
  nextId: number;

  constructor(path: string) {
    this.database = openForWriting(path);
    try {
      this.rollup = new RollupWriter(this.database);
      this.insert = this.database.prepare('INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)');
      this.nextId = 1 + Math.max(this.property('last_id') ?? 0, this.#highestId());
    } catch (error) {
      this.database.close();
      throw storeError(error);
    }
  }

  #highestId(): number {
    return numberOf(this.database.prepare('SELECT coalesce(max(record_id), 0) AS id FROM record').get()?.id);
  }

  property(name: string): number | undefined {
    const row = this.database.prepare('SELECT value FROM property WHERE name = ?').get(name);
    return row === undefined ? undefined : numberOf(row.value);
  }

  setProperty(name: string, value: number): void {
    this.database.prepare('INSERT OR REPLACE INTO property VALUES (?, ?)').run(name, value);
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
  #session: Session | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  insert(batches: readonly Batch[]): number[][] {
    return this.#transaction((session) => {
      const { insert, rollup } = session;
      let id = session.nextId;
      const ids = batches.map((batch) =>
        batch.map((record) => {
          insert.run(id, record.name, record.ts, record.level, record.message, record.logrec);
          rollup.add(record.ts, record.level, record.name, id, 1);
          return id++;
        }),
      );
      rollup.flush();
      return { value: ids, nextId: id };
    });
  }

  purge(limit: number, before?: number): number {
    return this.#transaction((session) => {
      const { database, rollup } = session;
      const oldest = database.prepare(
        `DELETE FROM record WHERE record_id IN (SELECT record_id FROM record ${
          before === undefined ? '' : 'WHERE ts < ?'
        } ORDER BY ts LIMIT ?) RETURNING record_id, CAST(ts AS REAL) AS ts, level, name`,
      );
      const rows = before === undefined ? oldest.all(limit) : oldest.all(before, limit);
      for (const row of rows) {
        rollup.add(numberOf(row.ts), numberOf(row.level), textOf(row.name), numberOf(row.record_id), -1);
      }
      rollup.flush();
      session.setProperty('last_id', session.nextId - 1);
      return { value: rows.length, nextId: session.nextId };
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

  #transaction<T>(work: (session: Session) => { value: T; nextId: number }): T {
    return this.#guarded((session) => {
      const { database } = session;
      database.exec('BEGIN IMMEDIATE');
      const { value, nextId } = work(session);
      database.exec('COMMIT');
      session.nextId = nextId;
      return value;
    });
  }

  #guarded<T>(work: (session: Session) => T): T {
    this.#session ??= new Session(this.#path);
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
