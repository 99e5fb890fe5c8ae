import {
  builtInMigrations,
  checkApplied,
  checksumOf,
  type Migration,
  refuseNewer,
} from '../migration-files.ts';
import { type AppliedMigration, failed, isOf045, type OwnMigration, outstanding } from '../own-migrations.ts';
import type { Report } from '../store.ts';
import { StoreError } from '../store-error.ts';
import type { MysqlAddress } from './address.ts';
import { numberOf, type Row, Session, textOf } from './connection.ts';
import { storeError } from './fault.ts';
import { mendTimes } from './impossible-times.ts';
import { hex, quoted } from './literal.ts';

const FOLDER = new URL('./migrations/', import.meta.url);

/** The migrations of this engine. */
export function builtIn(): Migration[] {
  return builtInMigrations(FOLDER);
}

export const JOURNAL = `CREATE TABLE IF NOT EXISTS schema_migration (
  number     INT          NOT NULL,
  name       VARCHAR(191) NOT NULL,
  checksum   CHAR(64)     NOT NULL,
  applied_at VARCHAR(40)  NOT NULL,
  PRIMARY KEY (number)
) ENGINE = InnoDB`;

/** Of the user's own. Apart, so that the numbers of built-in ones stay theirs. A name is a file's, to the letter. */
export const OWN_JOURNAL = `CREATE TABLE IF NOT EXISTS schema_migration_own (
  name       VARCHAR(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  checksum   CHAR(64)     NOT NULL,
  applied_at VARCHAR(40)  NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB`;

/** Migrations that copy or count the records, which MySQL will not do where a `ts` is no time. */
const READING_TIMES: ReadonlySet<string> = new Set(['002-level', '003-rollup']);

/** Seconds that a migration waits for another process that is at it: a large table takes its time. */
const PATIENCE = 86_400;

/**
 * Brings a database up to date. MySQL commits with each CREATE and ALTER: so these can be done twice, and what fills
 * tables is in one transaction with the entry in the journal; broken off anywhere, the next start does the rest. Two
 * processes at once wait for each other by a named lock, which the server gives back when its holder dies. Rejects with a
 * SchemaError for a database of a newer version.
 */
export async function migrate(
  address: MysqlAddress,
  report: Report,
  own: readonly OwnMigration[] = [],
): Promise<void> {
  await using session = await opened(address);
  const known = builtIn();
  await withFaults(async () => {
    await lock(session, address.database);
    refuseNewer(known, await applied(session));
    await session.run(JOURNAL);
    for (const migration of known) await apply(session, migration, report);
    await applyOwn(session, address.database, own, report);
  });
}

async function apply(session: Session, migration: Migration, report: Report): Promise<void> {
  const { number, name, sql, checksum } = migration;
  const [found] = await session.rows(`SELECT 1 FROM schema_migration WHERE number = ${number}`);
  if (found !== undefined) return;
  const notice = await noticeOf(session, migration);
  report(`Applying migration ${name}${notice}`);
  const values = [number, quoted(name), quoted(checksum), quoted(new Date().toISOString())];
  try {
    if (READING_TIMES.has(name)) await mendTimes(session, report);
    await session.run(`${sql}\nINSERT INTO schema_migration VALUES (${values.join(', ')}); COMMIT`);
  } catch (error) {
    await session.run('ROLLBACK').catch(() => undefined);
    throw failed(migration, error);
  }
}

/** What MySQL commits by itself in one that fails stays; whoever wrote it mends it. */
async function applyOwn(
  session: Session,
  database: string,
  own: readonly OwnMigration[],
  report: Report,
): Promise<void> {
  if (own.length === 0) return;
  await session.run(OWN_JOURNAL);
  const found = new Map((await ownApplied(session)).map((each) => [each.name, each]));
  const of045 = await appliedBy045(session);
  for (const migration of outstanding(own, found)) {
    const { name, checksum } = migration;
    if (isOf045(migration, of045)) report(`Your migration ${name} was applied by Chronologer 0.4.5`);
    else {
      report(`Applying your migration ${name}`);
      await runOwn(session, database, migration);
    }
    const values = [name, checksum, new Date().toISOString()].map(quoted);
    await session.run(`INSERT INTO schema_migration_own VALUES (${values.join(', ')})`);
  }
}

async function runOwn(session: Session, database: string, migration: OwnMigration): Promise<void> {
  try {
    // As in the mysql program, and in 0.4.5.
    await session.run("SET SESSION sql_mode = ''");
    await session.run(migration.sql);
  } catch (error) {
    throw failed(migration, error);
  }
  await session.run(afterwards(database));
}

