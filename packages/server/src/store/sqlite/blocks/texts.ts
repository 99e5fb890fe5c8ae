import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { DamagedBlock } from './damaged.ts';

/** The texts of one column of a block, one a record. */
export interface Texts {
  readonly count: number;
  /** Where each text begins in `bytes`, and where the last one ends: one more than there are texts. */
  readonly starts: Uint32Array;
  /** All texts behind each other, in UTF-8. */
  readonly bytes: Buffer;
}

/** The number of texts, the length of each in bytes, and then all of them. */
export function encodeTexts(texts: Texts): Buffer {
  const { count, starts, bytes } = texts;
  const writer = new ByteWriter(16 + 3 * count + bytes.length);
  writer.unsigned(count);
  for (let index = 0; index < count; index++) {
    writer.unsigned((starts[index + 1] ?? 0) - (starts[index] ?? 0));
  }
  writer.bytes(bytes);
  return writer.done();
}

/** Throws DamagedBlock. */
export function decodeTexts(encoded: Buffer): Texts {
  const reader = new ByteReader(encoded);
  const count = reader.count();
  const starts = new Uint32Array(count + 1);
  let end = 0;
  for (let index = 1; index <= count; index++) {
    end += reader.unsigned();
    starts[index] = end;
  }
  if (end !== reader.left) throw new DamagedBlock('texts are missing or left over');
  return { count, starts, bytes: reader.take(end) };
}

/** Texts as they come, one at a time. */
export class TextsWriter {
  readonly #writer: ByteWriter;
  readonly #starts: number[] = [0];

  /** `expected` is a guess of all their bytes. */
  constructor(expected: number) {
    this.#writer = new ByteWriter(expected);
  }

  /** How many bytes there are by now. */
  get bytes(): number {
    return this.#starts.at(-1) ?? 0;
  }

  add(text: string): void {
    this.#starts.push(this.bytes + this.#writer.text(text));
  }

  done(): Texts {
    return {
      count: this.#starts.length - 1,
      starts: Uint32Array.from(this.#starts),
      bytes: this.#writer.done(),
    };
  }
}

/** The text of one record. */
export function textAt({ starts, bytes }: Texts, index: number): string {
  return bytes.toString('utf8', starts[index], starts[index + 1]);
}
