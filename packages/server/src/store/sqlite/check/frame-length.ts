/**
 * The bytes that the zstd frame at the beginning of `bytes` takes, told by the headers of the frame and of its blocks
 * (RFC 8878, 3.1.1); undefined when it is none, or goes on behind the end. Nothing is unpacked.
 */
export function frameLength(bytes: Buffer): number | undefined {
  if (bytes.length < 6 || bytes.readUInt32LE(0) !== 0xfd2fb528) return undefined;
  const descriptor = bytes.readUInt8(4);
  const single = (descriptor & 0x20) !== 0;
  const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const size = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  let at = 5 + (single ? 0 : 1) + dictionary + size;
  for (let last = false; !last; ) {
    if (at + 3 > bytes.length) return undefined;
    const header = bytes.readUIntLE(at, 3);
    last = (header & 1) === 1;
    // A block of the kind 1 is one byte, to be repeated.
    at += 3 + (((header >> 1) & 3) === 1 ? 1 : header >> 3);
  }
  if ((descriptor & 4) !== 0) at += 4;
  return at <= bytes.length ? at : undefined;
}
