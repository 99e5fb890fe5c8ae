import type { DatabaseSync } from 'node:sqlite';
import type { CheckListener } from '../../store.ts';
import { PART_TABLES } from '../blocks/tables.ts';
import type { Examination } from './examination.ts';
import { rewrite } from './merged.ts';
import { mendProperties } from './properties.ts';
import { mendRows } from './recent-rows.ts';
import { isMisfiled, type Region } from './regions.ts';
import { surveyOf } from './survey.ts';

/**
 * Repairs what an examination of the same connection found, which must have the database to itself. Each step is a
 * transaction that leaves all readable: broken off anywhere, a repair that is begun anew does what is left.
 */
export function repairStore(database: DatabaseSync, found: Examination, listener: CheckListener): void {
  const { survey, unsound } = found;
  if (survey === undefined) return;
  if (survey.propertyFaults.length > 0) {
    inTransaction(database, () => mendProperties(database));
    listener.told('Set the properties');
  }
  if (survey.badRows.length > 0) {
    inTransaction(database, () => mendRows(database, survey.badRows));
    listener.told(`Mended ${survey.badRows.length} recent records`);
  }
  if (survey.orphans.length > 0) {
    inTransaction(database, () => removeParts(database, survey.orphans));
    listener.told(`Removed the parts of ${survey.orphans.length} blocks that are not there`);
  }
  const [misfiled, filed] = [unsound.filter(isMisfiled), unsound.filter((region) => !isMisfiled(region))];
  for (const regions of [misfiled, ...filed.map((region) => [region])]) {
    if (regions.length === 0) continue;
    const saved = inTransaction(database, () => rewrite(database, regions));
    listener.told(`Wrote ${saved} records anew, of ${regions.map(nameOf).join(', ')}`);
  }
  if (inTransaction(database, () => countAnew(database))) listener.told('Counted anew');
}

function nameOf({ blocks, rows }: Region): string {
  return [...blocks.map(({ firstId }) => `block ${firstId}`), ...rows.map((id) => `record ${id}`)].join(
    ' and ',
  );
}

function removeParts(database: DatabaseSync, firstIds: readonly number[]): void {
  for (const table of Object.values(PART_TABLES)) {
    const remove = database.prepare(`DELETE FROM ${table} WHERE first_id = ?`);
    for (const firstId of firstIds) remove.run(firstId);
  }
}

/** False when nothing was wrong, or not everything can be counted, for a block is of a later version. */
function countAnew(database: DatabaseSync): boolean {
  const { tally, isCounted } = surveyOf(database, () => undefined);
  const isWrong = () =>
    tally.compare(database, 'rollup') !== undefined || tally.compare(database, 'total') !== undefined;
  if (!isCounted || !isWrong()) return false;
  tally.write(database);
  return true;
}

function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}
