import { DamagedBlock } from './damaged.ts';

/** Reads what a ByteWriter wrote. Throws DamagedBlock at bytes that it cannot have written. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  unsigned(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++] ?? missing();
    if (byte < 0x80) return byte;
    let value = byte & 0x7f;
    for (let weight = 0x80; ; weight *= 0x80) {
      byte = bytes[this.#at++] ?? missing();
      value += (byte & 0x7f) * weight;
      if (value > Number.MAX_SAFE_INTEGER) throw new DamagedBlock('a number is too large');
      if (byte < 0x80) return value;
    }
  }

  signed(): number {
    const value = this.unsigned();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A number of things that take a byte each at least, so that a damaged one asks for no memory. */
  count(): number {
    const count = this.unsigned();
    if (count > this.left) throw new DamagedBlock('a count is too large');
    return count;
  }

  integer(): number {
    return this.take(4).readUInt32LE(0);
  }

  double(): number {
    return this.take(8).readDoubleLE(0);
  }

  text(length: number): string {
    return this.take(length).toString('utf8');
  }

  /** The next bytes; a view of the whole. */
  take(length: number): Buffer {
    if (length > this.left) throw new DamagedBlock('bytes are missing');
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Throws unless everything was read. */
  end(): void {
    if (this.left > 0) throw new DamagedBlock('there are bytes left over');
  }
}

function missing(): never {
  throw new DamagedBlock('bytes are missing');
}
