import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Block } from './block.ts';

/** The tables that a block's parts are in, each `(first_id, part)`. */
export const PART_TABLES = {
  head: 'block_head',
  messages: 'block_message',
  logrecs: 'block_logrec',
} as const;

/** Writes and removes blocks; to be used inside a transaction of the one writing connection. */
export class BlockTables {
  readonly #insert: StatementSync;
  readonly #insertPart: Readonly<Record<keyof typeof PART_TABLES, StatementSync>>;
  readonly #remove: readonly StatementSync[];
  readonly #raise: StatementSync;

  constructor(database: DatabaseSync) {
    const part = (table: string) => database.prepare(`INSERT INTO ${table} VALUES (?, ?)`);
    this.#insert = database.prepare(
      `INSERT INTO block VALUES (?, ?, ?, ?, ?, (SELECT value FROM property WHERE name = 'block_change'), ?)`,
    );
    this.#insertPart = {
      head: part(PART_TABLES.head),
      messages: part(PART_TABLES.messages),
      logrecs: part(PART_TABLES.logrecs),
    };
    this.#remove = ['block', ...Object.values(PART_TABLES)].map((table) =>
      database.prepare(`DELETE FROM ${table} WHERE first_id = ?`),
    );
    this.#raise = database.prepare('UPDATE property SET value = value + 1 WHERE name = ?');
  }

  insert(block: Block): void {
    const { firstId, lastId, count, lowestTime, highestTime } = block;
    this.#raise.run('block_change');
    // A double beyond 2^53 would be stored as REAL and not as the INTEGER that it is.
    const [lowest, highest] = [BigInt(lowestTime), BigInt(highestTime)];
    this.#insert.run(firstId, lastId, count, lowest, highest, block.kinds);
    this.#insertPart.head.run(firstId, block.head);
    this.#insertPart.messages.run(firstId, block.messages);
    this.#insertPart.logrecs.run(firstId, block.logrecs);
  }

  remove(firstId: number): void {
    for (const statement of this.#remove) statement.run(firstId);
    this.#raise.run('blocks_removed');
  }
}
