import type { PrintedMigration } from '../migration-files.ts';
import { ended, type OwnMigration } from '../own-migrations.ts';
import type { Names } from './database.ts';
import { entryOf, ownEntryOf } from './migrate.ts';
import { foundation, migrations } from './schema.ts';

/**
 * What `migrate` does to an empty store, with the database and the journals, for a client such as `clickhouse-client`.
 * Statements of the user's own without a database are about the one that it has chosen.
 */
export function script(names: Names, own: readonly OwnMigration[] = []): PrintedMigration[] {
  const known = migrations(names).map(({ sql, ...migration }, index) => ({
    name: migration.name,
    sql: [
      ...(index === 0 ? foundation(names).map((statement) => `${statement.trimEnd()};\n`) : []),
      `${ended(sql)}\n`,
      `${entryOf(names, migration)};\n`,
    ].join('\n'),
  }));
  const mine = own.map(({ name, sql, checksum }) => ({
    name,
    sql: `${ended(sql)}\n${ownEntryOf(names, { name, checksum })};\n`,
  }));
  return [...known, ...mine];
}
