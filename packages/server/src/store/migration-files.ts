import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { SchemaError } from './store-error.ts';

/** A migration that comes with the program. */
export interface Migration {
  readonly number: number;
  /** The file's name without `.sql`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of `sql`. */
  readonly checksum: string;
}

/** A migration as whoever applies it by hand needs it: with its entry in the journal, where the store's own SQL can do it. */
export type PrintedMigration = Pick<Migration, 'name' | 'sql'>;

/** The numbered SQL files of an engine's folder, in order. */
export function builtInMigrations(folder: URL): Migration[] {
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  return files.sort().map((file) => {
    const sql = readFileSync(new URL(file, folder), 'utf8');
    return {
      number: Number.parseInt(file, 10),
      name: file.replace(/\.sql$/, ''),
      sql,
      checksum: checksumOf(sql),
    };
  });
}

export function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Of each built-in migration that a store has seen: its number and checksum. */
export type AppliedNumbers = ReadonlyMap<number, string>;

/** How one comes to a schema of this version. */
export const MIGRATE_COMMAND = 'chronologer migrate" or start with "chronologer serve -m';

/** Throws a SchemaError unless every built-in migration was applied, and none that this version does not know. */
export function checkApplied(known: readonly Migration[], applied: AppliedNumbers): void {
  refuseNewer(known, applied);
  if (known.every(({ number }) => applied.has(number))) return;
  throw new SchemaError(`The store's schema is missing or of an older version; run "${MIGRATE_COMMAND}"`);
}

/** Throws a SchemaError when a migration was applied that this version does not know, or another under its number. */
export function refuseNewer(known: readonly Migration[], applied: AppliedNumbers): void {
  const checksums = new Map(known.map(({ number, checksum }) => [number, checksum]));
  if ([...applied].every(([number, checksum]) => checksums.get(number) === checksum)) return;
  throw new SchemaError('The store was made by a newer version of Chronologer; use that version');
}
