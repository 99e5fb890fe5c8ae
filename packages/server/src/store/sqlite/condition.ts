import type { SQLInputValue } from 'node:sqlite';
import type { Filter } from '../store.ts';

/** A part of a WHERE clause with the values of its placeholders. `sql` is never empty. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly SQLInputValue[];
}

/** All of them, `1` for none. */
export function all(conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) return { sql: '1', values: [] };
  return {
    sql: conditions.map(({ sql }) => sql).join(' AND '),
    values: conditions.flatMap(({ values }) => values),
  };
}

/** The conditions on level and name, which `record`, `rollup` and `total` have alike. */
export function ofLevelAndName(filter: Filter): Condition[] {
  const conditions: Condition[] = [];
  if (filter.level !== undefined) conditions.push({ sql: 'level >= ?', values: [filter.level] });
  if (filter.names.length > 0) {
    const prefixes = filter.names.map(prefixed);
    conditions.push({
      sql: `(${prefixes.map(({ sql }) => sql).join(' OR ')})`,
      values: prefixes.flatMap(({ values }) => values),
    });
  }
  return conditions;
}

/**
 * Shares are stripes of so many ids: whichever way a record is stored, and in whichever state of the
 * store readers see it, it is in the same share.
 */
const STRIPE = 8192;

/** The condition of a share, if the filter is one. */
export function ofShare({ share }: Pick<Filter, 'share'>): Condition[] {
  return share === undefined
    ? []
    : [{ sql: `record_id / ${STRIPE} % ? = ?`, values: [share.of, share.index] }];
}

/** Whether some of these ids, both inclusive, are in the filter's share. */
export function isInShare({ share }: Pick<Filter, 'share'>, firstId: number, lastId: number): boolean {
  if (share === undefined) return true;
  const last = Math.floor(lastId / STRIPE);
  for (let stripe = Math.floor(firstId / STRIPE); stripe <= last; stripe++) {
    if (stripe % share.of === share.index) return true;
  }
  return false;
}

/** The conditions on the time of a record. */
export function ofTime({ after, before }: Pick<Filter, 'after' | 'before'>): Condition[] {
  const conditions: Condition[] = [];
  if (after !== undefined) conditions.push({ sql: 'ts >= ?', values: [after] });
  if (before !== undefined) conditions.push({ sql: 'ts <= ?', values: [before] });
  return conditions;
}

/** A prefix as a range, which an index serves; LIKE and GLOB would read `_`, `%` and `*` as wildcards. */
function prefixed(prefix: string): Condition {
  const end = afterPrefix(prefix);
  if (end === undefined) return { sql: 'name >= ?', values: [prefix] };
  return { sql: '(name >= ? AND name < ?)', values: [prefix, end] };
}

/** The first text, in SQLite's order of UTF-8 bytes, behind all that begin with `prefix`; none behind U+10FFFF. */
function afterPrefix(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  // U+D800 to U+DFFF are no characters: UTF-8 has nothing between U+D7FF and U+E000.
  points.push(last === 0xd7ff ? 0xe000 : last + 1);
  // One by one: as arguments a long prefix would overflow the stack.
  return points.map((point) => String.fromCodePoint(point)).join('');
}
