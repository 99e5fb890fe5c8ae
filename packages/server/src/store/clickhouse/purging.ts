import type { Database, Names } from './database.ts';
import { textLiteral } from './literal.ts';
import { RowBinaryReader } from './row-binary.ts';
import { onCluster, writtenTable } from './schema.ts';

/** Retention: what is old goes, by steps or by the table's TTL. */
export class Purging {
  readonly #database: Database;
  readonly #names: Names;

  constructor(database: Database, names: Names) {
    this.#database = database;
    this.#names = names;
  }

  /** Removes the `limit` oldest records, of equal times those of the lower ids, or those of them before `before`. */
  async purge(limit: number, before?: number): Promise<number> {
    const old = before === undefined ? '1' : `ts < ${Math.ceil(before)}`;
    const edge = await this.#row(
      `SELECT toString(ts), record_id FROM record WHERE ${old} ORDER BY record.ts, record_id LIMIT 1 OFFSET ${limit - 1}`,
    );
    const which = edge.over ? old : upTo(edge.text(), edge.uint64());
    const count = (await this.#row(`SELECT count() FROM record WHERE ${which}`)).uint64();
    if (count === 0) return 0;
    await this.#database.run(
      `DELETE FROM ${this.#table} WHERE ${which} SETTINGS lightweight_deletes_sync = 2`,
    );
    return count;
  }

  /** Rewrites the parts of which records were removed; at once, for only such parts are touched. */
  async reclaim(): Promise<boolean> {
    await this.#database.run(`ALTER TABLE ${this.#table} APPLY DELETED MASK SETTINGS mutations_sync = 2`);
    return false;
  }

  /** Removed records count no more, though their parts may not be written anew yet. */
  async size(): Promise<number> {
    const { database } = this.#names;
    const [, table] = writtenTable(this.#names).split('.');
    const parts = await this.#row(
      `SELECT sum(bytes_on_disk), sum(rows) FROM system.parts WHERE active AND database = ${textLiteral(database)} AND table = '${table}'`,
    );
    const [bytes, rows] = [parts.uint64(), parts.uint64()];
    if (rows === 0) return 0;
    const count = (await this.#row(`SELECT count() FROM ${writtenTable(this.#names)}`)).uint64();
    return Math.round(bytes * Math.min(1, count / rows));
  }

  /** The table forgets records older than `days` when it merges; without days it keeps them. */
  async expireAfter(days?: number): Promise<void> {
    const { database } = this.#names;
    const [, table] = writtenTable(this.#names).split('.');
    const found = await this.#row(
      `SELECT engine_full FROM system.tables WHERE database = ${textLiteral(database)} AND name = '${table}'`,
    );
    const engine = found.over ? '' : found.text();
    if (days === undefined) {
      if (/ TTL /.test(engine)) await this.#database.run(`ALTER TABLE ${this.#table} REMOVE TTL`);
      return;
    }
    // A DateTime ends in 2106: what is later stays until then.
    const seconds = Math.ceil(days * 86_400);
    const ttl = `toDateTime(greatest(0, least(4294967295, intDiv(ts, 1000000) + ${seconds})))`;
    if (engine.includes(` + ${seconds})))`)) return;
    await this.#database.run(
      `ALTER TABLE ${this.#table} MODIFY TTL ${ttl} SETTINGS materialize_ttl_after_modify = 0`,
    );
  }

  get #table(): string {
    return `${writtenTable(this.#names)} ${onCluster(this.#names)}`.trim();
  }

  async #row(select: string): Promise<RowBinaryReader> {
    return new RowBinaryReader(await this.#database.read(`${select} FORMAT RowBinary`));
  }
}

function upTo(ts: string, id: number): string {
  return `(ts < ${ts} OR (ts = ${ts} AND record_id <= ${id}))`;
}
