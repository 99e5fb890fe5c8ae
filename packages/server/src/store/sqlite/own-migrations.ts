import type { DatabaseSync } from 'node:sqlite';
import { type AppliedMigration, failed, isOf045, type OwnMigration, outstanding } from '../own-migrations.ts';
import type { Report } from '../store.ts';
import { openForReading, textOf } from './connection.ts';
import { withFaults } from './fault.ts';

/** Of the user's own. Apart, so that the numbers of built-in ones stay theirs. */
const JOURNAL = `CREATE TABLE IF NOT EXISTS schema_migration_own (
  name       TEXT PRIMARY KEY NOT NULL,
  checksum   TEXT NOT NULL,
  applied_at TEXT NOT NULL
)`;

/** Applies what is outstanding of the user's own migrations, each in a transaction. Throws a SchemaError. */
export function applyOwn(database: DatabaseSync, own: readonly OwnMigration[], report: Report): void {
  if (own.length === 0) return;
  database.exec(JOURNAL);
  const of045 = appliedBy045(database);
  for (const migration of own) {
    database.exec('BEGIN IMMEDIATE');
    try {
      // Looked for anew: another process may have been at it.
      const found = new Map(rowsOf(database, 'schema_migration_own').map((each) => [each.name, each]));
      for (const { name, sql, checksum } of outstanding([migration], found)) {
        if (isOf045(migration, of045)) report(`Your migration ${name} was applied by Chronologer 0.4.5`);
        else {
          report(`Applying your migration ${name}`);
          execute(database, migration, sql);
        }
        database
          .prepare('INSERT INTO schema_migration_own VALUES (?, ?, ?)')
          .run(name, checksum, new Date().toISOString());
      }
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}

function execute(database: DatabaseSync, migration: OwnMigration, sql: string): void {
  try {
    database.exec(sql);
  } catch (error) {
    throw failed(migration, error);
  }
  if (!database.isTransaction) throw failed(migration, new Error('it ended the transaction that it is in'));
}

function appliedBy045(database: DatabaseSync): ReadonlySet<string> {
  const column = database
    .prepare("SELECT 1 FROM pragma_table_info('schema_version') WHERE name = 'id'")
    .get();
  const rows = column === undefined ? [] : database.prepare('SELECT id FROM schema_version').all();
  return new Set(rows.map(({ id }) => String(id)));
}

/** What was applied to a database, built-in and own. */
export function appliedMigrations(path: string): AppliedMigration[] {
  return withFaults(() => {
    const { database } = openForReading(path);
    try {
      return ['schema_migration', 'schema_migration_own'].flatMap((table) => rowsOf(database, table));
    } finally {
      database.close();
    }
  });
}

function rowsOf(database: DatabaseSync, table: string): AppliedMigration[] {
  const found = database.prepare('SELECT 1 FROM sqlite_master WHERE name = ?').get(table);
  if (found === undefined) return [];
  const rows = database.prepare(`SELECT name, checksum, applied_at AS at FROM ${table} ORDER BY rowid`).all();
  return rows.map(({ name, checksum, at }) => ({
    name: textOf(name),
    checksum: textOf(checksum),
    at: textOf(at),
  }));
}
