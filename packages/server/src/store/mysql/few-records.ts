import type { Cursor, Filter } from '../store.ts';
import { all, any, ofKind } from './condition.ts';
import { bytesOf, numberOf, type Session } from './connection.ts';
import { hex } from './literal.ts';
import { cut, NAME_LENGTH } from './rows.ts';

/** The index of 0.4.5's table on level and name. */
export const KIND_INDEX = 'level_name';

/** Pairs of level and name that are asked for at most. */
const MOST_KINDS = 100;
/** What a row by the index costs, in rows that are read one after the other. */
const LOOKUP = 4;

/**
 * Where a filter on level or name leaves so few records that looking them up by the index on both takes less than passing
 * over all others: the condition that the index finds them with, the filter's own being beside it. `span`: ids between
 * which they are.
 */
export async function findableByKind(
  session: Session,
  filter: Filter,
  { take, skip }: Cursor,
  span: number,
): Promise<string | undefined> {
  if (filter.level === undefined && filter.names.length === 0) return undefined;
  const rows = await session.rows(
    `SELECT total.level, LEFT(logger.name, ${4 * NAME_LENGTH}), total.count
     FROM total JOIN logger ON logger.name_id = total.name_id
     WHERE ${all(ofKind(filter))} LIMIT ${MOST_KINDS + 1}`,
  );
  const count = rows.reduce((sum, row) => sum + numberOf(row[2]), 0);
  if (rows.length === 0 || rows.length > MOST_KINDS || count === 0) return undefined;
  const passed = Math.min(span, ((take + skip) * span) / count);
  if (LOOKUP * count >= passed) return undefined;
  return any(
    rows.map(([level, name]) => {
      const text = cut(bytesOf(name).toString('utf8'), NAME_LENGTH);
      return `(record.level = ${numberOf(level)} AND record.name = _utf8mb4 ${hex(text)})`;
    }),
  );
}
