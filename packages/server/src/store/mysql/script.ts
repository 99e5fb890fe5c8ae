import type { PrintedMigration } from '../migration-files.ts';
import { ended, type OwnMigration } from '../own-migrations.ts';
import { hex, quoted } from './literal.ts';
import { builtIn, JOURNAL, OWN_JOURNAL } from './migrate.ts';

/** As `toISOString()` has it, by the server's clock. */
const NOW = "DATE_FORMAT(UTC_TIMESTAMP(), '%Y-%m-%dT%H:%i:%s.000Z')";

/** What `migrate` does to an empty database, for a client such as `mysql`. Like `migrate` it may be done twice. */
export function script(own: readonly OwnMigration[]): PrintedMigration[] {
  const known = builtIn().map(({ number, name, sql, checksum }, index) => ({
    name,
    sql: [
      ...(index === 0 ? [`${JOURNAL};\n`] : []),
      ended(sql),
      `INSERT IGNORE INTO schema_migration VALUES (${number}, ${quoted(name)}, ${quoted(checksum)}, ${NOW});`,
      'COMMIT;',
    ].join('\n'),
  }));
  const mine = own.map(({ name, sql, checksum }, index) => ({
    name,
    sql: [
      ...(index === 0 ? [`${OWN_JOURNAL};\n`] : []),
      ended(sql),
      // A file may have any name.
      `INSERT INTO schema_migration_own VALUES (${hex(name)}, ${quoted(checksum)}, ${NOW});`,
      'COMMIT;',
    ].join('\n'),
  }));
  return [...known, ...mine];
}
