import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { DamagedBlock } from './damaged.ts';

/** The first byte of each part: how the rest is to be read. */
const VERSION = 1;

/** Bytes of a part unpacked at most: a damaged length asks for no more memory. */
const MAX_BYTES = 268_435_456;

const OPTIONS = {
  params: {
    [constants.ZSTD_c_compressionLevel]: 1,
    // Four bytes of XXH64 behind the frame, which zstd compares when it unpacks.
    [constants.ZSTD_c_checksumFlag]: 1,
  },
};

/** A part as it is stored: the version, then one zstd frame with its checksum. */
export function pack(bytes: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(VERSION), zstdCompressSync(bytes, OPTIONS)]);
}

/** The bytes of a part. Throws DamagedBlock when they are not what was packed, or of a version not known here. */
export function unpack(part: Uint8Array): Buffer {
  if (part[0] !== VERSION) throw new DamagedBlock(`its version is ${part[0] ?? 'missing'}, not ${VERSION}`);
  try {
    return zstdDecompressSync(part.subarray(1), { maxOutputLength: MAX_BYTES, chunkSize: chunkOf(part) });
  } catch (error) {
    throw new DamagedBlock('it cannot be unpacked', { cause: error });
  }
}

/** Room for the whole result, where the frame tells its size: growing by small chunks takes ten times as long. */
function chunkOf(part: Uint8Array): number {
  const size = contentSize(part);
  return size === undefined || size > MAX_BYTES ? 65_536 : Math.max(1024, size + 1);
}

/** The size of the content that a zstd frame tells in its header (RFC 8878, 3.1.1.1), behind the version byte. */
function contentSize(part: Uint8Array): number | undefined {
  const view = new DataView(part.buffer, part.byteOffset, part.byteLength);
  if (part.byteLength < 15) return undefined;
  const descriptor = view.getUint8(5);
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = 6 + (single ? 0 : 1) + dictionary;
  switch (descriptor >> 6) {
    case 0:
      return single ? view.getUint8(at) : undefined;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}
