import type { DatabaseSync } from 'node:sqlite';
import { numberOf, textOf } from '../connection.ts';

/** What is the matter with a row of `recent`. */
export interface BadRow {
  readonly id: number;
  /** Only its logrec is no JSON object, and all else can be kept. */
  readonly isKept: boolean;
}

const COLUMNS = `record_id, CAST(name AS TEXT) AS name, CAST(ts AS REAL) AS ts, CAST(level AS REAL) AS level,
  typeof(ts) = 'integer' AND typeof(level) = 'integer' AND typeof(name) = 'text' AND typeof(message) = 'text'
    AND typeof(logrec) = 'text' AS typed,
  CAST(logrec AS TEXT) AS logrec`;

/** A row as far as counting needs it. */
interface RecentRow {
  readonly id: number;
  readonly name: string;
  readonly ts: number;
  readonly level: number;
  /** Set unless its values are those of a record. */
  readonly bad?: BadRow;
}

/** All recent rows, in the order of their ids. */
export function* recentRows(database: DatabaseSync): Generator<RecentRow> {
  for (const row of database.prepare(`SELECT ${COLUMNS} FROM recent ORDER BY record_id`).iterate()) {
    const id = numberOf(row.record_id);
    const isTyped = row.typed === 1;
    const isGood = isTyped && isObject(textOf(row.logrec));
    yield {
      id,
      name: textOf(row.name ?? ''),
      ts: Number(row.ts),
      level: Number(row.level),
      ...(!isGood && { bad: { id, isKept: isTyped } }),
    };
  }
}

/** Mends or removes rows; to be used inside a transaction. What is no JSON is kept as `migrate` keeps it. */
export function mendRows(database: DatabaseSync, rows: readonly BadRow[]): void {
  const keep = database.prepare(
    `UPDATE recent SET logrec = json_object('data', json_object('unreadable', logrec)) WHERE record_id = ?`,
  );
  const remove = database.prepare('DELETE FROM recent WHERE record_id = ?');
  for (const { id, isKept } of rows) (isKept ? keep : remove).run(id);
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
