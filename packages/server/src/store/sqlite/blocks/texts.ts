import { ByteWriter } from '../../byte-writer.ts';
import { ByteReader } from './byte-reader.ts';
import { DamagedBlock } from './damaged.ts';

/** The texts of one column of a block, one a record. */
export interface Texts {
  readonly count: number;
  /** Where each text begins in `bytes`, and where the last one ends: one more than there are texts. */
  readonly starts: Uint32Array;
  /** All texts behind each other, in UTF-8. */
  readonly bytes: Buffer;
}

/** Bytes of the number of texts and of the length of all of them, four each. */
const HEADER = 8;

/** Throws DamagedBlock. */
export function decodeTexts(encoded: Buffer): Texts {
  const reader = new ByteReader(encoded);
  const count = reader.integer();
  const bytes = reader.take(reader.integer());
  if (count > reader.left) throw new DamagedBlock('a count is too large');
  const starts = new Uint32Array(count + 1);
  let end = 0;
  for (let index = 1; index <= count; index++) {
    end += reader.unsigned();
    starts[index] = end;
  }
  reader.end();
  if (end !== bytes.length) throw new DamagedBlock('texts are missing or left over');
  return { count, starts, bytes };
}

/**
 * Writes texts as they come: their number and all their bytes' length, the texts, then the length of each. One writer
 * serves block after block, for its memory is large.
 */
export class TextsWriter {
  readonly #writer: ByteWriter;
  #lengths: number[] = [];

  /** `expected` is a guess of all their bytes. */
  constructor(expected: number) {
    this.#writer = new ByteWriter(expected);
    this.clear();
  }

  get count(): number {
    return this.#lengths.length;
  }

  /** How many bytes of texts there are by now. */
  get bytes(): number {
    return this.#writer.length - HEADER;
  }

  add(text: string): void {
    this.#lengths.push(this.#writer.text(text));
  }

  /** A text of up to `most` bytes of UTF-8 that `write` puts where it is told; it answers the position behind. */
  addWritten(most: number, write: (target: Buffer, at: number) => number): void {
    this.#lengths.push(this.#writer.written(most, write));
  }

  /** Adds texts that were read. */
  addAll({ count, starts, bytes }: Texts): void {
    for (let index = 0; index < count; index++) {
      this.#lengths.push((starts[index + 1] ?? 0) - (starts[index] ?? 0));
    }
    this.#writer.bytes(bytes);
  }

  /** What was written, until the next text is added; begins anew. */
  take(): Buffer {
    const { bytes } = this;
    const lengths = this.#lengths;
    for (const length of lengths) this.#writer.unsigned(length);
    const done = this.#writer.done();
    done.writeUInt32LE(lengths.length, 0);
    done.writeUInt32LE(bytes, 4);
    this.clear();
    return done;
  }

  /** Forgets what was added. */
  clear(): void {
    this.#lengths = [];
    this.#writer.clear(HEADER);
  }
}

/** The text of one record. */
export function textAt({ starts, bytes }: Texts, index: number): string {
  return bytes.toString('utf8', starts[index], starts[index + 1]);
}
