import type { Migration, PrintedMigration } from '../migration-files.ts';
import type { AppliedMigration, OwnMigration } from '../own-migrations.ts';
import type { Engine, ReaderOptions, Report } from '../store.ts';
import { describe, type MysqlAddress } from './address.ts';
import { appliedMigrations, builtIn, checkSchema, holdsRecords, migrate } from './migrate.ts';
import { MysqlReader } from './reader.ts';
import { risksOf } from './risks.ts';
import { script } from './script.ts';
import { MysqlWriter } from './writer.ts';

/** The store in one database of a MySQL or MariaDB server. */
export class MysqlEngine implements Engine {
  readonly #address: MysqlAddress;
  readonly description: string;
  readonly cancelsQueries = true;
  readonly sharesWriting = true;

  constructor(address: MysqlAddress) {
    this.#address = address;
    this.description = describe(address);
  }

  prepare(): string[] {
    return [];
  }

  migrate(report: Report, own: readonly OwnMigration[] = []): Promise<void> {
    return migrate(this.#address, report, own);
  }

  migrations(): Migration[] {
    return builtIn();
  }

  script(own: readonly OwnMigration[]): PrintedMigration[] {
    return script(own);
  }

  applied(): Promise<AppliedMigration[]> {
    return appliedMigrations(this.#address);
  }

  holdsRecords(): Promise<boolean> {
    return holdsRecords(this.#address);
  }

  checkSchema(): Promise<void> {
    return checkSchema(this.#address);
  }

  risks(): Promise<string[]> {
    return risksOf(this.#address);
  }

  openWriter(): MysqlWriter {
    return new MysqlWriter(this.#address);
  }

  openReader(options?: ReaderOptions): MysqlReader {
    return new MysqlReader(this.#address, options);
  }

  files(): string[] {
    return [];
  }
}
