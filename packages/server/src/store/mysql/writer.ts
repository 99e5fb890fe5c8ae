import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, StoredRecord, StoreWriter } from '../store.ts';
import type { MysqlAddress } from './address.ts';
import { numberOf, Session } from './connection.ts';
import { isLost, isPassing, storeError } from './fault.ts';
import { Insertion } from './insertion.ts';
import { LoggerNames } from './logger-names.ts';
import { purge } from './purge.ts';
import { SizeEstimate } from './size.ts';

/** For so long a fault that passes is waited for, in milliseconds; a server that starts anew needs some seconds. */
const RETRY_FOR = 4000;
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 500;
/** A transaction without an answer for so long: the connection is dead, or whoever holds a lock does not let go. */
const NO_ANSWER = 30_000;

/**
 * The one writer of a process. Its calls follow each other. A lost connection, a deadlock, a server that starts anew: the
 * transaction is done again, without a duplicate, until it succeeds or has failed for some seconds.
 */
export class MysqlWriter implements StoreWriter {
  readonly #address: MysqlAddress;
  readonly #names = new LoggerNames();
  readonly #size = new SizeEstimate();
  #session: Session | undefined;
  #previous: Promise<unknown> = Promise.resolve();

  /** Connects with the first call. */
  constructor(address: MysqlAddress) {
    this.#address = address;
  }

  insert(batches: readonly Batch[]): Promise<number[][]> {
    const insertion = new Insertion(batches);
    return this.#do((session) => insertion.attempt(session, this.#names));
  }

  async insertWithIds(records: readonly StoredRecord[]): Promise<void> {
    const insertion = new Insertion(
      [records],
      records.map(({ id }) => id),
    );
    await this.#do((session) => insertion.attempt(session, this.#names));
  }

  purge(limit: number, before?: number): Promise<number> {
    return this.#do((session) => purge(session, this.#names, limit, before));
  }

  tidy(): boolean {
    return false;
  }

  /** InnoDB keeps freed space for new records; OPTIMIZE TABLE gives it back, and copies the table. */
  reclaim(): boolean {
    return false;
  }

  size(): Promise<number> {
    return this.#do((session) => this.#size.of(session));
  }

  purgedAt(): Promise<number | undefined> {
    return this.#do(async (session) => {
      const [row] = await session.rows("SELECT value FROM property WHERE name = 'purged_at'");
      return row === undefined ? undefined : numberOf(row[0]);
    });
  }

  setPurgedAt(at: number): Promise<void> {
    return this.#do(async (session) => {
      await session.run(`REPLACE INTO property VALUES ('purged_at', ${Math.round(at)})`);
    });
  }

  close(): Promise<void> {
    return this.#inTurn(async () => {
      await this.#session?.close();
      this.#session = undefined;
    });
  }

  #do<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return this.#inTurn(() => this.#persist(work));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#previous.then(work);
    this.#previous = turn.catch(() => undefined);
    return turn;
  }

  async #persist<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const deadline = performance.now() + RETRY_FOR;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        this.#session ??= await Session.open(this.#address, 'writing');
        return await answered(this.#session, work);
      } catch (error) {
        await this.#recover(error);
        if (!isPassing(error) || performance.now() + pause > deadline) throw storeError(error);
        await sleep(pause);
      }
    }
  }

  /** Nothing stays half done: the transaction is rolled back, or goes with its connection. */
  async #recover(error: unknown): Promise<void> {
    this.#names.rolledBack();
    const session = this.#session;
    if (session === undefined) return;
    try {
      if (!isLost(error)) {
        await session.run('ROLLBACK');
        return;
      }
    } catch {
      // A connection that cannot roll back is of no more use.
    }
    session.destroy();
    this.#session = undefined;
  }
}

async function answered<T>(session: Session, work: (session: Session) => Promise<T>): Promise<T> {
  const timer = setTimeout(() => session.destroy(), NO_ANSWER);
  try {
    return await work(session);
  } finally {
    clearTimeout(timer);
  }
}
