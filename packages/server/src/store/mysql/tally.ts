import { BUCKET } from '../buckets.ts';
import type { Packets } from './packets.ts';

/** Records of one bucket, level and name: how many more or less, and their ids. */
interface Sum {
  count: number;
  firstId: number;
  lastId: number;
}

/** Counts records in memory, so that a batch of a thousand touches some dozens of rows of the rollup. */
export class Tally {
  /** By name, level and bucket. */
  readonly #sums = new Map<string, Map<number, Map<number, Sum>>>();

  get names(): Iterable<string> {
    return this.#sums.keys();
  }

  /** One record more (`by` 1) or less (-1). `ts` is in microseconds. */
  add(name: string, level: number, ts: number, id: number, by: 1 | -1): void {
    const levels = this.#sums.getOrInsertComputed(name, () => new Map());
    const buckets = levels.getOrInsertComputed(level, () => new Map());
    const bucket = Math.floor(ts / BUCKET);
    const sum = buckets.get(bucket);
    if (sum === undefined) {
      buckets.set(bucket, { count: by, firstId: id, lastId: id });
      return;
    }
    sum.count += by;
    sum.firstId = Math.min(sum.firstId, id);
    sum.lastId = Math.max(sum.lastId, id);
  }

  /** Writes the sums. Sums of removed records leave the ids of their bucket as they were, which may be too wide then. */
  write(packets: Packets, nameIds: ReadonlyMap<string, number>): void {
    const [rollup, total] = [[] as string[], [] as string[]];
    const [emptyBuckets, emptyTotals] = [[] as string[], [] as string[]];
    for (const [name, levels] of this.#sums) {
      const nameId = nameIds.get(name);
      if (nameId === undefined) throw new TypeError('a name has no id');
      for (const [level, buckets] of levels) {
        let whole = 0;
        for (const [bucket, { count, firstId, lastId }] of buckets) {
          rollup.push(`(${bucket},${level},${nameId},${count},${firstId},${lastId})`);
          if (count < 0) emptyBuckets.push(`(${bucket},${level},${nameId})`);
          whole += count;
        }
        total.push(`(${level},${nameId},${whole})`);
        if (whole < 0) emptyTotals.push(`(${level},${nameId})`);
      }
    }
    packets.addRows('INSERT INTO rollup VALUES ', rollup, UPSERT_ROLLUP);
    packets.addRows('INSERT INTO total VALUES ', total, UPSERT);
    const isEmpty = (columns: string) => `DELETE FROM ${columns} IN (`;
    packets.addRows(isEmpty('rollup WHERE count <= 0 AND (bucket, level, name_id)'), emptyBuckets, ')');
    packets.addRows(isEmpty('total WHERE count <= 0 AND (level, name_id)'), emptyTotals, ')');
  }
}

// VALUES(): the row alias that MySQL 8 would rather have is unknown to MySQL 5.7 and MariaDB.
const UPSERT = ' ON DUPLICATE KEY UPDATE count = count + VALUES(count)';
const UPSERT_ROLLUP = `${UPSERT}, first_id = LEAST(first_id, VALUES(first_id)), last_id = GREATEST(last_id, VALUES(last_id))`;
