import { ByteWriter } from '../../byte-writer.ts';
import { ByteReader } from './byte-reader.ts';
import { DamagedBlock } from './damaged.ts';
import { compress, decompress, readVersion, unpackedSize, VERSION } from './part.ts';
import { decodeTexts, type Texts, TextsWriter } from './texts.ts';

/**
 * Texts that are packed together at most, and bytes but for the last text. One record costs the unpacking of its frame;
 * smaller ones would repeat too much of what records have in common, and each frame costs some 40 µs to begin with.
 */
export interface FrameSize {
  readonly texts: number;
  readonly bytes: number;
}

/** Texts that are packed together. */
export interface Frame {
  /** How many they are. */
  readonly count: number;
  readonly packed: Uint8Array;
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

/** Bytes of a frame's texts, their lengths among them, as its header tells. */
export function frameBytes(frame: Frame): number {
  return unpackedSize(packedBytes(frame)) ?? 0;
}

/** The texts of a frame. Throws DamagedBlock. */
export function unpackFrame(frame: Frame): Texts {
  const texts = decodeTexts(decompress(packedBytes(frame)));
  if (texts.count !== frame.count) throw new DamagedBlock('it has another number of texts');
  return texts;
}

function packedBytes({ packed }: Frame): Buffer {
  return Buffer.from(packed.buffer, packed.byteOffset, packed.byteLength);
}

/**
 * The same texts in fewer frames: neighbours that are less than a third full are packed together. To pack all others
 * anew would cost much and save little. Throws DamagedBlock.
 */
export function gatherFrames(frames: readonly Frame[], most: FrameSize): Frame[] {
  const gathered: Frame[] = [];
  let small: Frame[] = [];
  let [count, bytes] = [0, 0];
  const flush = () => {
    const [first] = small;
    if (first !== undefined) gathered.push(small.length === 1 ? first : repack(small, bytes));
    small = [];
    [count, bytes] = [0, 0];
  };
  for (const frame of frames) {
    const size = frameBytes(frame);
    const isSmall = 3 * frame.count < most.texts && 3 * size < most.bytes;
    if (!isSmall || count + frame.count > most.texts || bytes + size > most.bytes) flush();
    if (isSmall) {
      small.push(frame);
      count += frame.count;
      bytes += size;
    } else gathered.push(frame);
  }
  flush();
  return gathered;
}

function repack(frames: readonly Frame[], bytes: number): Frame {
  const writer = new TextsWriter(bytes);
  for (const frame of frames) writer.addAll(unpackFrame(frame));
  const { count } = writer;
  return { count, packed: compress(writer.take()) };
}

/** Packs the texts of one column of a block, frame by frame as they come. */
export class FramesWriter {
  readonly #texts: TextsWriter;
  #frames: Frame[] = [];
  #packed = 0;
  readonly #size: FrameSize;

  constructor(size: FrameSize) {
    this.#size = size;
    this.#texts = new TextsWriter(2 * size.bytes);
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
    const { texts, bytes } = this.#size;
    if (this.#texts.count >= texts || this.#texts.bytes >= bytes) this.#pack();
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
  readonly #frames: readonly Frame[];
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

  /** In the order of the block's records. */
  get all(): readonly Frame[] {
    return this.#frames;
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
    return unpackFrame(due);
  }
}
