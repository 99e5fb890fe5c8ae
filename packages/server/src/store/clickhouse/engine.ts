import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine, ReaderOptions, Report, WriterOptions } from '../store.ts';
import { type ClickhouseAddress, describe } from './address.ts';
import { ChdbHost, socketOf } from './chdb/host.ts';
import { Database, namesOf } from './database.ts';
import { checkSchema, migrate, printed } from './migrate.ts';
import { ClickhouseReader } from './reader.ts';
import { ClickhouseWriter } from './writer.ts';

/** The store of a ClickHouse server or cluster, or of a folder that chdb keeps in a process of its own. */
export class ClickhouseEngine implements Engine {
  readonly limitsQuestions = true;
  readonly #address: ClickhouseAddress;
  #host: ChdbHost | undefined;

  constructor(address: ClickhouseAddress) {
    this.#address = address;
  }

  get description(): string {
    return describe(this.#address);
  }

  async start(report: Report): Promise<void> {
    if (this.#address.scheme !== 'chdb') return;
    const { folder } = this.#address;
    this.#host = new ChdbHost({ folder, socket: socketOf(folder) }, report);
    await this.#host.start();
  }

  async stop(): Promise<void> {
    await this.#host?.stop();
    this.#host = undefined;
  }

  isMissing(): boolean {
    return this.#address.scheme === 'chdb' && !existsSync(this.#address.folder);
  }

  prepare(): string[] {
    if (this.#address.scheme !== 'chdb' || !this.isMissing()) return [];
    const made = mkdirSync(this.#address.folder, { recursive: true, mode: 0o700 });
    return made === undefined ? [] : [made];
  }

  async migrate(report: Report): Promise<void> {
    await this.#withDatabase((database) => migrate(database, namesOf(this.#address), report));
  }

  async checkSchema(): Promise<void> {
    await this.#withDatabase((database) => checkSchema(database, namesOf(this.#address)));
  }

  printMigrations(): string {
    return printed(namesOf(this.#address));
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

  async #withDatabase(work: (database: Database) => Promise<void>): Promise<void> {
    const database = new Database(this.#address, { inDatabase: false });
    try {
      await work(database);
    } finally {
      await database.close();
    }
  }
}
