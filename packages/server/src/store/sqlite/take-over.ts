import type { DatabaseSync } from 'node:sqlite';
import type { Report } from '../store.ts';
import { MAX_RECORDS } from './blocks/run.ts';
import { blocksOf } from './blocks/sealing.ts';
import { BlockTables } from './blocks/tables.ts';
import { numberOf } from './connection.ts';
import { rowOf } from './rows.ts';

/** Records between two reports of progress. */
const REPORT_EVERY = 250_000;

/**
 * Moves the rows of the first layout, and of 0.4.5, into blocks. Each step is a transaction of its own, and the next one
 * goes on where the last one ended, whoever did it: a migration that was broken off is resumed, and two at once share
 * the work. The empty table is dropped at the end, which tells that all is done.
 */
export function takeOverRows(database: DatabaseSync, report: Report): void {
  if (!hasRowsLeft(database)) return;
  const total = numberOf(database.prepare('SELECT coalesce(sum(count), 0) AS count FROM total').get()?.count);
  if (total > 0) report(`Moving the records into compressed blocks (${total} in all)`);
  let moved = 0;
  while (hasRowsLeft(database)) {
    const before = moved;
    moved += step(database);
    if (Math.floor(moved / REPORT_EVERY) > Math.floor(before / REPORT_EVERY)) {
      report(`Moved ${moved} records`);
    }
  }
  if (total > 0) report(`Moved ${moved} records: done`);
  database.exec('PRAGMA incremental_vacuum');
}

/** Whether the table of the first layout is there, empty or not. */
export function hasRowsLeft(database: DatabaseSync): boolean {
  const table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'record'";
  return database.prepare(table).get() !== undefined;
}

/** Moves one block's worth of rows; returns how many, 0 when the table was dropped. */
function step(database: DatabaseSync): number {
  database.exec('BEGIN IMMEDIATE');
  try {
    const count = hasRowsLeft(database) ? move(database) : 0;
    database.exec('COMMIT');
    return count;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function move(database: DatabaseSync): number {
  const columns = 'record_id, name, CAST(ts AS REAL) AS ts, level, message, logrec';
  const found = database
    .prepare(`SELECT ${columns} FROM record ORDER BY record_id LIMIT ?`)
    .all(MAX_RECORDS)
    .map(rowOf);
  const last = found.at(-1);
  if (last === undefined) {
    database.exec('DROP TABLE record');
    return 0;
  }
  const tables = new BlockTables(database);
  for (const block of blocksOf(found.map((row) => [row.id, row] as const))) tables.insert(block);
  database.prepare('DELETE FROM record WHERE record_id <= ?').run(last.id);
  return found.length;
}
