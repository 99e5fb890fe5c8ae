import { BUCKET, split } from '../buckets.ts';
import type { Filter } from '../store.ts';
import { all, inBuckets, ofRecord, ofSum, ofTime } from './condition.ts';

/**
 * Statements that count. Whole quarters of an hour are sums of the rollup; the records of a quarter that an edge of the
 * time range cuts are counted by the index on their time. One statement each, so that all of it is one state.
 */

/** One row with the number of records of a filter without a query. */
export function countStatement(filter: Filter): string {
  if (filter.after === undefined && filter.before === undefined) {
    return `SELECT COALESCE(SUM(count), 0) FROM total WHERE ${all(ofSum(filter))}`;
  }
  const { whole, edges } = split(filter);
  const parts = edges.map((edge) => `(${edgeCount(filter, edge)})`);
  if (whole.first <= whole.last) {
    const condition = all([...inBuckets(whole), ...ofSum(filter)]);
    parts.push(`(SELECT COALESCE(SUM(count), 0) FROM rollup WHERE ${condition})`);
  }
  return `SELECT ${parts.length === 0 ? '0' : parts.join(' + ')}`;
}

/** A row [bucket, count] for each bucket with records; one that the range cuts counts only what is inside. */
export function bucketsStatement(filter: Filter): string {
  const { whole, edges } = split(filter);
  const parts = edges.map((edge) => `SELECT ${edge.bucket} AS bucket, (${edgeCount(filter, edge)}) AS count`);
  if (whole.first <= whole.last) {
    const condition = all([...inBuckets(whole), ...ofSum(filter)]);
    parts.push(`SELECT bucket, SUM(count) AS count FROM rollup WHERE ${condition} GROUP BY bucket`);
  }
  if (parts.length === 0) parts.push('SELECT 0 AS bucket, 0 AS count');
  return `SELECT bucket, count FROM (${parts.join(' UNION ALL ')}) AS sums WHERE count > 0 ORDER BY bucket`;
}

/** The times of a filter's records in some buckets. */
export function timesStatement(filter: Filter, buckets: readonly number[]): string {
  const parts = buckets.map((bucket) => {
    const after = Math.max(bucket * BUCKET, filter.after ?? Number.NEGATIVE_INFINITY);
    const before = Math.min((bucket + 1) * BUCKET - 1, filter.before ?? Number.POSITIVE_INFINITY);
    const inside = all([...ofTime({ after, before }), ...ofRecord(filter)]);
    return `SELECT record.ts FROM record WHERE ${inside}`;
  });
  return parts.join(' UNION ALL ');
}

/**
 * One row [lowest id, highest id] between which all records of a filter are, NULL for none: what MySQL reads for a page
 * of them is then a part of the table, wherever in time they are.
 */
export function boundsStatement(filter: Filter): string {
  const { first, last } = {
    first: filter.after === undefined ? Number.NEGATIVE_INFINITY : Math.floor(filter.after / BUCKET),
    last: filter.before === undefined ? Number.POSITIVE_INFINITY : Math.floor(filter.before / BUCKET),
  };
  const condition = all([...inBuckets({ first, last }), ...ofSum(filter)]);
  return `SELECT MIN(first_id), MAX(last_id) FROM rollup WHERE ${condition}`;
}

function edgeCount(filter: Filter, { after, before }: { after: number; before: number }): string {
  const condition = all([...ofTime({ after, before }), ...ofRecord(filter)]);
  return `SELECT COUNT(*) FROM record WHERE ${condition}`;
}