async function appliedBy045(session: Session): Promise<ReadonlySet<string>> {
  const [column] = await session.rows(
    `SELECT 1 FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'schema_version' AND COLUMN_NAME = 'id'`,
  );
  const rows = column === undefined ? [] : await session.rows('SELECT id FROM schema_version');
  return new Set(rows.map(([id]) => String(id)));
}

/**
 * What a migration may have left behind would reach the journal and the next one: exported scripts begin with
 * `SET AUTOCOMMIT = 0`, or change the database. A new connection would not hold the lock.
 */
function afterwards(database: string): string {
  return [
    'ROLLBACK',
    'UNLOCK TABLES',
    `USE \`${database.replaceAll('`', '``')}\``,
    'SET NAMES utf8mb4',
    "SET SESSION autocommit = 1, sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,STRICT_TRANS_TABLES'",
  ].join('; ');
}

async function ownApplied(session: Session): Promise<AppliedMigration[]> {
  if (!(await hasTable(session, 'schema_migration_own'))) return [];
  const rows = await session.rows('SELECT name, checksum, applied_at FROM schema_migration_own');
  return rows.map(appliedOf);
}

/** What was applied to a database, built-in and own. */
export async function appliedMigrations(address: MysqlAddress): Promise<AppliedMigration[]> {
  await using session = await opened(address);
  return await withFaults(async () => {
    if (!(await hasTable(session, 'schema_migration'))) return [];
    const rows = await session.rows(
      'SELECT name, checksum, applied_at FROM schema_migration ORDER BY number',
    );
    return [...rows.map(appliedOf), ...(await ownApplied(session))];
  });
}

function appliedOf([name, checksum, at]: Row): AppliedMigration {
  return { name: textOf(name), checksum: textOf(checksum), at: textOf(at) };
}

/** What takes long on a large table is told beforehand. */
async function noticeOf(session: Session, { name }: Migration): Promise<string> {
  if (!(await hasTable(session, 'record'))) return '';
  const [row] = await session.rows('SELECT COALESCE(MAX(record_id), 0) FROM record');
  const most = numberOf(row?.[0]);
  if (most === 0) return '';
  if (name === '002-level') {
    const [column] = await session.rows(
      `SELECT DATA_TYPE FROM information_schema.COLUMNS
       WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'record' AND COLUMN_NAME = 'level'`,
    );
    return textOf(column?.[0]).toLowerCase() === 'int'
      ? ''
      : `: the table record (up to ${most} records) is copied, which takes its time and as much space again`;
  }
  return name === '003-rollup' ? `: up to ${most} records are counted` : '';
}

/** Rejects with a SchemaError unless every built-in migration was applied, and none that this version does not know. */
export async function checkSchema(address: MysqlAddress): Promise<void> {
  await using session = await opened(address);
  await withFaults(async () => {
    checkApplied(builtIn(), await applied(session));
  });
}

/** Whether there is a table `record`, of whichever version, with something in it. */
export async function holdsRecords(address: MysqlAddress): Promise<boolean> {
  await using session = await opened(address);
  return await withFaults(async () => {
    if (!(await hasTable(session, 'record'))) return false;
    return (await session.rows('SELECT 1 FROM record LIMIT 1')).length > 0;
  });
}

async function applied(session: Session): Promise<Map<number, string>> {
  if (!(await hasTable(session, 'schema_migration'))) return new Map();
  const rows = await session.rows('SELECT number, checksum FROM schema_migration');
  return new Map(rows.map(([number, checksum]) => [numberOf(number), textOf(checksum)]));
}

async function hasTable(session: Session, name: string): Promise<boolean> {
  const rows = await session.rows(
    `SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ${hex(name)}`,
  );
  return rows.length > 0;
}

/** A name of the whole server and at most 64 characters: so it holds the database's, by its checksum. */
async function lock(session: Session, database: string): Promise<void> {
  const name = `chronologer ${checksumOf(database).slice(0, 40)}`;
  const [row] = await session.rows(`SELECT GET_LOCK(${quoted(name)}, ${PATIENCE})`);
  if (row?.[0] !== 1)
    throw new StoreError('unavailable', 'Another process migrates the database and does not end');
}

async function opened(address: MysqlAddress) {
  const session = await withFaults(() => Session.open(address, 'migrating'));
  return Object.assign(session, { [Symbol.asyncDispose]: () => session.close() });
}

async function withFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storeError(error);
  }
}
