import type { DatabaseSync } from 'node:sqlite';
import type { CheckListener, CheckOptions, CheckResult } from '../../store.ts';
import { openAlone, openForReading } from '../connection.ts';
import { withFaults } from '../fault.ts';
import { refuseMissing, refuseOtherSchema } from '../migrate.ts';
import { Examination } from './examination.ts';
import { integrityFaults, mendFile } from './integrity.ts';
import { repairStore } from './repair.ts';
import { rescue } from './rescue.ts';

/**
 * Looks a database through, and repairs it if asked to. Without repair it works beside a server: what has to agree is read
 * in one short transaction, the rest block by block, so that the log can be cut back meanwhile. Throws a StoreError when it
 * cannot be opened, to be repaired alone, and a SchemaError for a database of another version.
 */
export function check(path: string, listener: CheckListener, { repair }: CheckOptions): CheckResult {
  refuseMissing(path);
  return withFaults(() => {
    const database = repair ? openAlone(path) : openForReading(path).database;
    try {
      return repair ? checkAndRepair(path, database, listener) : examine(database, listener).result;
    } finally {
      database.close();
    }
  });
}

function examine(database: DatabaseSync, listener: CheckListener): Examination {
  const faults = integrityFaults(database, listener);
  refuseOtherSchema(database);
  return new Examination(database, listener, faults);
}

function checkAndRepair(path: string, database: DatabaseSync, listener: CheckListener): CheckResult {
  let found = examine(database, listener);
  if (found.result.sound) return found.result;
  listener.told(`Repairing. Without a copy of ${path} end this now, and make one first`);
  if (found.isFileDamaged) {
    if (!mendFile(database, listener)) {
      rescueStore(path, database, listener);
      return found.result;
    }
    found = new Examination(database, listener, []);
  }
  return repairFound(database, found, listener);
}

function repairFound(database: DatabaseSync, found: Examination, listener: CheckListener): CheckResult {
  repairStore(database, found, listener);
  listener.told('Looking everything through again');
  return examine(database, listener).result;
}

/** Leaves the file as it is, and makes a sound one beside it of what can be read. */
function rescueStore(path: string, database: DatabaseSync, listener: CheckListener): void {
  listener.told('Pages of the file are damaged, which cannot be repaired in place: saving what can be read');
  const rescued = rescue(database, path, listener);
  const copy = openAlone(rescued);
  try {
    const { sound, records } = repairFound(copy, examine(copy, listener), listener);
    const state = sound ? 'is sound' : 'is not sound yet';
    listener.told(
      `${rescued} ${state}, with ${records} records: put it in the place of ${path}, and remove ${path}-wal and ${path}-shm`,
    );
  } finally {
    copy.close();
  }
}
