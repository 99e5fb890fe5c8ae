/** Texts that are kept; a power of two. */
const PLACES = 256;
/** Longer texts are not kept. */
const MAX_LENGTH = 128;

/**
 * Makes texts of UTF-8 bytes and remembers some of those that came before: the names of loggers come again and again, and
 * comparing bytes is cheaper than making a text.
 */
export class ByteTexts {
  readonly #bytes: (Uint8Array | undefined)[] = Array.from({ length: PLACES });
  readonly #texts: string[] = Array.from({ length: PLACES }, () => '');

  get(bytes: Buffer, start: number, end: number): string {
    const length = end - start;
    const middle = (bytes[(start + end) >> 1] ?? 0) * 31;
    const place = (length * 7 + middle + (bytes[end - 1] ?? 0) * 131) % PLACES;
    const known = this.#bytes[place];
    if (known !== undefined && known.length === length && isAt(known, bytes, start)) {
      return this.#texts[place] ?? '';
    }
    const text = bytes.toString('utf8', start, end);
    if (length > MAX_LENGTH) return text;
    this.#bytes[place] = Uint8Array.prototype.slice.call(bytes, start, end);
    this.#texts[place] = text;
    return text;
  }
}

function isAt(known: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < known.length; index += 1) {
    if (known[index] !== bytes[start + index]) return false;
  }
  return true;
}
