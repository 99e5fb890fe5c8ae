import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** A migration that comes with the program. */
export interface Migration {
  readonly number: number;
  /** The file's name without `.sql`. */
  readonly name: string;
  readonly sql: string;
  /** SHA-256 of `sql`. */
  readonly checksum: string;
}

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
