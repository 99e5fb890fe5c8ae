import { isUtf8 } from 'node:buffer';

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** A line of an NDJSON document; `number` counts from 1 and counts blank lines. */
export interface Line {
  readonly number: number;
  /** Undefined when the line is not UTF-8. */
  readonly text: string | undefined;
}

/**
 * The lines of a document one after the other. Text is made line by line and not of the whole, so that a large body is in
 * memory once.
 */
export class LineReader {
  readonly #bytes: Buffer;
  /** All of it is UTF-8. */
  readonly valid: boolean;
  /** Where the next line begins; */
  at = 0;
  /** and the number of the line before it. */
  number = 0;

  constructor(body: Uint8Array) {
    this.#bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    this.valid = isUtf8(this.#bytes);
  }

  get over(): boolean {
    return this.at >= this.#bytes.length;
  }

  /** Passes over the next line, which ends before the position `to`. */
  pass(to: number): void {
    this.at = to;
    this.number++;
  }

  /** The next line without its end; undefined for a blank one. */
  next(): Line | undefined {
    const bytes = this.#bytes;
    const start = this.at;
    const newline = bytes.indexOf(NEWLINE, start);
    const next = newline === -1 ? bytes.length : newline;
    const end = next > start && bytes[next - 1] === RETURN ? next - 1 : next;
    this.pass(next + 1);
    if (isBlank(bytes, start, end)) return undefined;
    const readable = this.valid || isUtf8(bytes.subarray(start, end));
    return { number: this.number, text: readable ? bytes.toString('utf8', start, end) : undefined };
  }
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = bytes[index];
    if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return false;
  }
  return true;
}
