import type { DatabaseSync } from 'node:sqlite';
import type { Filter } from '../store.ts';
import { all, type Condition, ofLevelAndName, ofTime } from './condition.ts';
import { numberOf } from './connection.ts';
import { BUCKET } from './rollup-writer.ts';

/** A range of whole buckets, both inclusive; infinite where there is no edge. */
interface Whole {
  readonly first: number;
  readonly last: number;
}

/** How many records match, and between which ids they are (both 0 when there are none). */
export interface Extent {
  readonly count: number;
  readonly firstId: number;
  readonly lastId: number;
}

/**
 * Counts from the rollup: whole quarters of an hour are sums, and only the quarters that an edge of the time range cuts
 * are counted record by record, over the index on ts. To be used inside one transaction.
 */
export class Counts {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** The number of records of a filter without a query. */
  count(filter: Filter): number {
    if (filter.after === undefined && filter.before === undefined) return this.extent(filter).count;
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
    const { sql, values } = all([...ofTime({ after, before }), ...ofLevelAndName(filter)]);
    const rows = this.#database
      .prepare(`SELECT CAST(ts AS REAL) AS ts FROM record WHERE ${sql}`)
      .all(...values);
    return rows.map((row) => numberOf(row.ts));
  }

  /** The number of a filter's records, whole quarters of an hour at its edges included, and the bounds of their ids. */
  extent(filter: Filter): Extent {
    const timed = filter.after !== undefined || filter.before !== undefined;
    const buckets = timed ? inBuckets(touched(filter)) : [];
    const { sql, values } = all([...buckets, ...ofLevelAndName(filter)]);
    const row = this.#database
      .prepare(
        `SELECT total(count) AS count, coalesce(min(first_id), 0) AS firstId, coalesce(max(last_id), 0) AS lastId
         FROM ${timed ? 'rollup' : 'total'} WHERE ${sql}`,
      )
      .get(...values);
    const { count, firstId, lastId } = row ?? {};
    return { count: numberOf(count), firstId: numberOf(firstId), lastId: numberOf(lastId) };
  }

  /** The levels and names that occur among a filter's records at any time; undefined when there are over `limit`. */
  levelsAndNames(filter: Filter, limit: number): Record<'level' | 'name', unknown>[] | undefined {
    const { sql, values } = all(ofLevelAndName(filter));
    const rows = this.#database
      .prepare(`SELECT level, name FROM total WHERE ${sql} LIMIT ?`)
      .all(...values, limit + 1);
    return rows.length > limit ? undefined : rows.map(({ level, name }) => ({ level, name }));
  }

  #countRecords({ after, before }: Edge, filter: Filter): number {
    const { sql, values } = all([...ofTime({ after, before }), ...ofLevelAndName(filter)]);
    const row = this.#database.prepare(`SELECT count(*) AS count FROM record WHERE ${sql}`).get(...values);
    return numberOf(row?.count);
  }
}

/** The part of a cut bucket that is inside the range. */
interface Edge {
  readonly bucket: number;
  readonly after: number;
  readonly before: number;
}

function touched({ after, before }: Filter): Whole {
  return {
    first: after === undefined ? Number.NEGATIVE_INFINITY : Math.floor(after / BUCKET),
    last: before === undefined ? Number.POSITIVE_INFINITY : Math.floor(before / BUCKET),
  };
}

/** A time range as whole buckets and at most two cut ones. */
function split(filter: Filter): { whole: Whole; edges: Edge[] } {
  const { after = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY } = filter;
  if (after > before) return { whole: { first: 0, last: -1 }, edges: [] };
  let { first, last } = touched(filter);
  const edges: Edge[] = [];
  const cut = (bucket: number) => {
    edges.push({
      bucket,
      after: Math.max(after, bucket * BUCKET),
      before: Math.min(before, (bucket + 1) * BUCKET - 1),
    });
  };
  const startsInside = after > first * BUCKET;
  const endsInside = before < (last + 1) * BUCKET - 1;
  if (startsInside) cut(first);
  if (endsInside && !(startsInside && first === last)) cut(last);
  if (startsInside) first++;
  if (endsInside) last--;
  return { whole: { first, last }, edges };
}

function inBuckets({ first, last }: Whole): Condition[] {
  const conditions: Condition[] = [];
  if (Number.isFinite(first)) conditions.push({ sql: 'bucket >= ?', values: [first] });
  if (Number.isFinite(last)) conditions.push({ sql: 'bucket <= ?', values: [last] });
  return conditions;
}
