import type { Database, Names } from './database.ts';
import { quotedName, textLiteral } from './literal.ts';
import { RowBinaryReader } from './row-binary.ts';

/** Numbers that the store remembers by name. */
export class Properties {
  readonly #database: Database;
  readonly #table: string;
  #written = 0;

  constructor(database: Database, { database: name }: Names) {
    this.#database = database;
    this.#table = `${quotedName(name)}.property`;
  }

  async get(name: string): Promise<number | undefined> {
    const answer = await this.#database.read(
      `SELECT argMax(value, written), max(written) FROM ${this.#table} WHERE name = ${textLiteral(name)} HAVING count() > 0 FORMAT RowBinary`,
    );
    const row = new RowBinaryReader(answer);
    if (row.over) return undefined;
    const value = row.int64();
    this.#written = Math.max(this.#written, row.uint64());
    return value;
  }

  /** What is written last counts, also when the clock goes back. */
  async set(name: string, value: number): Promise<void> {
    this.#written = Math.max(this.#written + 1, Date.now() * 1000);
    await this.#database.run(
      `INSERT INTO ${this.#table} SELECT ${textLiteral(name)}, ${value}, ${this.#written}`,
    );
  }
}
