import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { blobOf } from '../connection.ts';
import type { OnDamage } from './block-index.ts';
import { DamagedBlock } from './damaged.ts';
import { decodeHead, type Head } from './head.ts';
import { LeastRecent } from './least-recent.ts';
import { unpack } from './part.ts';
import { PART_TABLES } from './tables.ts';
import { decodeTexts, type Texts } from './texts.ts';

/** Bytes of unpacked heads and of unpacked texts that a reader keeps for the next question. */
const HEAD_BYTES = 8_388_608;
const TEXT_BYTES = 16_777_216;

/** Bytes that a record takes in a head that is unpacked: two doubles and an integer. */
const HEAD_BYTES_A_RECORD = 20;

/** What must be known of a block to read its parts. */
interface Unread {
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
  readonly kinds: { readonly length: number };
}

/**
 * Unpacks parts of blocks, and keeps the last ones used. A part that is damaged is undefined: the records of its block
 * are left out, and told of.
 */
export class BlockParts {
  readonly #statements: Readonly<Record<keyof typeof PART_TABLES, StatementSync>>;
  readonly #onDamage: OnDamage;
  readonly #heads = new LeastRecent<Head>(HEAD_BYTES);
  readonly #texts = {
    messages: new LeastRecent<Texts>(TEXT_BYTES / 4),
    logrecs: new LeastRecent<Texts>(TEXT_BYTES),
  };

  constructor(database: DatabaseSync, onDamage: OnDamage) {
    const part = (table: string) => database.prepare(`SELECT part FROM ${table} WHERE first_id = ?`);
    this.#statements = {
      head: part(PART_TABLES.head),
      messages: part(PART_TABLES.messages),
      logrecs: part(PART_TABLES.logrecs),
    };
    this.#onDamage = onDamage;
  }

  /** Forgets everything: after blocks were removed, another may have the place of one. */
  forget(): void {
    this.#heads.clear();
    this.#texts.messages.clear();
    this.#texts.logrecs.clear();
  }

  head(block: Unread): Head | undefined {
    return this.#heads.get(block.firstId, () =>
      this.#read(block, 'head', (bytes) => {
        const head = decodeHead(bytes, block.kinds.length);
        if (head.ids.length !== block.count) throw new DamagedBlock('it has another number of records');
        return [head, HEAD_BYTES_A_RECORD * block.count];
      }),
    );
  }

  texts(block: Unread, part: 'messages' | 'logrecs'): Texts | undefined {
    return this.#texts[part].get(block.firstId, () =>
      this.#read(block, part, (bytes) => {
        const texts = decodeTexts(bytes);
        if (texts.count !== block.count) throw new DamagedBlock('it has another number of texts');
        return [texts, bytes.length];
      }),
    );
  }

  #read<T>(
    block: Unread,
    part: keyof typeof PART_TABLES,
    decode: (bytes: Buffer) => [T, number],
  ): [T, number] | undefined {
    const row = this.#statements[part].get(block.firstId);
    try {
      if (row === undefined) throw new DamagedBlock(`its ${part} are missing`);
      return decode(unpack(blobOf(row.part)));
    } catch (error) {
      if (!(error instanceof DamagedBlock)) throw error;
      this.#onDamage(block.firstId, block.lastId, error.message);
      return undefined;
    }
  }
}
