import type { DatabaseSync } from 'node:sqlite';
import { BUCKET, type Edge, split, type WholeBuckets } from '../buckets.ts';
import type { Filter } from '../store.ts';
import type { Blocks } from './blocks/blocks.ts';
import { all, type Condition, ofLevelAndName, ofTime } from './condition.ts';
import { numberOf } from './connection.ts';

/**
 * Counts from the rollup: whole quarters of an hour are sums. In the quarters that an edge of the time range cuts, blocks
 * that the edge does not cut tell their counts, and only the others are unpacked. To be used inside one transaction.
 */
export class Counts {
  readonly #database: DatabaseSync;
  readonly #blocks: Blocks;

  constructor(database: DatabaseSync, blocks: Blocks) {
    this.#database = database;
    this.#blocks = blocks;
  }

  /** The number of records of a filter without a query. */
  count(filter: Filter): number {
    if (filter.after === undefined && filter.before === undefined) {
      const { sql, values } = all(ofLevelAndName(filter));
      const row = this.#database
        .prepare(`SELECT total(count) AS count FROM total WHERE ${sql}`)
        .get(...values);
      return numberOf(row?.count);
    }
    const { whole, edges } = split(filter);
    let count = edges.reduce((sum, edge) => sum + this.#countRecords(edge, filter), 0);
    if (whole.first <= whole.last) {
      const { sql, values } = all([...inBuckets(whole), ...ofLevelAndName(filter)]);
      const row = this.#database
        .prepare(`SELECT total(count) AS count FROM rollup WHERE ${sql}`)
        .get(...values);
      count += numberOf(row?.count);
    }
    return count;
  }

  /**
   * The records of each quarter of an hour, in order, as [bucket, count]; a quarter that the range cuts counts only what
   * is inside.
   */
  byBucket(filter: Filter): [number, number][] {
    const { whole, edges } = split(filter);
    const counts = edges.map((edge): [number, number] => [edge.bucket, this.#countRecords(edge, filter)]);
    if (whole.first <= whole.last) {
      const { sql, values } = all([...inBuckets(whole), ...ofLevelAndName(filter)]);
      const sums = this.#database.prepare(
        `SELECT bucket, sum(count) AS count FROM rollup WHERE ${sql} GROUP BY bucket`,
      );
      for (const row of sums.all(...values)) counts.push([numberOf(row.bucket), numberOf(row.count)]);
    }
    return counts.filter(([, count]) => count > 0).sort(([a], [b]) => a - b);
  }

  /** The times, in microseconds, of a filter's records in one bucket. */
  timesInBucket(bucket: number, filter: Filter): number[] {
    const after = Math.max(bucket * BUCKET, filter.after ?? Number.NEGATIVE_INFINITY);
    const before = Math.min((bucket + 1) * BUCKET - 1, filter.before ?? Number.POSITIVE_INFINITY);
    const inside = { ...filter, after, before };
    const { sql, values } = all([...ofTime(inside), ...ofLevelAndName(inside)]);
    const rows = this.#database
      .prepare(`SELECT CAST(ts AS REAL) AS ts FROM recent WHERE ${sql}`)
      .all(...values);
    return [...rows.map((row) => numberOf(row.ts)), ...this.#blocks.times(inside)];
  }

  #countRecords({ after, before }: Edge, filter: Filter): number {
    const inside = { ...filter, after, before };
    const { sql, values } = all([...ofTime(inside), ...ofLevelAndName(inside)]);
    const row = this.#database.prepare(`SELECT count(*) AS count FROM recent WHERE ${sql}`).get(...values);
    return numberOf(row?.count) + this.#blocks.count(inside);
  }
}

function inBuckets({ first, last }: WholeBuckets): Condition[] {
  const conditions: Condition[] = [];
  if (Number.isFinite(first)) conditions.push({ sql: 'bucket >= ?', values: [first] });
  if (Number.isFinite(last)) conditions.push({ sql: 'bucket <= ?', values: [last] });
  return conditions;
}
