import { ByteReader } from '../blocks/byte-reader.ts';
import { DamagedBlock } from '../blocks/damaged.ts';
import { decompress, readVersion } from '../blocks/part.ts';
import { decodeTexts, type Texts } from '../blocks/texts.ts';
import { frameLength } from './frame-length.ts';

/** The texts of neighbours in a block, those of the places from `start` on. */
interface PlacedTexts {
  readonly start: number;
  readonly texts: Texts;
}

/** What a part of texts still tells. */
export interface TextsColumn {
  /** In order. */
  readonly placed: readonly PlacedTexts[];
  /** What is wrong with the part, if something is. */
  readonly fault?: string;
}

/** What a part says of its frames. */
interface Directory {
  readonly sizes: readonly (readonly [texts: number, bytes: number])[];
  readonly end: number;
}

/** The four bytes that each zstd frame begins with (RFC 8878, 3.1.1). */
const MAGIC = Buffer.of(0x28, 0xb5, 0x2f, 0xfd);

/**
 * Reads whatever can be read of a part with the texts of `count` records, frame by frame. Texts are told only where it is
 * certain which records' they are. Throws DamagedBlock for another version.
 */
export function readTextsColumn(part: Buffer, count: number): TextsColumn {
  const body = readVersion(part);
  const directory = directoryOf(body);
  const listed = byDirectory(body, directory, count);
  if (sumOf(listed) === count) {
    return endsAt(directory) === body.length
      ? { placed: listed }
      : { placed: listed, fault: 'bytes follow it' };
  }
  const found = bySearch(body, directory, count);
  if (sumOf(found) === count) return { placed: found, fault: 'the list of its frames is damaged' };
  const placed = new Map([...found, ...listed].map((each) => [each.start, each]));
  return {
    placed: [...placed.values()].sort((a, b) => a.start - b.start),
    fault: 'it cannot be unpacked as a whole',
  };
}

function sumOf(placed: readonly PlacedTexts[]): number {
  return placed.reduce((sum, { texts }) => sum + texts.count, 0);
}

/** How many texts and bytes each frame has, and where the first one begins; undefined when it cannot be read. */
function directoryOf(body: Buffer): Directory | undefined {
  try {
    const reader = new ByteReader(body);
    const sizes = Array.from(
      { length: reader.count() },
      () => [reader.unsigned(), reader.unsigned()] as const,
    );
    return { sizes, end: body.length - reader.left };
  } catch (error) {
    if (error instanceof DamagedBlock) return undefined;
    throw error;
  }
}

function endsAt(directory: Directory | undefined): number | undefined {
  return directory?.sizes.reduce((at, [, length]) => at + length, directory.end);
}

/** The frames that are where the directory says; none when it cannot be right itself. */
function byDirectory(body: Buffer, directory: Directory | undefined, count: number): PlacedTexts[] {
  const placed: PlacedTexts[] = [];
  if (directory?.sizes.reduce((sum, [texts]) => sum + texts, 0) !== count) return placed;
  let [at, start] = [directory.end, 0];
  for (const [due, length] of directory.sizes) {
    const texts = textsOf(body.subarray(at, at + length));
    if (texts?.count === due) placed.push({ start, texts });
    at += length;
    start += due;
  }
  return placed;
}

/**
 * The frames found by their first bytes, as far as their places are certain: all, when together they have as many texts as
 * are due; else those before the first damaged one, where none is missing before them, and, when there are as many as
 * the directory says, those behind the last.
 */
function bySearch(body: Buffer, directory: Directory | undefined, count: number): PlacedTexts[] {
  const begins: number[] = [];
  for (let at = body.indexOf(MAGIC); at !== -1; at = body.indexOf(MAGIC, at + 1)) begins.push(at);
  const frames = begins.map((begin, index) => textsOf(body.subarray(begin, begins[index + 1])));
  const before = inOrder(frames, count);
  const isWhole = before.length === frames.length;
  if (isWhole && sumOf(before) === count) return before;
  if (isWhole || begins[0] !== directory?.end) return [];
  if (begins.length !== directory?.sizes.length) return before;
  return [...before, ...inOrderFromEnd(frames.slice(before.length), sumOf(before), count)];
}

function inOrder(frames: readonly (Texts | undefined)[], count: number): PlacedTexts[] {
  const placed: PlacedTexts[] = [];
  let start = 0;
  for (const texts of frames) {
    if (texts === undefined || start + texts.count > count) break;
    placed.push({ start, texts });
    start += texts.count;
  }
  return placed;
}

function inOrderFromEnd(frames: readonly (Texts | undefined)[], from: number, count: number): PlacedTexts[] {
  const placed: PlacedTexts[] = [];
  let end = count;
  for (const texts of frames.toReversed()) {
    if (texts === undefined || end - texts.count < from) break;
    end -= texts.count;
    placed.push({ start: end, texts });
  }
  return placed.reverse();
}

/** What a frame that takes exactly these bytes holds. */
function textsOf(bytes: Buffer): Texts | undefined {
  if (frameLength(bytes) !== bytes.length) return undefined;
  try {
    return decodeTexts(decompress(bytes));
  } catch (error) {
    if (error instanceof DamagedBlock) return undefined;
    throw error;
  }
}
