import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Migration, PrintedMigration } from '../migration-files.ts';
import type { AppliedMigration, OwnMigration } from '../own-migrations.ts';
import type { Engine, ReaderOptions, Report, WriterOptions } from '../store.ts';
import { StoreError } from '../store-error.ts';
import { type ClickhouseAddress, describe } from './address.ts';
import { makeFolder, unmakeFolders } from './chdb/folder.ts';
import { ChdbHost, socketOf } from './chdb/host.ts';
import { Database, type Names, namesOf } from './database.ts';
import { allApplied, applyOwn, checkSchema, holdsRecords, migrate } from './migrate.ts';
import { ClickhouseReader } from './reader.ts';
import { migrations } from './schema.ts';
import { script } from './script.ts';
import { ClickhouseWriter } from './writer.ts';

/** The store of a ClickHouse server or cluster, or of a folder that chdb keeps in a process of its own. */
export class ClickhouseEngine implements Engine {
  readonly cancelsQueries = true;
  readonly sharesWriting = true;
  readonly #address: ClickhouseAddress;
  #host: ChdbHost | undefined;
  #made: string[] = [];

  constructor(address: ClickhouseAddress) {
    this.#address = address;
  }

  get description(): string {
    return describe(this.#address);
  }

  async start(report: Report): Promise<void> {
    if (this.#address.scheme !== 'chdb') return;
    const { folder } = this.#address;
    this.prepare();
    try {
      this.#host = new ChdbHost({ folder, socket: socketOf(folder) }, report);
      await this.#host.start();
    } catch (error) {
      // Such as without chdb.
      unmakeFolders(this.#made);
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#host?.stop();
    this.#host = undefined;
  }

  isMissing(): boolean {
    return this.#address.scheme === 'chdb' && !existsSync(this.#address.folder);
  }

  prepare(): string[] {
    if (this.#address.scheme !== 'chdb') return [];
    const made = makeFolder(this.#address.folder);
    this.#made.push(...made);
    return made;
  }

  async migrate(report: Report, own: readonly OwnMigration[] = []): Promise<void> {
    await this.#withDatabase(false, (database, names) => migrate(database, names, report));
    if (own.length === 0) return;
    await this.#withDatabase(true, (database, names) => applyOwn(database, names, own, report));
  }

  migrations(): Migration[] {
    return migrations(namesOf(this.#address));
  }

  script(own: readonly OwnMigration[]): PrintedMigration[] {
    return script(namesOf(this.#address), own);
  }

  /** Where no server keeps the folder of chdb at the moment, a process is started for this question. */
  async applied(): Promise<AppliedMigration[]> {
    const read = () => this.#withDatabase(false, allApplied);
    if (this.#address.scheme !== 'chdb' || this.#host !== undefined) return await read();
    if (!existsSync(this.#address.folder)) return [];
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
    }
    try {
      await this.#startToLook();
      return await read();
    } finally {
      await this.stop();
    }
  }

  /** Such as without chdb, or with a file in the place of the folder. */
  async #startToLook(): Promise<void> {
    try {
      await this.start(() => undefined);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new StoreError('unavailable', `It cannot be started: ${reason}`, { cause: error });
    }
  }

  holdsRecords(): Promise<boolean> {
    return this.#withDatabase(false, holdsRecords);
  }

  checkSchema(): Promise<void> {
    return this.#withDatabase(false, checkSchema);
  }

  openWriter(options?: WriterOptions): ClickhouseWriter {
    return new ClickhouseWriter(this.#address, options);
  }

  openReader(options?: ReaderOptions): ClickhouseReader {
    return new ClickhouseReader(this.#address, options);
  }

  /** The folder of chdb with all that is in it; a server's files are its own. */
  files(): string[] {
    if (this.#address.scheme !== 'chdb' || !existsSync(this.#address.folder)) return [];
    const { folder } = this.#address;
    const inside = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return [folder, ...inside.map((name) => join(folder, name))];
  }

  async #withDatabase<T>(
    inDatabase: boolean,
    work: (database: Database, names: Names) => Promise<T>,
  ): Promise<T> {
    const database = new Database(this.#address, { inDatabase });
    try {
      return await work(database, namesOf(this.#address));
    } finally {
      await database.close();
    }
  }
}
