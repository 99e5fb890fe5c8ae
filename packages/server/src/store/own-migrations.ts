import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checksumOf } from './migration-files.ts';
import { StepError, stepsOf } from './python-steps.ts';
import { SchemaError, StoreError } from './store-error.ts';

/** A migration of the user's own, applied behind the built-in ones. */
export interface OwnMigration {
  /** The file's name. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of the file. */
  readonly checksum: string;
}

/** A migration that a store has seen, built-in or the user's own. */
export interface AppliedMigration {
  readonly name: string;
  readonly checksum: string;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * The files of CHRONOLOGER_MIGRATIONS in the order of their names: `.sql`, and `.py` that hold plain steps. Other files,
 * hidden ones, which editors and file systems leave beside those that were written, and what 0.4.5 undid a migration with
 * (`.rollback.sql`), are not looked at. Throws a SchemaError that names the folder or the file that cannot be read or understood.
 */
export function readOwnMigrations(folder: string | undefined): OwnMigration[] {
  if (folder === undefined) return [];
  const names = reading(`CHRONOLOGER_MIGRATIONS, ${folder}, cannot be read`, () => readdirSync(folder));
  return names
    .filter((name) => /^[^.].*\.(sql|py)$/.test(name) && !name.endsWith('.rollback.sql'))
    .sort()
    .flatMap((name) => {
      const what = `The migration ${join(folder, name)} cannot be read`;
      const text = reading(what, () => textOf(readFileSync(join(folder, name))));
      const sql = reading(what, () => (name.endsWith('.py') ? joined(stepsOf(text)) : text));
      return sql.trim() === '' ? [] : [{ name, sql, checksum: checksumOf(text) }];
    });
}

/** SQL with its last semicolon, which a file may do without; behind it others follow, and before it may be a comment. */
export function ended(sql: string): string {
  const text = sql.trimEnd();
  return text.endsWith(';') ? text : `${text}\n;`;
}

/** Those that were not applied yet. Throws a SchemaError for one that is another than was applied. */
export function outstanding(
  own: readonly OwnMigration[],
  applied: ReadonlyMap<string, Pick<AppliedMigration, 'checksum'>>,
): OwnMigration[] {
  return own.filter(({ name, checksum }) => {
    const found = applied.get(name);
    if (found !== undefined && found.checksum !== checksum)
      throw new SchemaError(`The migration ${name} was changed after it had been applied; write a new one`);
    return found === undefined;
  });
}

/**
 * Whether 0.4.5 has applied a migration, by the names in its journal, `schema_version`: those of the files without `.py`.
 */
export function isOf045({ name }: OwnMigration, journal: ReadonlySet<string>): boolean {
  return name.endsWith('.py') && journal.has(name.slice(0, -3));
}

/** What a server said against a migration, such as one of the user's own. */
export function failed({ name }: { readonly name: string }, error: unknown): SchemaError {
  // A StoreError says what clients may know. Whoever wrote the migration has to know what the server said.
  const said = error instanceof StoreError && error.cause instanceof Error ? error.cause : error;
  const reason = said instanceof Error ? said.message : String(said);
  return new SchemaError(`The migration ${name} failed: ${reason}`, { cause: error });
}

/** The text of a file in UTF-8, with or without a byte order mark. Other bytes would be stored as other letters. */
function textOf(bytes: Uint8Array): string {
  const text = decoded(bytes);
  // SQLite reads a statement up to a NUL, and what follows would be passed over in silence.
  if (text === undefined || text.includes('\0')) throw new StepError('it is not a text in UTF-8');
  return text;
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function joined(steps: readonly string[]): string {
  return steps.map((step) => `${step.replace(/[\s;]+$/, '')}\n;\n`).join('');
}

function reading<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const isOurs = error instanceof StepError || (error instanceof Error && 'code' in error);
    throw isOurs ? new SchemaError(`${what}: ${reason}`, { cause: error }) : error;
  }
}
