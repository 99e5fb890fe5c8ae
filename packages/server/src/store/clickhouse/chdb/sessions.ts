import { setTimeout as sleep } from 'node:timers/promises';
import type { ChdbSession } from './engine-package.ts';

/** Questions that run side by side. One session is chdb's least, and each costs a connection of some kilobytes. */
const MOST = 6;
/** Of these, how many may read: a function over a constant cannot be interrupted, and what is written goes on beside it. */
const MOST_READING = 4;

/** How often a statement is told to end, and how long it may take to, in milliseconds. */
const KILL_EVERY = 500;
const KILL_WAIT = 5000;

/** Bytes of a statement without an INSERT's rows. */
const LONGEST = 10_000_000;

/** Sessions on one folder, each of which does one thing at a time. */
export class Sessions {
  readonly #open: () => ChdbSession;
  readonly #all = new Map<ChdbSession, string>();
  readonly #idle: ChdbSession[] = [];
  readonly #waiting: ((session: ChdbSession) => void)[] = [];
  #reading = 0;
  readonly #readers: (() => void)[] = [];
  readonly #statements = new Map<string, { runs: boolean; isGivenUp: boolean }>();
  #killing: Promise<unknown> = Promise.resolve();
  /** Of its own, so that what runs can be ended also when all others are busy. */
  readonly #killer: ChdbSession;

  /** Opens the folder. Throws chdb's Error when it cannot be opened. */
  constructor(open: () => ChdbSession) {
    this.#open = open;
    this.#killer = open();
  }

  /**
   * Runs a statement. `id` is written into it as a comment, by which `kill` finds it; `database` is the one that names
   * without one belong to.
   */
  async run(id: string, sql: string, database: string | undefined): Promise<Uint8Array> {
    this.#statements.set(id, { runs: false, isGivenUp: false });
    try {
      return isReading(sql)
        ? await this.#inReadersTurn(() => this.#run(id, sql, database))
        : await this.#run(id, sql, database);
    } finally {
      this.#statements.delete(id);
    }
  }

  async #run(id: string, sql: string, database: string | undefined): Promise<Uint8Array> {
    const session = await this.#acquire();
    try {
      const statement = this.#statements.get(id);
      if (statement?.isGivenUp) throw new Error('Code: 394. DB::Exception: It was given up while it waited');
      if (statement !== undefined) statement.runs = true;
      if (database !== undefined && this.#all.get(session) !== database) {
        await session.queryAsync(`USE \`${database.replaceAll('`', '``')}\``, { format: 'TabSeparated' });
        this.#all.set(session, database);
      }
      const result = await session.queryAsync(`/* ${id} */ ${sql}`, { format: 'TabSeparated' });
      return result.bytes();
    } finally {
      this.#release(session);
    }
  }

  /**
   * Ends a statement of `run` that is under way: one that waits never begins. Resolves when it has ended; to false when it
   * did not within 5 seconds, as functions over constants do, which look at no KILL QUERY.
   */
  async kill(id: string): Promise<boolean> {
    const statement = this.#statements.get(id);
    if (statement === undefined) return true;
    statement.isGivenUp = true;
    if (!statement.runs) return true;
    const sql = `KILL QUERY WHERE startsWith(query, '/* ${id} */') ASYNC`;
    const begun = performance.now();
    for (let told = -Infinity; this.#statements.has(id); await sleep(20)) {
      const now = performance.now();
      if (now - begun > KILL_WAIT) return false;
      if (now - told < KILL_EVERY) continue;
      told = now;
      // Again and again: it may not have been among those that run yet.
      const kill = () => this.#killer.queryAsync(sql, { format: 'TabSeparated' });
      this.#killing = this.#killing.then(kill).catch(() => undefined);
    }
    return true;
  }

  async #inReadersTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#reading < MOST_READING) this.#reading++;
    else await new Promise<void>((resolve) => this.#readers.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#readers.shift();
      if (next === undefined) this.#reading--;
      else next();
    }
  }

  async #acquire(): Promise<ChdbSession> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#all.size < MOST) {
      const session = this.#open();
      this.#all.set(session, 'default');
      // Filters may be long; those who ask are the server's own threads.
      await session.queryAsync(`SET max_query_size = ${LONGEST}`, { format: 'TabSeparated' });
      return session;
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #release(session: ChdbSession): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(session);
    else next(session);
  }
}

/** Whether a statement is a question, which may be ended at any time. */
export function isReading(sql: string): boolean {
  return /^\s*(SELECT|WITH)\b/i.test(sql);
}
