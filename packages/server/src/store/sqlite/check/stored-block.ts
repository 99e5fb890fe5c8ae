import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { PART_TABLES } from '../blocks/tables.ts';
import { numberOf } from '../connection.ts';
import { resultCode, SQLITE_CORRUPT } from '../fault.ts';

/** The bytes of a part, or what is the matter with it: "are missing". */
export type Stored = Buffer | string;

/** A block's row, nothing believed. Numbers are NaN where there are none. */
export interface StoredBlock {
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
  readonly lowestTime: number;
  readonly highestTime: number;
  readonly change: number;
  readonly kinds: Stored;
  /** All its numbers are integers, without which no reader takes it. */
  readonly isTyped: boolean;
  /** The first id that its parts are stored with: its own, unless that was damaged. */
  readonly partsAt: number;
}

/** The parts of a block as they are stored. */
export type StoredParts = Readonly<Record<keyof typeof PART_TABLES, Stored>>;

const COLUMNS = `first_id, CAST(last_id AS REAL) AS last_id, CAST(count AS REAL) AS count,
  CAST(lowest_time AS REAL) AS lowest_time, CAST(highest_time AS REAL) AS highest_time,
  CAST(change AS REAL) AS change, kinds,
  typeof(last_id) = 'integer' AND typeof(count) = 'integer' AND typeof(lowest_time) = 'integer'
    AND typeof(highest_time) = 'integer' AND typeof(change) = 'integer' AS typed`;

/** Reads blocks as they are stored. */
export class StoredBlocks {
  readonly #database: DatabaseSync;
  readonly #one: StatementSync;
  readonly #parts: Readonly<Record<keyof typeof PART_TABLES, StatementSync>>;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#one = database.prepare(`SELECT ${COLUMNS} FROM block WHERE first_id = ?`);
    const part = (table: string) => database.prepare(`SELECT part FROM ${table} WHERE first_id = ?`);
    this.#parts = {
      head: part(PART_TABLES.head),
      messages: part(PART_TABLES.messages),
      logrecs: part(PART_TABLES.logrecs),
    };
  }

  /** All rows, in the order of their first ids. */
  *all(): Generator<StoredBlock> {
    const rows = this.#database.prepare(`SELECT ${COLUMNS} FROM block ORDER BY first_id`);
    for (const row of rows.iterate()) yield blockOf(row, numberOf(row.first_id));
  }

  one(firstId: number, partsAt: number): StoredBlock | undefined {
    const row = this.#one.get(firstId);
    return row && blockOf(row, partsAt);
  }

  head(firstId: number): Stored {
    return this.#part('head', firstId);
  }

  parts(firstId: number): StoredParts {
    return {
      head: this.#part('head', firstId),
      messages: this.#part('messages', firstId),
      logrecs: this.#part('logrecs', firstId),
    };
  }

  #part(part: keyof typeof PART_TABLES, firstId: number): Stored {
    try {
      const row = this.#parts[part].get(firstId);
      return row === undefined ? 'are missing' : stored(row.part);
    } catch (error) {
      if (resultCode(error) !== SQLITE_CORRUPT) throw error;
      return 'are on a damaged page of the file';
    }
  }
}

function blockOf(row: Record<string, unknown>, partsAt: number): StoredBlock {
  const number = (value: unknown) => (typeof value === 'number' ? value : Number.NaN);
  return {
    firstId: number(row.first_id),
    lastId: number(row.last_id),
    count: number(row.count),
    lowestTime: number(row.lowest_time),
    highestTime: number(row.highest_time),
    change: number(row.change),
    kinds: stored(row.kinds),
    isTyped: row.typed === 1,
    partsAt,
  };
}

function stored(value: unknown): Stored {
  if (!(value instanceof Uint8Array)) return 'are no bytes';
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
