import type { DatabaseSync } from 'node:sqlite';
import type { CheckListener } from '../../store.ts';
import { resultCode, SQLITE_CORRUPT } from '../fault.ts';

/** What SQLite is asked to list at most. */
const MOST = 20;

/** Lets SQLite look through the pages of the file; what it finds is told, and returned. */
export function integrityFaults(database: DatabaseSync, listener: CheckListener): string[] {
  listener.progress('pages of the file', 0, 1);
  const faults = listed(database);
  listener.progress('pages of the file', 1, 1);
  for (const fault of faults) {
    listener.found({
      what: `SQLite finds the file damaged: ${fault}`,
      lost: [],
      repair: 'Makes the indexes anew; where that does not help the file; else a new one of what can be read',
    });
  }
  return faults;
}

function listed(database: DatabaseSync): string[] {
  try {
    const rows = database.prepare(`PRAGMA integrity_check(${MOST})`).all();
    // What is wrong with pages comes as one text of many lines, with a title.
    const lines = rows.flatMap((row) => String(row.integrity_check).split('\n'));
    return lines.filter((line) => line !== 'ok' && !line.startsWith('***')).slice(0, MOST);
  } catch (error) {
    if (resultCode(error) !== SQLITE_CORRUPT) throw error;
    return ['it cannot be looked through'];
  }
}

/**
 * Makes the indexes anew, and when that was not it, the whole file, by VACUUM. False when the file is damaged after all:
 * nothing was changed then that counts.
 */
export function mendFile(database: DatabaseSync, listener: CheckListener): boolean {
  for (const [what, sql] of [
    ['Making the indexes anew', 'REINDEX'],
    ['Making the file anew', 'VACUUM'],
  ] as const) {
    listener.told(what);
    try {
      database.exec(sql);
    } catch (error) {
      if (resultCode(error) !== SQLITE_CORRUPT) throw error;
      continue;
    }
    if (listed(database).length === 0) return true;
  }
  return false;
}
