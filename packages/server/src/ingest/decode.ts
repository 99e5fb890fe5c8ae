import { isUtf8 } from 'node:buffer';
import {
  type LogRecord,
  RecordError,
  recordFromForm,
  recordFromJson,
  recordsFromJson,
} from '@chronologer/record';
import { type Line, LineReader } from './lines.ts';

export type ContentType = 'form' | 'json' | 'ndjson';

/** A body to be decoded. `now` is the time of its arrival, in microseconds since 1970. */
export interface Body {
  readonly type: ContentType;
  /** Keep any JSON object whole, as `logrec`. */
  readonly raw: boolean;
  readonly now: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A part of a body that is stored whole or not at all. `records` is empty only for an empty body. */
export interface Chunk {
  readonly records: readonly LogRecord[];
}

/** Lines of an NDJSON body that are stored together, as in Chronologer 0.4.5. */
export const CHUNK_LINES = 1024;

/**
 * The chunks of a body, decoded one at a time as they are asked for, so that a large body does not stand in memory as
 * records. Throws a RecordError at the first record that cannot be taken: what was yielded before stays good.
 */
export function* decode(body: Body): Generator<Chunk> {
  if (body.type === 'ndjson') yield* decodeLines(body);
  else if (body.type === 'form') yield { records: [recordFromForm(body.bytes, body)] };
  else {
    const decoded = recordsFromJson(textOf(body.bytes), body);
    yield { records: Array.isArray(decoded) ? decoded : [decoded] };
  }
}

/** True for a body whose answer is the record itself and not a list of ids. */
export function isSingle({ type, bytes }: Body): boolean {
  return type === 'form' || (type === 'json' && !startsWithBracket(bytes));
}

function* decodeLines(body: Body): Generator<Chunk> {
  let records: LogRecord[] = [];
  for (const reader = new LineReader(body.bytes); !reader.over; ) {
    const line = reader.next();
    if (line === undefined) continue;
    records.push(recordOfLine(line, body));
    if (records.length === CHUNK_LINES) {
      yield { records };
      records = [];
    }
  }
  if (records.length > 0) yield { records };
}

/** Throws a RecordError that names the line. */
export function recordOfLine({ text, number }: Line, body: Body): LogRecord {
  try {
    if (text === undefined) throw new RecordError('HTTPError', 'Invalid JSON document');
    return recordFromJson(text, body);
  } catch (error) {
    if (!(error instanceof RecordError)) throw error;
    throw new RecordError(error.type, `${error.message} on line ${number}`);
  }
}

function textOf(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new RecordError('HTTPError', 'Invalid JSON document');
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function startsWithBracket(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d);
  return first === 0x5b;
}
