import { setTimeout as sleep } from 'node:timers/promises';
import type { Batch, StoredRecord, StoreWriter } from '../store.ts';
import { StoreError } from '../store-error.ts';
import type { MysqlAddress } from './address.ts';
import { numberOf, Session } from './connection.ts';
import { insertError, isLost, isPassing, serverErrno, storeError } from './fault.ts';
import type { Guess } from './guess.ts';
import { Insertion } from './insertion.ts';
import { LoggerNames } from './logger-names.ts';
import { purge } from './purge.ts';
import { SizeEstimate } from './size.ts';
import { TextMerging } from './text-merging.ts';

/** For so long a fault that passes is waited for, in milliseconds; a server that starts anew needs some seconds. */
const RETRY_FOR = 4000;
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 500;
/** A transaction without an answer for so long: the connection is dead, or whoever holds a lock does not let go. */
const NO_ANSWER = 30_000;

/** For so long a connection that is given up may take to be ended by the server, in milliseconds. */
const KILL_WITHIN = 500;

/** For so long ids are not guessed after another server was seen to take some, in milliseconds. */
const SHARED_FOR = 10_000;

/** From so many records on, an insertion leaves a second packet for what others wait for. */
const MANY = 256;

/** Errors of a guess that was wrong: its own doing (an overflow), or rows that are there already. */
const WRONG_GUESS: ReadonlySet<number> = new Set([1062, 1264]);

/** A connection to write with, opened when it is first needed; what uses it follows each other. */
class Lane {
  session: Session | undefined;
  previous: Promise<unknown> = Promise.resolve();
}

/** Where a call stands among the others. */
interface Place {
  readonly number: number;
  readonly lane: Lane;
  /** When the call before is over; absent where it is already. */
  readonly turn?: Promise<unknown>;
}

/**
 * The one writer of a process. Its calls take effect one after the other, but the rows of an insertion go to the server, on
 * a second connection, while the insertion before is committed. A lost connection, a deadlock, a server that starts anew:
 * the transaction is done again, without a duplicate, until it succeeds or has failed for some seconds.
 */
export class MysqlWriter implements StoreWriter {
  /** While one is committed, the rows of the next one go to the server. */
  readonly insertsAtOnce = 2;
  readonly insertBytes = 1_000_000;
  readonly #address: MysqlAddress;
  readonly #names = new LoggerNames();
  readonly #size: SizeEstimate;
  readonly #merging: TextMerging;
  readonly #lanes: readonly [Lane, Lane] = [new Lane(), new Lane()];
  #previous: Promise<unknown> = Promise.resolve();
  #calls = 0;
  #underWay = 0;
  /** The last id, when all calls are over that are; */
  #lastId: number | undefined;
  /** and when all are that were made. Undefined: not known. */
  #comingId: number | undefined;
  #sharedUntil = 0;
  /**
   * When the rows that were sent last are in. Of two insertions at once the server would make half-filled pages: they took
   * half as much room again, and a third more of its time.
   */
  #rows: Promise<unknown> = Promise.resolve();
  /** The guess that waits for its turn with its rows sent. */
  #early: Guess | undefined;
  /** Meanwhile no rows are sent early. */
  #isAttempting = false;
  /** No session is used any more. */
  #isGivenUp = false;

  /** Connects with the first call. */
  constructor(address: MysqlAddress, merging = new TextMerging(), size = new SizeEstimate()) {
    this.#address = address;
    this.#merging = merging;
    this.#size = size;
  }

  insert(batches: readonly Batch[]): Promise<number[][]> {
    const insertion = new Insertion(batches);
    if (insertion.count === 0) return Promise.resolve(batches.map(() => []));
    const before = this.#underWay === 0 ? this.#guessable(this.#lastId) : this.#guessable(this.#comingId);
    this.#comingId = before === undefined ? undefined : before + insertion.count;
    return this.#inTurn((place) => this.#insert(insertion, place, before));
  }

