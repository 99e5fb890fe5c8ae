import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Microseconds in a bucket of the rollup: a quarter of an hour. */
export const BUCKET = 900_000_000;

interface Tally {
  readonly bucket: number;
  readonly level: number;
  readonly name: string;
  count: number;
  readonly firstId: number;
  lastId: number;
}

const UPSERT = `ON CONFLICT DO UPDATE SET count = count + excluded.count,
  first_id = min(first_id, excluded.first_id), last_id = max(last_id, excluded.last_id)`;

/**
 * Counts records in memory while a transaction goes on and writes the sums before it is committed: a batch of a
 * thousand records touches some dozens of rows instead of two thousand.
 */
export class RollupWriter {
  readonly #tallies = new Map<string, Tally>();
  readonly #addBucket: StatementSync;
  readonly #addTotal: StatementSync;
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#addBucket = database.prepare(`INSERT INTO rollup VALUES (?, ?, ?, ?, ?, ?) ${UPSERT}`);
    this.#addTotal = database.prepare(`INSERT INTO total VALUES (?, ?, ?, ?, ?) ${UPSERT}`);
  }

  /** One record more (`by` 1) or less (-1). Ids ascend from call to call. */
  add(ts: number, level: number, name: string, id: number, by: 1 | -1): void {
    const bucket = Math.floor(ts / BUCKET);
    const key = `${bucket} ${level} ${name}`;
    const tally = this.#tallies.get(key);
    if (tally === undefined) {
      this.#tallies.set(key, { bucket, level, name, count: by, firstId: id, lastId: id });
    } else {
      tally.count += by;
      tally.lastId = id;
    }
  }

  /** Writes the sums; to be called inside the transaction of the records. */
  flush(): void {
    const totals = new Map<string, Tally>();
    let removed = false;
    for (const tally of this.#tallies.values()) {
      const { bucket, level, name, count, firstId, lastId } = tally;
      removed ||= count < 0;
      this.#addBucket.run(bucket, level, name, count, firstId, lastId);
      const total = totals.get(`${level} ${name}`);
      if (total === undefined) totals.set(`${level} ${name}`, { ...tally });
      else {
        total.count += count;
        total.lastId = Math.max(total.lastId, lastId);
      }
    }
    for (const { level, name, count, firstId, lastId } of totals.values()) {
      this.#addTotal.run(level, name, count, firstId, lastId);
    }
    if (removed) this.#database.exec('DELETE FROM rollup WHERE count = 0; DELETE FROM total WHERE count = 0');
    this.#tallies.clear();
  }

  /** Forgets what a failed transaction counted. */
  discard(): void {
    this.#tallies.clear();
  }
}
