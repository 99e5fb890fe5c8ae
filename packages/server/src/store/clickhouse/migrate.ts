import type { Report } from '../store.ts';
import { SchemaError, StoreError } from '../store-error.ts';
import type { Database, Names } from './database.ts';
import { codeOf } from './fault.ts';
import { quotedName, textLiteral } from './literal.ts';
import { foundation, type Migration, migrations } from './schema.ts';

/** No such database or table. */
const ABSENT: ReadonlySet<number | undefined> = new Set([60, 81]);

/**
 * Brings a store up to date. ClickHouse has no transactions for this: every statement may be run again, by the next try
 * or by another server at the same time. Throws a SchemaError for a store of a newer version.
 */
export async function migrate(database: Database, names: Names, report: Report): Promise<void> {
  for (const statement of foundation(names)) await database.run(statement);
  const known = migrations(names);
  const applied = await appliedMigrations(database, names);
  refuseNewer(known, applied);
  for (const migration of known) {
    if (applied.has(migration.number)) continue;
    report(`Applying migration ${migration.name}`);
    for (const statement of migration.statements) await database.run(statement);
    await database.run(noted(migration, names));
  }
}

function noted({ number, name, checksum }: Migration, names: Names): string {
  const journal = `${quotedName(names.database)}.schema_migration`;
  return `INSERT INTO ${journal} SELECT ${number}, ${textLiteral(name)}, ${textLiteral(checksum)}, now()`;
}

/** Throws a SchemaError unless every built-in migration was applied, and none that this version does not know. */
export async function checkSchema(database: Database, names: Names): Promise<void> {
  const applied = await appliedOrNone(database, names);
  const known = migrations(names);
  if (known.some(({ number }) => !applied.has(number))) {
    const command = 'chronologer migrate" or start with "chronologer serve -m';
    throw new SchemaError(`The store's tables are missing or of an older version; run "${command}"`);
  }
  refuseNewer(known, applied);
}

/** What `migrate` would run on an empty store, as a script. */
export function printed(names: Names): string {
  const parts = migrations(names).flatMap(({ number, name, statements }) => [
    `-- Migration ${number}: ${name}`,
    ...statements.map((statement) => `${statement};`),
  ]);
  return [...foundation(names).map((statement) => `${statement.trimEnd()};`), ...parts]
    .join('\n\n')
    .concat('\n');
}

function refuseNewer(known: readonly Migration[], applied: ReadonlyMap<number, string>): void {
  const checksums = new Map(known.map(({ number, checksum }) => [number, checksum]));
  if ([...applied].every(([number, checksum]) => checksums.get(number) === checksum)) return;
  throw new SchemaError('The store was made by a newer version of Chronologer; use that version');
}

async function appliedOrNone(database: Database, names: Names): Promise<Map<number, string>> {
  try {
    return await appliedMigrations(database, names);
  } catch (error) {
    if (error instanceof StoreError && ABSENT.has(codeOf(error))) return new Map();
    throw error;
  }
}

async function appliedMigrations(database: Database, names: Names): Promise<Map<number, string>> {
  const journal = `${quotedName(names.database)}.schema_migration`;
  const found = await database.read(
    `SELECT DISTINCT number, checksum FROM ${journal} FORMAT JSONCompactEachRow`,
  );
  const rows = found
    .toString('utf8')
    .split('\n')
    .filter((line) => line !== '');
  return new Map(rows.map((line): [number, string] => JSON.parse(line)));
}
