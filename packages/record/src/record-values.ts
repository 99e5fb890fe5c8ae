import { RecordError } from './record-error.ts';
import { microsecondsFromSeconds } from './timestamp.ts';

const INTEGER = /^\s*([+-]?\d+)\s*$/;
const EMPTY = new Set(['null', '""', 'false', '0', '0.0', '[]', '{}']);

/** More fields are no log record, and would cost many times their bytes in memory. */
export const MAX_FIELDS = 100_000;

/** How a record is taken. `now` is in microseconds since 1970 and counts in raw mode where `created` is absent. */
export interface RecordOptions {
  readonly raw: boolean;
  readonly now: number;
}

/** The columns of a record as JSON texts of the fields, where a client sent them. */
export interface Columns {
  name: string | undefined;
  created: string | undefined;
  levelno: string | undefined;
  message: string | undefined;
}

export function missing(key: string): RecordError {
  return new RecordError('ModelError', `Key "${key}" is missing`);
}

export function tooManyFields(): RecordError {
  return new RecordError('ValueError', `A record has more than ${MAX_FIELDS} fields`);
}

/** A name is text; a number is taken as its text. */
export function readName(json: string): string {
  if (isString(json)) return stringText(json);
  if (isNumber(json)) return json;
  throw new RecordError('ModelError', 'Key "name" must be text');
}

/** Any value is a message: null is the empty one, an array or object its JSON text. */
export function readMessage(json: string): string {
  if (isString(json)) return stringText(json);
  return json === 'null' ? '' : json.toWellFormed();
}

/** An integer of 32 bits, or one in a string. */
export function readLevel(json: string): number {
  let level = Number.NaN;
  if (isNumber(json)) level = Number(json);
  else if (isString(json)) level = Number(INTEGER.exec(stringText(json))?.[1] ?? Number.NaN);
  // The bitwise form is the test for 32 bits; minus zero becomes zero.
  if ((level | 0) === level) return level | 0;
  throw new RecordError('ModelError', 'Key "levelno" must be an integer of 32 bits');
}

/** Seconds since 1970 to microseconds. */
export function readCreated(json: string): number {
  if (isNumber(json)) return microsecondsFromSeconds(Number(json));
  throw new RecordError('ModelError', 'Key "created" must be a number');
}

/** Whether a value counts as none, as Python's truth test has it. */
export function isEmptyValue(json: string): boolean {
  return EMPTY.has(json);
}

/** What raw mode takes of a document: fields of another type or out of range count as absent. */
export function rawColumns(columns: Columns, now: number) {
  const { name, created, levelno, message } = columns;
  return {
    name: name !== undefined && isString(name) ? stringText(name) : '',
    ts: attempt(created, isNumber, readCreated) ?? now,
    level: attempt(levelno, isNumber, readLevel) ?? 20,
    message: message !== undefined && isString(message) ? stringText(message) : '',
  };
}

function attempt(
  json: string | undefined,
  isRightType: (json: string) => boolean,
  read: (json: string) => number,
): number | undefined {
  if (json === undefined || !isRightType(json)) return undefined;
  try {
    return read(json);
  } catch (error) {
    if (error instanceof RecordError) return undefined;
    throw error;
  }
}

function isString(json: string): boolean {
  return json.charCodeAt(0) === 0x22;
}

function isNumber(json: string): boolean {
  const code = json.charCodeAt(0);
  return code === 0x2d || (code >= 0x30 && code <= 0x39);
}

/** Lone surrogates have no UTF-8 and become U+FFFD. */
function stringText(json: string): string {
  if (!json.includes('\\')) return json.slice(1, -1).toWellFormed();
  const text: string = JSON.parse(json);
  return text.toWellFormed();
}
