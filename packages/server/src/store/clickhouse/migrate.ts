import { checkApplied, type Migration, refuseNewer } from '../migration-files.ts';
import { type AppliedMigration, failed, type OwnMigration, outstanding } from '../own-migrations.ts';
import type { Report } from '../store.ts';
import { StoreError } from '../store-error.ts';
import type { Database, Names } from './database.ts';
import { codeOf } from './fault.ts';
import { quotedName, textLiteral } from './literal.ts';
import { foundation, migrations, statementsOf } from './schema.ts';

/** No such database or table. */
const ABSENT: ReadonlySet<number | undefined> = new Set([60, 81]);

/**
 * Brings a store up to date. ClickHouse has no transactions for this: every statement may be run again, by the next try
 * or by another server at the same time. Rejects with a SchemaError for a store of a newer version.
 */
export async function migrate(database: Database, names: Names, report: Report): Promise<void> {
  for (const statement of foundation(names)) await database.run(statement);
  const known = migrations(names);
  const applied = await appliedMigrations(database, names);
  refuseNewer(known, applied);
  for (const { number, name, sql, checksum } of known) {
    if (applied.has(number)) continue;
    report(`Applying migration ${name}`);
    for (const statement of statementsOf(sql)) await database.run(statement);
    await database.run(entryOf(names, { number, name, checksum }));
  }
}

/**
 * Applies what is outstanding of the user's own migrations to a store that `migrate` has made; statements without a
 * database are about the store's. Those of one that fails half-way stay done; whoever wrote it mends it.
 */
export async function applyOwn(
  database: Database,
  names: Names,
  own: readonly OwnMigration[],
  report: Report,
): Promise<void> {
  const applied = new Map((await ownApplied(database, names)).map((each) => [each.name, each]));
  for (const migration of outstanding(own, applied)) {
    const { name, sql, checksum } = migration;
    report(`Applying your migration ${name}`);
    try {
      for (const statement of statementsOf(sql)) await database.run(statement);
    } catch (error) {
      throw failed(migration, error);
    }
    await database.run(ownEntryOf(names, { name, checksum }));
  }
}

/** The statement that notes a built-in migration as applied; again, if it has been noted. */
export function entryOf(names: Names, { number, name, checksum }: Omit<Migration, 'sql'>): string {
  const values = [number, textLiteral(name), textLiteral(checksum)];
  return `INSERT INTO ${journal(names)} SELECT ${values.join(', ')}, now()`;
}

/** The same for one of the user's own. */
export function ownEntryOf(names: Names, { name, checksum }: Omit<OwnMigration, 'sql'>): string {
  return `INSERT INTO ${ownJournal(names)} SELECT ${textLiteral(name)}, ${textLiteral(checksum)}, now()`;
}

/** Throws a SchemaError unless every built-in migration was applied, and none that this version does not know. */
export async function checkSchema(database: Database, names: Names): Promise<void> {
  const applied = new Map(await orNone(async () => [...(await appliedMigrations(database, names))]));
  checkApplied(migrations(names), applied);
}

/** Whether there is a table `record`, of whichever version, with something in it. */
export async function holdsRecords(database: Database, { database: name }: Names): Promise<boolean> {
  const table = `${quotedName(name)}.record`;
  return (await orNone(() => rowsOf(database, `SELECT 1 FROM ${table} LIMIT 1`))).length > 0;
}

async function orNone<T>(work: () => Promise<T[]>): Promise<T[]> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreError && ABSENT.has(codeOf(error))) return [];
    throw error;
  }
}

async function appliedMigrations(database: Database, names: Names): Promise<Map<number, string>> {
  const rows = await rowsOf(database, `SELECT DISTINCT number, checksum FROM ${journal(names)}`);
  return new Map(rows.map(([number, checksum]) => [Number(number), String(checksum)]));
}

/** What was applied to a store, built-in and own; nothing where there is none yet. */
export async function allApplied(database: Database, names: Names): Promise<AppliedMigration[]> {
  return await orNone(async () => [
    ...(await journalOf(database, journal(names), 'number')),
    ...(await ownApplied(database, names)),
  ]);
}

function ownApplied(database: Database, names: Names): Promise<AppliedMigration[]> {
  return orNone(() => journalOf(database, ownJournal(names), 'applied_at, name'));
}

async function journalOf(database: Database, table: string, order: string): Promise<AppliedMigration[]> {
  const rows = await rowsOf(
    database,
    `SELECT name, checksum, formatDateTime(applied_at, '%FT%TZ', 'UTC') FROM ${table} FINAL ORDER BY ${order}`,
  );
  return rows.map(([name, checksum, at]) => ({ name: `${name}`, checksum: `${checksum}`, at: `${at}` }));
}

async function rowsOf(database: Database, select: string): Promise<(readonly unknown[])[]> {
  const found = await database.read(`${select} FORMAT JSONCompactEachRow`);
  const lines = found.toString('utf8').split('\n');
  return lines.filter((line) => line !== '').map((line): readonly unknown[] => JSON.parse(line));
}

function journal({ database }: Names): string {
  return `${quotedName(database)}.schema_migration`;
}

function ownJournal({ database }: Names): string {
  return `${quotedName(database)}.schema_migration_own`;
}
