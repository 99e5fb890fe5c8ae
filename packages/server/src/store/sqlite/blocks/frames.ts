import { ByteWriter } from '../../byte-writer.ts';
import { ByteReader } from './byte-reader.ts';
import { DamagedBlock } from './damaged.ts';
import { compress, decompress, readVersion, VERSION } from './part.ts';
import { decodeTexts, type Texts, TextsWriter } from './texts.ts';

/**
 * Texts that are packed together at most, and bytes but for the last text. One record costs the unpacking of its frame;
 * smaller ones would repeat too much of what records have in common.
 */
const FRAME_TEXTS = 512;
const FRAME_BYTES = 327_680;

/** Texts that are packed together. */
export interface Frame {
  /** How many they are. */
  readonly count: number;
  readonly packed: Uint8Array<ArrayBuffer>;
}

/** The part of a block that holds these texts: version, how many frames there are, texts and bytes of each, the frames. */
export function joinFrames(frames: readonly Frame[]): Buffer {
  const writer = new ByteWriter(16 + 10 * frames.length);
  writer.unsigned(frames.length);
  for (const { count, packed } of frames) {
    writer.unsigned(count);
    writer.unsigned(packed.length);
  }
  return Buffer.concat([Buffer.of(VERSION), writer.done(), ...frames.map(({ packed }) => packed)]);
}

/** Packs the texts of one column of a block, frame by frame as they come. */
export class FramesWriter {
  readonly #texts: TextsWriter;
  #frames: Frame[] = [];
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
    this.#packFull();
  }

  /** A text of up to `most` bytes of UTF-8 that `write` puts where it is told; it answers the position behind. */
  addWritten(most: number, write: (target: Buffer, at: number) => number): void {
    this.#texts.addWritten(most, write);
    this.#packFull();
  }

  #packFull(): void {
    if (this.#texts.count === FRAME_TEXTS || this.#texts.bytes >= FRAME_BYTES) this.#pack();
  }

  /** The frames of what was added. Begins anew. */
  take(): Frame[] {
    if (this.#texts.count > 0) this.#pack();
    const frames = this.#frames;
    this.clear();
    return frames;
  }

  /** Forgets what was added. */
  clear(): void {
    this.#texts.clear();
    this.#frames = [];
    this.#packed = 0;
  }

  #pack(): void {
    this.#packed += this.#texts.bytes;
    const { count } = this.#texts;
    // In memory of its own, which is small and may be handed to another thread.
    this.#frames.push({ count, packed: new Uint8Array(compress(this.#texts.take())) });
  }
}

/** A part of texts, its frames not unpacked yet. */
export class Frames {
  readonly #frames: readonly { readonly count: number; readonly packed: Buffer }[];
  /** Where in the block each frame begins, and behind them where the last one ends. */
  readonly #starts: readonly number[];

  /** Throws DamagedBlock. */
  constructor(part: Buffer) {
    const reader = new ByteReader(readVersion(part));
    const sizes = Array.from(
      { length: reader.count() },
      () => [reader.unsigned(), reader.unsigned()] as const,
    );
    this.#frames = sizes.map(([count, length]) => ({ count, packed: reader.take(length) }));
    reader.end();
    let start = 0;
    this.#starts = [0, ...sizes.map(([count]) => (start += count))];
  }

  /** Texts of all frames. */
  get count(): number {
    return this.#starts.at(-1) ?? 0;
  }

  /** The frame that has the text of a place, from 0 to below `count`. */
  find(place: number): number {
    return this.#starts.findLastIndex((start) => start <= place);
  }

  /** The place of a frame's first text. */
  start(frame: number): number {
    return this.#starts[frame] ?? 0;
  }

  /** Throws DamagedBlock. */
  unpack(frame: number): Texts {
    const due = this.#frames[frame];
    if (due === undefined) throw new DamagedBlock('texts are missing');
    const texts = decodeTexts(decompress(due.packed));
    if (texts.count !== due.count) throw new DamagedBlock('it has another number of texts');
    return texts;
  }
}
