import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BUCKET } from '../buckets.ts';
import { bounds } from './blocks/head.ts';
import type { Run } from './blocks/run.ts';

/** Of one name, by level, by bucket: how many records more or less. */
type Tally = Map<number, Map<number, number>>;

const UPSERT = 'ON CONFLICT DO UPDATE SET count = count + excluded.count';

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
    this.#addBucket = database.prepare(`INSERT INTO rollup VALUES (?, ?, ?, ?) ${UPSERT}`);
    this.#addTotal = database.prepare(`INSERT INTO total VALUES (?, ?, ?) ${UPSERT}`);
  }

  /** The records of a run. Most runs are of one quarter of an hour, and then their kinds are counted already. */
  addRun({ times, kinds, kindOf }: Run): void {
    const [lowest, highest] = bounds(times);
    if (Math.floor(lowest / BUCKET) === Math.floor(highest / BUCKET)) {
      for (const { level, name, count } of kinds) this.add(lowest, level, name, count);
    } else {
      times.forEach((ts, index) => {
        const kind = kinds[kindOf[index] ?? 0];
        if (kind !== undefined) this.add(ts, kind.level, kind.name, 1);
      });
    }
  }

  /** `by` records more, or less where it is below 0. */
  add(ts: number, level: number, name: string, by: number): void {
    let levels = this.#tallies.get(name);
    if (levels === undefined) {
      levels = new Map();
      this.#tallies.set(name, levels);
    }
    let buckets = levels.get(level);
    if (buckets === undefined) {
      buckets = new Map();
      levels.set(level, buckets);
    }
    const bucket = Math.floor(ts / BUCKET);
    buckets.set(bucket, (buckets.get(bucket) ?? 0) + by);
  }

  /** Writes the sums; to be called inside the transaction of the records. */
  flush(): void {
    let removed = false;
    for (const [name, levels] of this.#tallies) {
      for (const [level, buckets] of levels) {
        let total = 0;
        for (const [bucket, count] of buckets) {
          this.#addBucket.run(bucket, level, name, count);
          total += count;
          removed ||= count < 0;
        }
        this.#addTotal.run(level, name, total);
      }
    }
    if (removed) this.#database.exec('DELETE FROM rollup WHERE count = 0; DELETE FROM total WHERE count = 0');
    this.#tallies.clear();
  }

  /** Forgets what a failed transaction counted. */
  discard(): void {
    this.#tallies.clear();
  }
}
