import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { freeBuffer } from '../../free-buffer.ts';
import { blobOf } from '../connection.ts';
import { resultCode, SQLITE_CORRUPT } from '../fault.ts';
import type { OnDamage } from './block-index.ts';
import { DamagedBlock } from './damaged.ts';
import { Frames } from './frames.ts';
import { decodeHead, type Head } from './head.ts';
import { LeastRecent } from './least-recent.ts';
import { unpack } from './part.ts';
import { PART_TABLES } from './tables.ts';
import type { Texts } from './texts.ts';

/** Bytes of unpacked heads, of unpacked texts and of packed ones that a reader keeps for the next question. */
const HEAD_BYTES = 8_388_608;
const TEXT_BYTES = 4_194_304;
const PACKED_BYTES = 2_097_152;

/** Bytes that a record takes in a head that is unpacked: two doubles and an integer. */
const HEAD_BYTES_A_RECORD = 20;

/** What must be known of a block to read its parts. */
interface Unread {
  /** What its parts are kept by: no other block ever had it. */
  readonly change: number;
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
}

/** Frames, and the bytes that they are views of. */
interface Packed {
  readonly frames: Frames;
  readonly bytes: Buffer;
}

/** Texts of neighbours in a block, and the place of the first of them. */
interface PlacedTexts {
  readonly texts: Texts;
  readonly start: number;
}

/**
 * Unpacks parts of blocks, and keeps the last ones used. A part that is damaged is undefined: the records of its block
 * are left out, and told of.
 */
export class BlockParts {
  readonly #statements: Readonly<Record<keyof typeof PART_TABLES, StatementSync>>;
  readonly #onDamage: OnDamage;
  readonly #heads = new LeastRecent<number, Head>(HEAD_BYTES);
  /** Parts as they are stored, for the next of their frames. */
  readonly #packed = {
    messages: new LeastRecent<number, Packed>(PACKED_BYTES / 4, freePacked),
    logrecs: new LeastRecent<number, Packed>(PACKED_BYTES, freePacked),
  };
  /** By change and place of the frame. */
  readonly #texts = {
    messages: new LeastRecent<string, Texts>(TEXT_BYTES / 4, freeTexts),
    logrecs: new LeastRecent<string, Texts>(TEXT_BYTES, freeTexts),
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

  /** Checked against how many kinds the block has. */
  head(block: Unread & { readonly kinds: { readonly length: number } }): Head | undefined {
    return this.#heads.get(block.change, () =>
      this.#read(block, 'head', (bytes) => {
        const head = decodeHead(unpack(bytes), block.kinds.length);
        if (head.ids.length !== block.count) throw new DamagedBlock('it has another number of records');
        return [head, HEAD_BYTES_A_RECORD * block.count];
      }),
    );
  }

  /** The text of one record, in UTF-8. */
  text(block: Unread, part: 'messages' | 'logrecs', place: number): Buffer | undefined {
    const frame = this.texts(block, part, place);
    if (frame === undefined) return undefined;
    const { starts, bytes } = frame.texts;
    const index = place - frame.start;
    return bytes.subarray(starts[index], starts[index + 1]);
  }

  /** The texts that are packed with that of a place; `start` is the place of the first of them. */
  texts(block: Unread, part: 'messages' | 'logrecs', place: number): PlacedTexts | undefined {
    const frames = this.frames(block, part);
    if (frames === undefined) return undefined;
    const frame = frames.find(place);
    const texts = this.#texts[part].get(`${block.change}.${frame}`, () =>
      this.#guarded(block, () => {
        const unpacked = frames.unpack(frame);
        return [unpacked, unpacked.bytes.length];
      }),
    );
    return texts && { texts, start: frames.start(frame) };
  }

  /** The first of the places whose texts are lost with those of a place that has damaged ones; others are packed apart. */
  damageStart(block: Unread, place: number): number {
    for (const part of ['messages', 'logrecs'] as const) {
      if (this.texts(block, part, place) !== undefined) continue;
      const frames = this.frames(block, part);
      return frames === undefined ? 0 : frames.start(frames.find(place));
    }
    return place;
  }

  /** A part of texts as it is stored; its bytes last until other parts take their place. */
  frames(block: Unread, part: 'messages' | 'logrecs'): Frames | undefined {
    const packed = this.#packed[part].get(block.change, () =>
      this.#read(block, part, (bytes) => {
        const frames = new Frames(bytes);
        if (frames.count !== block.count) throw new DamagedBlock('it has another number of texts');
        return [{ frames, bytes }, bytes.length];
      }),
    );
    return packed?.frames;
  }

  #read<T>(
    block: Unread,
    part: keyof typeof PART_TABLES,
    decode: (bytes: Buffer) => [T, number],
  ): [T, number] | undefined {
    return this.#guarded(block, () => {
      const row = this.#row(part, block.firstId);
      if (!(row?.part instanceof Uint8Array)) throw new DamagedBlock(`its ${part} are missing`);
      return decode(blobOf(row.part));
    });
  }

  /** A page of the file that SQLite finds damaged costs the block whose part is on it, not the whole question. */
  #row(part: keyof typeof PART_TABLES, firstId: number): ReturnType<StatementSync['get']> {
    try {
      return this.#statements[part].get(firstId);
    } catch (error) {
      if (resultCode(error) !== SQLITE_CORRUPT) throw error;
      throw new DamagedBlock('a page of the file is damaged', { cause: error });
    }
  }

  #guarded<T>(block: Unread, work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof DamagedBlock)) throw error;
      this.#onDamage(block.firstId, block.lastId, error.message);
      return undefined;
    }
  }
}

function freeTexts({ bytes }: Texts): void {
  freeBuffer(bytes);
}

function freePacked({ bytes }: Packed): void {
  freeBuffer(bytes);
}
