import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Records of a stripe: no chunk of texts reaches over a multiple of so many ids. */
export const STRIPE = 256;

/** Bytes of texts after which a chunk ends, so that one record never costs the unpacking of many large ones. */
const CHUNK_BYTES = 262_144;

/** What a record's row cannot give back: its exact JSON, and what was cut off its name and message. */
export interface ExactTexts {
  readonly logrec: string;
  /** The whole of it, where the column holds a part. */
  readonly name?: string;
  readonly message?: string;
}

/** The same, of a record that comes or one that was read. */
export type PackableTexts = ExactTexts | ReadTexts;

/** Texts of records with consecutive ids, packed. */
export interface Chunk {
  readonly firstId: number;
  readonly lastId: number;
  /** Bytes before packing. */
  readonly size: number;
  readonly part: Buffer;
}

/** The texts of one record as they are read: `logrec` in UTF-8. */
export interface ReadTexts {
  readonly logrec: Buffer;
  readonly name: string | undefined;
  readonly message: string | undefined;
}

const ABSENT = 0xffff_ffff;
/** logrec, name and message, each by its length in bytes. */
const LENGTHS = 3;

/** Packs the texts of records by their ids, which ascend. */
export function packTexts(ids: readonly number[], texts: readonly PackableTexts[]): Chunk[] {
  const chunks: Chunk[] = [];
  let gathered: Buffer[][] = [];
  let size = 0;
  texts.forEach(({ logrec, name, message }, index) => {
    const id = ids[index] ?? 0;
    const fields = [logrec, name, message].map(bytesOf);
    gathered.push(fields);
    size += fields.reduce((sum, { length }) => sum + length, 0);
    const isLast = ids[index + 1] !== id + 1 || (id + 1) % STRIPE === 0;
    if (!isLast && size < CHUNK_BYTES) return;
    chunks.push(pack(id + 1 - gathered.length, gathered, size));
    gathered = [];
    size = 0;
  });
  return chunks;
}

const NOTHING: Buffer = Buffer.alloc(0);

function bytesOf(text: string | Buffer | undefined): Buffer {
  if (text === undefined) return NOTHING;
  return typeof text === 'string' ? Buffer.from(text) : text;
}

function pack(firstId: number, records: readonly (readonly Buffer[])[], size: number): Chunk {
  const head = Buffer.alloc(4 + 4 * LENGTHS * records.length);
  head.writeUInt32LE(records.length);
  let at = 4;
  for (const fields of records) {
    for (const field of fields) at = head.writeUInt32LE(field === NOTHING ? ABSENT : field.length, at);
  }
  const whole = Buffer.concat([head, ...records.flat()]);
  const part = zstdCompressSync(whole, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
  return { firstId, lastId: firstId + records.length - 1, size, part };
}

/** The texts of a chunk, in order of ids. Throws an Error when it is damaged. */
export function unpackTexts(part: Uint8Array): ReadTexts[] {
  const whole = zstdDecompressSync(part);
  const count = whole.readUInt32LE(0);
  let at = 4 + 4 * LENGTHS * count;
  let length = 4;
  const next = (): Buffer | undefined => {
    const bytes = whole.readUInt32LE(length);
    length += 4;
    if (bytes === ABSENT) return undefined;
    if (at + bytes > whole.length) throw new RangeError('a chunk of texts ends too early');
    at += bytes;
    return whole.subarray(at - bytes, at);
  };
  return Array.from({ length: count }, () => {
    const [logrec, name, message] = [next(), next(), next()];
    return { logrec: logrec ?? NOTHING, name: name?.toString('utf8'), message: message?.toString('utf8') };
  });
}
