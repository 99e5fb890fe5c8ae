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
 * The lines of a document that are not blank, in order. Text is made line by line and not of the whole, so that a large
 * body is in memory once.
 */
export function* lines(body: Uint8Array): Generator<Line> {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const valid = isUtf8(bytes);
  let number = 0;
  for (let start = 0; start < bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const next = newline === -1 ? bytes.length : newline;
    const end = next > start && bytes[next - 1] === RETURN ? next - 1 : next;
    number++;
    if (!isBlank(bytes, start, end)) {
      const readable = valid || isUtf8(bytes.subarray(start, end));
      yield { number, text: readable ? bytes.toString('utf8', start, end) : undefined };
    }
    start = next + 1;
  }
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let index = start; index < end; index++) {
    const byte = bytes[index];
    if (byte !== 0x20 && byte !== 0x0d && byte !== 0x09) return false;
  }
  return true;
}
