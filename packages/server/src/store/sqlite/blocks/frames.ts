import { ByteReader } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';
import { DamagedBlock } from './damaged.ts';
import { compress, decompress, readVersion, VERSION } from './part.ts';
import { decodeTexts, type Texts, TextsWriter } from './texts.ts';

/**
 * Texts that are packed together. One record of a block then costs the unpacking of a sixteenth of it at most; smaller
 * frames would repeat too much of what records have in common.
 */
export const FRAME_TEXTS = 256;

/** Packs the texts of one column of a block, frame by frame as they come. */
export class FramesWriter {
  readonly #texts: TextsWriter;
  #frames: Buffer[] = [];
  #packed = 0;

  /** `expected` is a guess of the bytes of a frame's texts. */
  constructor(expected: number) {
    this.#texts = new TextsWriter(expected);
  }

  /** How many bytes of texts there are by now. */
  get bytes(): number {
    return this.#packed + this.#texts.bytes;
  }

  add(text: string): void {
    this.#texts.add(text);
    if (this.#texts.count === FRAME_TEXTS) this.#pack();
  }

  /** The part of what was added: the version, how many frames there are, how long each is, and the frames. Begins anew. */
  take(): Buffer {
    if (this.#texts.count > 0) this.#pack();
    const writer = new ByteWriter(16 + 5 * this.#frames.length);
    writer.unsigned(this.#frames.length);
    for (const frame of this.#frames) writer.unsigned(frame.length);
    const part = Buffer.concat([Buffer.of(VERSION), writer.done(), ...this.#frames]);
    this.clear();
    return part;
  }

  /** Forgets what was added. */
  clear(): void {
    this.#texts.clear();
    this.#frames = [];
    this.#packed = 0;
  }

  #pack(): void {
    this.#packed += this.#texts.bytes;
    this.#frames.push(compress(this.#texts.take()));
  }
}

/** A part that FramesWriter made, its frames not unpacked yet. */
export class Frames {
  readonly #frames: readonly Buffer[];

  /** Throws DamagedBlock. */
  constructor(part: Buffer) {
    const reader = new ByteReader(readVersion(part));
    const lengths = Array.from({ length: reader.count() }, () => reader.unsigned());
    this.#frames = lengths.map((length) => reader.take(length));
    reader.end();
  }

  get count(): number {
    return this.#frames.length;
  }

  /** Throws DamagedBlock. */
  unpack(index: number): Texts {
    const frame = this.#frames[index];
    if (frame === undefined) throw new DamagedBlock('texts are missing');
    return decodeTexts(decompress(frame));
  }
}
