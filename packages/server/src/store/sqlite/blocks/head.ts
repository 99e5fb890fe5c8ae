import { ByteWriter } from '../../byte-writer.ts';
import { ByteReader } from './byte-reader.ts';
import { DamagedBlock } from './damaged.ts';

/** The columns of a block that filters need; all of one length. */
export interface Head {
  /** Ascending. */
  readonly ids: Float64Array;
  /** Microseconds since 1970. */
  readonly times: Float64Array;
  /** Which of the block's kinds (level and name) each record is of. */
  readonly kinds: Uint32Array;
}

/** Within this distance of each other, whole numbers up to 2^53 have exact differences that `signed` can write. */
const EXACT = 2 ** 52;

/**
 * Ids as steps from one to the next, times likewise where those are exact (else as doubles), then the kinds. Each column
 * stands by itself, which is what makes it small: steps of ids are nearly all 1.
 */
export function encodeHead({ ids, times, kinds }: Head): Buffer {
  const writer = new ByteWriter(64 + 8 * ids.length);
  writer.unsigned(ids.length);
  let previous = 0;
  for (const id of ids) {
    writer.unsigned(id - previous);
    previous = id;
  }
  encodeTimes(times, writer);
  for (const kind of kinds) writer.unsigned(kind);
  return writer.done();
}

function encodeTimes(times: Float64Array, writer: ByteWriter): void {
  const [lowest, highest] = bounds(times);
  const exact = highest - lowest < EXACT && Math.max(-lowest, highest) <= Number.MAX_SAFE_INTEGER;
  writer.unsigned(exact ? 1 : 0);
  let previous = times[0] ?? 0;
  if (exact) writer.double(previous);
  for (const time of times) {
    if (exact) writer.signed(time - previous);
    else writer.double(time);
    previous = time;
  }
}

/** The lowest and the highest of some numbers; infinities the wrong way round for none. */
export function bounds(numbers: Float64Array): [lowest: number, highest: number] {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const number of numbers) {
    if (number < lowest) lowest = number;
    if (number > highest) highest = number;
  }
  return [lowest, highest];
}

/** Throws DamagedBlock. `kindCount`: how many kinds the block has. */
export function decodeHead(bytes: Buffer, kindCount: number): Head {
  const reader = new ByteReader(bytes);
  const count = reader.count();
  const ids = new Float64Array(count);
  let previous = 0;
  for (let index = 0; index < count; index++) {
    previous += reader.unsigned();
    ids[index] = previous;
  }
  const times = decodeTimes(reader, count);
  const kinds = new Uint32Array(count);
  for (let index = 0; index < count; index++) {
    const kind = reader.unsigned();
    if (kind >= kindCount) throw new DamagedBlock('a level and name are missing');
    kinds[index] = kind;
  }
  reader.end();
  return { ids, times, kinds };
}

function decodeTimes(reader: ByteReader, count: number): Float64Array {
  const times = new Float64Array(count);
  const exact = reader.unsigned() === 1;
  let previous = exact ? reader.double() : 0;
  for (let index = 0; index < count; index++) {
    previous = exact ? previous + reader.signed() : reader.double();
    times[index] = previous;
  }
  return times;
}
