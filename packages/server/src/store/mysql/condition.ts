import type { WholeBuckets } from '../buckets.ts';
import type { Filter } from '../store.ts';
import { dateTime, hex } from './literal.ts';
import { NAME_LENGTH } from './rows.ts';

/** All of them, `1` for none. */
export function all(conditions: readonly string[]): string {
  return conditions.length === 0 ? '1' : conditions.join(' AND ');
}

/** Between these, 0001-01-01 and the last double before the year 10000, are the times of all records. */
const FIRST_TIME = -62_135_596_800_000_000;
const LAST_TIME = 253_402_300_800_000_000 - 32;

/** The conditions on the time of a record. A time that no DATETIME has is compared here. */
export function ofTime({ after, before }: Pick<Filter, 'after' | 'before'>): string[] {
  const conditions: string[] = [];
  if ((after ?? FIRST_TIME) > LAST_TIME || (before ?? LAST_TIME) < FIRST_TIME) conditions.push('0');
  else {
    if (after !== undefined && after > FIRST_TIME) conditions.push(`record.ts >= '${dateTime(after)}'`);
    if (before !== undefined && before < LAST_TIME) conditions.push(`record.ts <= '${dateTime(before)}'`);
  }
  return conditions;
}

/** The conditions on level and name of a record. */
export function ofRecord({ level, names }: Filter): string[] {
  return [
    ...(level === undefined ? [] : [`record.level >= ${level}`]),
    ...(names.length === 0 ? [] : [any(names.map(ofName))]),
  ];
}

/** The conditions on level and name of a row of `rollup` or `total`. */
export function ofSum({ level, names }: Filter): string[] {
  const prefixes = names.map((name) => startsWith('logger.name', name));
  return [
    ...(level === undefined ? [] : [`level >= ${level}`]),
    ...(names.length === 0 ? [] : [`name_id IN (SELECT logger.name_id FROM logger WHERE ${any(prefixes)})`]),
  ];
}

/** The conditions on level and name of a row of `total` that is joined with `logger`. */
export function ofKind({ level, names }: Filter): string[] {
  return [
    ...(level === undefined ? [] : [`total.level >= ${level}`]),
    ...(names.length === 0 ? [] : [any(names.map((name) => startsWith('logger.name', name)))]),
  ];
}

export function inBuckets({ first, last }: WholeBuckets): string[] {
  const conditions: string[] = [];
  if (Number.isFinite(first)) conditions.push(`bucket >= ${first}`);
  if (Number.isFinite(last)) conditions.push(`bucket <= ${last}`);
  return conditions;
}

/** Shares are stripes of so many ids. */
const SHARE_STRIPE = 8192;

/** The condition of a share, if the filter is one. */
export function ofShare({ share }: Pick<Filter, 'share'>): string[] {
  return share === undefined ? [] : [`record.record_id DIV ${SHARE_STRIPE} MOD ${share.of} = ${share.index}`];
}

/** Bytes are compared: the column's collation takes no account of case and more. */
function ofName(prefix: string): string {
  const points = Array.from(prefix);
  if (points.length <= NAME_LENGTH) return startsWith('CAST(record.name AS BINARY)', prefix);
  const head = startsWith('CAST(record.name AS BINARY)', points.slice(0, NAME_LENGTH).join(''));
  const longer = startsWith('long_name.name', prefix);
  return `(${head} AND record.record_id IN (SELECT long_name.record_id FROM long_name WHERE ${longer}))`;
}

function startsWith(bytes: string, prefix: string): string {
  return `LEFT(${bytes}, ${Buffer.byteLength(prefix)}) = ${hex(prefix)}`;
}

export function any(conditions: readonly string[]): string {
  return `(${conditions.join(' OR ')})`;
}