  async #insert(insertion: Insertion, place: Place, before: number | undefined): Promise<number[][]> {
    try {
      const ids = (await this.#guess(insertion, place, before)) ?? (await this.#attempt(insertion, place));
      this.#lastId = ids.at(-1)?.at(-1);
      if (place.number === this.#calls) this.#comingId = this.#lastId;
      return ids;
    } catch (error) {
      this.#lastId = undefined;
      throw error;
    }
  }

  /** Undefined when it could not be guessed or the guess was wrong. */
  async #guess(
    insertion: Insertion,
    { lane, turn, number }: Place,
    before: number | undefined,
  ): Promise<number[][] | undefined> {
    let last = before;
    try {
      if (last !== undefined && (turn !== undefined || insertion.count >= MANY)) {
        const ids = await this.#guessInSteps(insertion, lane, turn, last);
        if (ids !== undefined) return ids;
      }
      await turn;
      last = this.#guessable(this.#lastId);
      if (last === undefined) return undefined;
      if (number === this.#calls) this.#comingId = last + insertion.count;
      const guess = insertion.guess(await this.#session(lane), this.#names, last + 1, 'in turn');
      if (guess === undefined) return undefined;
      const finishing = answered(lane, () => guess.finish());
      this.#rows = finishing.catch(() => undefined);
      return await finishing;
    } catch (error) {
      await this.#recover(lane, error);
      await turn;
      const isTaken = WRONG_GUESS.has(serverErrno(error) ?? 0) && this.#lastId === last;
      if (isTaken) this.#sharedUntil = performance.now() + SHARED_FOR;
      return undefined;
    }
  }

  /** Rows first, and the rest when it is its turn. Undefined when the call before had other ids than it was thought to have. */
  async #guessInSteps(
    insertion: Insertion,
    lane: Lane,
    turn: Promise<unknown> | undefined,
    last: number,
  ): Promise<number[][] | undefined> {
    const guess = insertion.guess(await this.#session(lane), this.#names, last + 1, 'early');
    if (guess === undefined) return undefined;
    await this.#rows;
    if (this.#isAttempting) return undefined;
    this.#early = guess;
    try {
      const sending = answered(lane, () => guess.sendRows());
      this.#rows = sending.catch(() => undefined);
      await sending;
      await turn;
    } finally {
      if (this.#early === guess) this.#early = undefined;
    }
    return guess.isGivenUp ? undefined : await answered(lane, () => guess.finish());
  }

  async #attempt(insertion: Insertion, { lane, turn }: Place): Promise<number[][]> {
    await turn;
    this.#isAttempting = true;
    try {
      // The call behind it may have sent rows with the ids that this one needs.
      await this.#early?.giveUp();
      return await this.#persist(
        lane,
        (session) => insertion.attempt(session, this.#names),
        (error) => insertError(error, insertion.isUncertain),
      );
    } finally {
      this.#isAttempting = false;
    }
  }

  #guessable(lastId: number | undefined): number | undefined {
    return performance.now() < this.#sharedUntil ? undefined : lastId;
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

  tidy(): Promise<boolean> {
    if (!this.#merging.isDue) return Promise.resolve(false);
    return this.#do((session) => this.#merging.step(session));
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

  /**
   * The server is asked to end what it does for this writer before the connections are torn: else it would go on waiting
   * for a lock, and store what clients are told was not.
   */
  async giveUp(): Promise<void> {
    this.#isGivenUp = true;
    const sessions = this.#lanes.flatMap(({ session }) => session ?? []);
    await Promise.race([this.#kill(sessions), sleep(KILL_WITHIN)]);
    for (const session of sessions) session.destroy();
    for (const lane of this.#lanes) lane.session = undefined;
  }

  async #kill(sessions: readonly Session[]): Promise<void> {
    if (sessions.length === 0) return;
    try {
      const other = await Session.open(this.#address, 'reading');
      for (const { threadId } of sessions) await other.run(`KILL ${threadId}`).catch(() => undefined);
      await other.close();
    } catch {
      // Who cannot be reached is not waited for.
    }
  }

  close(): Promise<void> {
    return this.#inTurn(async ({ turn }) => {
      await turn;
      for (const lane of this.#lanes) {
        await lane.session?.close();
        lane.session = undefined;
      }
    });
  }

  #do<T>(work: (session: Session) => Promise<T>): Promise<T> {
    // Rows of an insertion behind it are not sent early: this may touch the same.
    this.#comingId = undefined;
    return this.#inTurn(async ({ lane, turn }) => {
      await turn;
      return this.#persist(lane, work);
    });
  }

  /** Calls a work when its lane is free; it has to wait for its turn itself. */
  #inTurn<T>(work: (place: Place) => Promise<T>): Promise<T> {
    const number = ++this.#calls;
    const lane = this.#lanes[number % 2 === 0 ? 0 : 1];
    const turn = this.#underWay++ === 0 ? {} : { turn: this.#previous };
    const done = lane.previous.then(async () => {
      try {
        return await work({ number, lane, ...turn });
      } finally {
        this.#underWay--;
      }
    });
    lane.previous = done.catch(() => undefined);
    this.#previous = lane.previous;
    return done;
  }

  async #persist<T>(
    lane: Lane,
    work: (session: Session) => Promise<T>,
    asStoreError: (error: unknown) => unknown = storeError,
  ): Promise<T> {
    const deadline = performance.now() + RETRY_FOR;
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      try {
        const session = await this.#session(lane);
        return await answered(lane, () => work(session));
      } catch (error) {
        this.#names.rolledBack();
        await this.#recover(lane, error);
        if (!isPassing(error) || performance.now() + pause > deadline) throw asStoreError(error);
        await sleep(pause);
      }
    }
  }

  async #session(lane: Lane): Promise<Session> {
    if (!this.#isGivenUp) lane.session ??= await Session.open(this.#address, 'writing');
    const { session } = lane;
    if (session !== undefined && !this.#isGivenUp) return session;
    session?.destroy();
    throw new StoreError('unavailable', 'The store did not answer before the server stops');
  }

  /** Nothing stays half done: the transaction is rolled back, or goes with its connection. */
  async #recover(lane: Lane, error: unknown): Promise<void> {
    const { session } = lane;
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
    lane.session = undefined;
  }
}

/** The work's result, unless the server does not answer: then its connection is torn. */
async function answered<T>({ session }: Lane, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => session?.destroy(), NO_ANSWER);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
