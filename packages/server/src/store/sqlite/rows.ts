import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { StoredRecord } from '../store.ts';
import { numberOf, textOf } from './connection.ts';

/** REAL, because an integer beyond 2^53 (a year after 2255) would be refused by node:sqlite. */
const COLUMNS = 'record_id, name, CAST(ts AS REAL) AS ts, level, message, logrec';

/** The rows of `recent` that a clause after FROM finds, one at a time. */
export function* rows(
  database: DatabaseSync,
  clause: string,
  values: readonly SQLInputValue[],
): Generator<StoredRecord> {
  const found = database.prepare(`SELECT ${COLUMNS} FROM recent ${clause}`).iterate(...values);
  for (const row of found) yield rowOf(row);
}

/** A row with the columns of a record. */
export function rowOf({
  record_id,
  name,
  ts,
  level,
  message,
  logrec,
}: Record<string, unknown>): StoredRecord {
  return {
    id: numberOf(record_id),
    name: textOf(name),
    ts: numberOf(ts),
    level: numberOf(level),
    message: textOf(message),
    logrec: textOf(logrec),
  };
}
