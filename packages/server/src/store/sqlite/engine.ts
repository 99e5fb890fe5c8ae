import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Migration, PrintedMigration } from '../migration-files.ts';
import { type AppliedMigration, ended, type OwnMigration } from '../own-migrations.ts';
import type {
  CheckListener,
  CheckOptions,
  CheckResult,
  Engine,
  Report,
  StoreStats,
  WriterOptions,
} from '../store.ts';
import { RunBuilder } from './blocks/run.ts';
import { check } from './check/check.ts';
import { builtIn, checkSchema, holdsRecords, migrate } from './migrate.ts';
import { appliedMigrations } from './own-migrations.ts';
import { SqliteReader } from './reader.ts';
import { stats } from './stats.ts';
import { SqliteWriter } from './writer.ts';

/** The SQLite store of one database file. */
export class SqliteEngine implements Engine {
  readonly #path: string;
  readonly description: string;

  constructor(path: string, description: string) {
    this.#path = path;
    this.description = description;
  }

  prepare(): string[] {
    if (existsSync(this.#path)) return [];
    const made = mkdirSync(dirname(this.#path), { recursive: true });
    closeSync(openSync(this.#path, 'a', 0o644));
    return made === undefined ? [this.#path] : [made, this.#path];
  }

  migrate(report: Report, own: readonly OwnMigration[] = []): void {
    migrate(this.#path, report, own);
  }

  migrations(): Migration[] {
    return builtIn();
  }

  /** Some call functions that only this program has: these are to be read alone. */
  script(own: readonly OwnMigration[]): PrintedMigration[] {
    return [...builtIn(), ...own].map(({ name, sql }) => ({ name, sql: ended(sql) }));
  }

  applied(): AppliedMigration[] {
    return existsSync(this.#path) ? appliedMigrations(this.#path) : [];
  }

  holdsRecords(): boolean {
    return existsSync(this.#path) && holdsRecords(this.#path);
  }

  checkSchema(): void {
    checkSchema(this.#path);
  }

  openWriter({ alone = false }: WriterOptions = {}): SqliteWriter {
    return new SqliteWriter(this.#path, undefined, { alone });
  }

  openReader(): SqliteReader {
    return new SqliteReader(this.#path);
  }

  openPacker(): RunBuilder {
    return new RunBuilder();
  }

  check(listener: CheckListener, options: CheckOptions): CheckResult {
    return check(this.#path, listener, options);
  }

  stats(): StoreStats {
    return stats(this.#path);
  }

  files(): string[] {
    return [this.#path, `${this.#path}-wal`, `${this.#path}-shm`].filter((file) => existsSync(file));
  }
}
