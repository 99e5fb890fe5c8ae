import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { DamagedBlock } from './damaged.ts';

/** The first byte of each part: how the rest is to be read. */
export const VERSION = 1;

/** Bytes of a part unpacked at most: a damaged length asks for no more memory. */
const MAX_BYTES = 268_435_456;

const OPTIONS = {
  params: {
    [constants.ZSTD_c_compressionLevel]: 1,
    // Four bytes of XXH64 behind the frame, which zstd compares when it unpacks.
    [constants.ZSTD_c_checksumFlag]: 1,
  },
};

/** A part as it is stored: the version, then one zstd frame. */
export function pack(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(VERSION), compress(bytes)]);
}

/** The bytes of a part. Throws DamagedBlock when they are not what was packed, or of a version not known here. */
export function unpack(part: Buffer): Buffer {
  return decompress(readVersion(part));
}

/** What follows the version. Throws DamagedBlock for another version. */
export function readVersion(part: Buffer): Buffer {
  if (part[0] !== VERSION) throw new DamagedBlock(`its version is ${part[0] ?? 'missing'}, not ${VERSION}`);
  return part.subarray(1);
}

/** A zstd frame with its checksum. */
export function compress(bytes: Uint8Array): Buffer {
  return zstdCompressSync(bytes, OPTIONS);
}

/** What a frame holds. Throws DamagedBlock when it is not what was compressed. */
export function decompress(frame: Buffer): Buffer {
  try {
    return zstdDecompressSync(frame, { maxOutputLength: MAX_BYTES, chunkSize: chunkOf(frame) });
  } catch (error) {
    throw new DamagedBlock('it cannot be unpacked', { cause: error });
  }
}

/** Room for the whole result, where the frame tells its size: growing by small chunks takes ten times as long. */
function chunkOf(frame: Buffer): number {
  const size = unpackedSize(frame);
  return size === undefined || size > MAX_BYTES ? 65_536 : Math.max(1024, size + 1);
}

/** The bytes of content that a zstd frame tells in its header (RFC 8878, 3.1.1.1); undefined for hardly any content. */
export function unpackedSize(frame: Buffer): number | undefined {
  if (frame.length < 14) return undefined;
  const descriptor = frame.readUInt8(4);
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = 5 + (single ? 0 : 1) + dictionary;
  switch (descriptor >> 6) {
    case 0:
      return single ? frame.readUInt8(at) : undefined;
    case 1:
      return frame.readUInt16LE(at) + 256;
    case 2:
      return frame.readUInt32LE(at);
    default:
      return Number(frame.readBigUInt64LE(at));
  }
}
