import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { repairJson } from '@chronologer/record';
import {
  builtInMigrations,
  checkApplied,
  MIGRATE_COMMAND,
  type Migration,
  refuseNewer,
} from '../migration-files.ts';
import type { OwnMigration } from '../own-migrations.ts';
import type { Report } from '../store.ts';
import { SchemaError, StoreError } from '../store-error.ts';
import { numberOf, openForReading, openForWriting, textOf } from './connection.ts';
import { withFaults } from './fault.ts';
import { applyOwn } from './own-migrations.ts';
import { hasRowsLeft, takeOverRows } from './take-over.ts';

const FOLDER = new URL('./migrations/', import.meta.url);

/** The migrations of this engine. */
export function builtIn(): Migration[] {
  return builtInMigrations(FOLDER);
}

const JOURNAL = `CREATE TABLE IF NOT EXISTS schema_migration (
  number     INTEGER PRIMARY KEY NOT NULL,
  name       TEXT NOT NULL,
  checksum   TEXT NOT NULL,
  applied_at TEXT NOT NULL
)`;

/**
 * Brings a database up to date, each migration in a transaction of its own. Two processes at once wait for each other,
 * and what one has done the other finds done. Throws a SchemaError for a database of a newer version.
 */
export function migrate(path: string, report: Report, own: readonly OwnMigration[] = []): void {
  const database = openForWriting(path);
  const known = builtIn();
  try {
    database.function('repair_json', { deterministic: true }, repair);
    withFaults(() => {
      refuseNewer(known, appliedMigrations(database));
      // Another process may be at it, and a large table takes its minutes.
      database.exec('PRAGMA busy_timeout = 3600000');
      for (const migration of known) apply(database, migration, report);
      takeOverRows(database, report);
      applyOwn(database, own, report);
    });
    reclaimable(database, report);
  } finally {
    database.close();
  }
}

/** A text that is no JSON even then is kept, as a JSON string in an object: nothing is thrown away. */
function repair(text: unknown): string {
  if (typeof text !== 'string') return '{}';
  return repairJson(text) ?? JSON.stringify({ data: { unreadable: text } });
}

function apply(database: DatabaseSync, migration: Migration, report: Report): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    database.exec(JOURNAL);
    const found = database.prepare('SELECT 1 FROM schema_migration WHERE number = ?').get(migration.number);
    if (found === undefined) {
      report(`Applying migration ${migration.name}`);
      database.exec(migration.sql);
      database
        .prepare('INSERT INTO schema_migration VALUES (?, ?, ?, ?)')
        .run(migration.number, migration.name, migration.checksum, new Date().toISOString());
    }
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** A 0.4.5 file never shrinks (auto_vacuum off). One VACUUM makes it one that can; without it all else still works. */
function reclaimable(database: DatabaseSync, report: Report): void {
  const mode = numberOf(database.prepare('PRAGMA auto_vacuum').get()?.auto_vacuum);
  if (mode === 2) return;
  const pages = numberOf(database.prepare('PRAGMA page_count').get()?.page_count);
  report(
    `Rewriting the file once (${pages} pages), so that retention can give space back to the file system`,
  );
  try {
    database.exec('PRAGMA auto_vacuum = 2; VACUUM');
  } catch (error) {
    report(
      `The file could not be rewritten (${error instanceof Error ? error.message : error}): it will not shrink`,
    );
  }
}

/** Throws a SchemaError unless every built-in migration was applied, and none that this version does not know. */
export function checkSchema(path: string): void {
  refuseMissing(path);
  const { database } = openForReading(path);
  try {
    withFaults(() => refuseOtherSchema(database));
  } finally {
    database.close();
  }
}

/** Whether there is a table or view `record`, of whichever version, with something in it. */
export function holdsRecords(path: string): boolean {
  const { database } = openForReading(path);
  try {
    return withFaults(() => {
      const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'record'").get();
      return table !== undefined && database.prepare('SELECT 1 FROM record LIMIT 1').get() !== undefined;
    });
  } finally {
    database.close();
  }
}

/** Throws a SchemaError when there is no file. */
export function refuseMissing(path: string): void {
  if (!isThere(path)) throw new SchemaError(`There is no database yet; make it with "${MIGRATE_COMMAND}"`);
}

/** Throws a SchemaError unless the schema is that of this version, all rows of older ones moved. */
export function refuseOtherSchema(database: DatabaseSync): void {
  checkApplied(builtIn(), appliedMigrations(database));
  if (hasRowsLeft(database))
    throw new SchemaError(
      `Records of an older version are being moved into blocks; go on with "${MIGRATE_COMMAND}"`,
    );
}

function appliedMigrations(database: DatabaseSync): Map<number, string> {
  const table = database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'schema_migration'").get();
  if (table === undefined) return new Map();
  const rows = database.prepare('SELECT number, checksum FROM schema_migration').all();
  return new Map(rows.map((row) => [numberOf(row.number), textOf(row.checksum)]));
}

/** Throws a StoreError for a file in a folder that may not be entered: whether it is there cannot be known. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw new StoreError('unavailable', 'its folder may not be entered', { cause: error });
  }
}
