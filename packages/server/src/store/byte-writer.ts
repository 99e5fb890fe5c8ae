import { freeBuffer } from './free-buffer.ts';

/**
 * Puts numbers and texts together as bytes. Integers are written as LEB128: seven bits a byte, the lowest first, the
 * eighth says that another byte follows (https://en.wikipedia.org/wiki/LEB128).
 */
export class ByteWriter {
  #bytes: Buffer;
  #length = 0;

  /** `expected` is a guess of the length in bytes; it grows as needed. */
  constructor(expected = 1024) {
    this.#bytes = Buffer.allocUnsafe(Math.max(16, expected));
  }

  /** Bytes written. */
  get length(): number {
    return this.#length;
  }

  /** An integer from 0 to 2^53 - 1. */
  unsigned(value: number): void {
    this.#reserve(8);
    let rest = value;
    while (rest >= 0x80) {
      // Bit operations are of 32 bits.
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80;
      rest = rest < 0x80000000 ? rest >>> 7 : Math.floor(rest / 0x80);
    }
    this.#bytes[this.#length++] = rest;
  }

  /** An integer from -2^52 to 2^52 - 1, near 0 short: 0, -1, 1, -2 become 0, 1, 2, 3. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#length = this.#bytes.writeDoubleLE(value, this.#length);
  }

  /** Its bytes alone, in UTF-8; returns how many. A lone surrogate becomes U+FFFD. */
  text(text: string): number {
    // A UTF-16 unit takes three bytes at most.
    this.#reserve(text.length * 3);
    const written = this.#bytes.write(text, this.#length);
    this.#length += written;
    return written;
  }

  /** What `write` puts into the memory that it is given, from a position on; it answers the position behind. */
  written(most: number, write: (target: Buffer, at: number) => number): number {
    this.#reserve(most);
    const written = write(this.#bytes, this.#length) - this.#length;
    this.#length += written;
    return written;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  /** What was written, until it is written to again. */
  done(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** A copy of what was written, and gives the memory back: nothing can be written any more. */
  finish(): Uint8Array<ArrayBuffer> {
    const copy = new Uint8Array(this.done());
    freeBuffer(this.#bytes);
    return copy;
  }

  /** Begins anew in the same memory, behind `room` bytes that are left as they are. */
  clear(room = 0): void {
    this.#length = 0;
    this.#reserve(room);
    this.#length = room;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#length + more, 2 * this.#bytes.length));
    larger.set(this.done());
    freeBuffer(this.#bytes);
    this.#bytes = larger;
  }
}
