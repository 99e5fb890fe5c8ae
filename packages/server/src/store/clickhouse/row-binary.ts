/** Reads values of the format RowBinary, one after the other (https://clickhouse.com/docs/interfaces/formats/RowBinary). */
export class RowBinaryReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get over(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Exact up to 2^53. */
  uint64(): number {
    const value = this.#bytes.readUInt32LE(this.#at) + this.#bytes.readUInt32LE(this.#at + 4) * 2 ** 32;
    this.#at += 8;
    return value;
  }

  exactInt64(): bigint {
    const value = this.#bytes.readBigInt64LE(this.#at);
    this.#at += 8;
    return value;
  }

  /** Beyond 2^53 the nearest double. */
  int64(): number {
    const value = this.#bytes.readUInt32LE(this.#at) + this.#bytes.readInt32LE(this.#at + 4) * 2 ** 32;
    this.#at += 8;
    return value;
  }

  uint32(): number {
    const value = this.#bytes.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  int32(): number {
    const value = this.#bytes.readInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  float64(): number {
    const value = this.#bytes.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  bool(): boolean {
    return this.#bytes.readUInt8(this.#at++) === 1;
  }

  /** What stands before each value of a Nullable type: whether there is none. */
  isNull(): boolean {
    return this.bool();
  }

  /** What stands before the bytes of a String and the elements of an Array: how many there are. */
  length(): number {
    let length = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#bytes.readUInt8(this.#at++);
      length += (byte & 127) * factor;
      if (byte < 128) return length;
    }
  }

  /** The bytes of a String, not copied. */
  bytes(): Buffer {
    const length = this.length();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  text(): string {
    return this.bytes().toString('utf8');
  }
}
