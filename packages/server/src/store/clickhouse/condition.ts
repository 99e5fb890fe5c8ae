import { BUCKET } from '../buckets.ts';
import type { Filter } from '../store.ts';
import { textLiteral } from './literal.ts';

/** All of them, `1` for none. */
export function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? '1' : conditions.join(' AND ');
}

/** The conditions on level and name, which records and the projection of their counts have alike. */
export function ofLevelAndName({ level, names }: Filter): string[] {
  const conditions: string[] = [];
  if (level !== undefined) conditions.push(`level >= ${level}`);
  if (names.length > 0) {
    conditions.push(`(${names.map((name) => `startsWith(name, ${textLiteral(name)})`).join(' OR ')})`);
  }
  return conditions;
}

/** The conditions on the time of a record. */
export function ofTime({ after, before }: Pick<Filter, 'after' | 'before'>): string[] {
  const conditions: string[] = [];
  if (after !== undefined) conditions.push(`ts >= ${after}`);
  if (before !== undefined) conditions.push(`ts <= ${before}`);
  return conditions;
}

/** Shares are milliseconds: whichever server a record came to, it is in one. */
function ofShare({ share }: Pick<Filter, 'share'>): string[] {
  return share === undefined ? [] : [`modulo(intDiv(record_id, 4096), ${share.of}) = ${share.index}`];
}

/** The beginning of a record's quarter of an hour, as the projection has it. */
export const BUCKET_OF = `ts - positiveModulo(ts, ${BUCKET})`;

/**
 * A filter without a query. A client's expression is joined to the others without brackets of its own, so that an OR in
 * it reaches over them, as it does in Chronologer 0.4.5 (recorded); all together are in brackets.
 */
export function conditionOf(filter: Filter): string {
  const { query } = filter;
  const others = [...ofTime(filter), ...ofLevelAndName(filter)];
  if (query === undefined) return all([...others, ...ofShare(filter)]);
  return all([...ofShare(filter), `(${all([...others, query])}\n)`]);
}
