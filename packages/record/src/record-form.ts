import { joinGroups } from './logrec.ts';
import type { LogRecord } from './model.ts';
import { literalToJson } from './python-literal.ts';
import { RecordError } from './record-error.ts';
import { FIELD, fieldKind, isMeta } from './record-fields.ts';
import {
  isEmptyValue,
  MAX_FIELDS,
  missing,
  type RecordOptions,
  rawColumns,
  readCreated,
  readLevel,
  tooManyFields,
} from './record-values.ts';

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PLUS = 0x2b;
const PERCENT = 0x25;
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * A record from a body of type application/x-www-form-urlencoded, as Python's logging.handlers.HTTPHandler sends it.
 * Values are Python literals where they read as such, else text. Throws a RecordError.
 */
export function recordFromForm(body: Uint8Array, options: RecordOptions): LogRecord {
  const fields = parseForm(body);
  return options.raw ? rawRecord(fields, options.now) : shapedRecord(fields);
}

/** Each key with its values, in the order sent. Bytes that are no UTF-8 become U+FFFD. */
function parseForm(body: Uint8Array): Map<string, string[]> {
  const fields = new Map<string, string[]>();
  let count = 0;
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(AMPERSAND, start);
    const end = found === -1 ? body.length : found;
    if (end > start) {
      const pair = body.subarray(start, end);
      const equals = pair.indexOf(EQUALS);
      const key = decodePart(equals === -1 ? pair : pair.subarray(0, equals));
      const value = equals === -1 ? '' : decodePart(pair.subarray(equals + 1));
      const values = fields.get(key);
      count += 1;
      if (count > MAX_FIELDS) throw tooManyFields();
      if (values === undefined) fields.set(key, [value]);
      else values.push(value);
    }
    start = end + 1;
  }
  return fields;
}

function decodePart(part: Uint8Array): string {
  if (!part.includes(PERCENT) && !part.includes(PLUS)) return decoder.decode(part);
  const bytes = new Uint8Array(part.length);
  let length = 0;
  for (let at = 0; at < part.length; at += 1) {
    const byte = part[at] ?? 0;
    const high = byte === PERCENT ? hexValue(part[at + 1]) : -1;
    const low = high === -1 ? -1 : hexValue(part[at + 2]);
    if (low === -1) bytes[length] = byte === PLUS ? 0x20 : byte;
    else {
      bytes[length] = high * 16 + low;
      at += 2;
    }
    length += 1;
  }
  return decoder.decode(bytes.subarray(0, length));
}

function hexValue(byte: number | undefined): number {
  if (byte === undefined) return -1;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

function valueJson(text: string): string {
  return literalToJson(text) ?? JSON.stringify(text);
}

function member(key: string, values: readonly string[]): string {
  const [first = ''] = values;
  const json = values.length === 1 ? valueJson(first) : `[${values.map(valueJson).join(', ')}]`;
  return `${JSON.stringify(key)}: ${json}`;
}

/** The record's own name and message are text; a number in them is not read as one. */
function rawRecord(fields: Map<string, string[]>, now: number): LogRecord {
  const columns = rawColumns(
    {
      name: single(fields, 'name', JSON.stringify),
      created: single(fields, 'created', valueJson),
      levelno: single(fields, 'levelno', valueJson),
      message: single(fields, 'message', JSON.stringify),
    },
    now,
  );
  return { ...columns, logrec: `{${Array.from(fields, ([key, values]) => member(key, values)).join(', ')}}` };
}

function single(
  fields: Map<string, string[]>,
  key: string,
  toJson: (text: string) => string,
): string | undefined {
  const values = fields.get(key);
  const [first] = values ?? [];
  return first === undefined || values?.length !== 1 ? undefined : toJson(first);
}

function shapedRecord(fields: Map<string, string[]>): LogRecord {
  const name = required(fields, 'name');
  const created = required(fields, 'created');
  const level = required(fields, 'levelno');
  const message = fields.get('message')?.[0] ?? required(fields, 'msg');
  return {
    name,
    ts: readCreated(valueJson(created)),
    level: readLevel(valueJson(level)),
    message,
    logrec: groupFields(fields),
  };
}

function required(fields: Map<string, string[]>, key: string): string {
  const value = fields.get(key)?.[0];
  if (value === undefined) throw missing(key);
  return value;
}

function groupFields(fields: Map<string, string[]>): string {
  const meta: string[] = [];
  const data: string[] = [];
  const error: string[] = [];
  let hasError = false;
  for (const [key, values] of fields) {
    const kind = fieldKind(key);
    if (kind === FIELD.DATA) data.push(member(key, values));
    else if (values.length > 1) throw new RecordError('ModelError', `Key "${key}" is given more than once`);
    else if (isMeta(kind)) meta.push(member(key, values));
    else if (kind === FIELD.EXC_INFO) error.unshift(member(key, values));
    else if (kind === FIELD.EXC_TEXT && !isEmptyValue(valueJson(values[0] ?? ''))) {
      error.push(member(key, values));
      hasError = true;
    }
  }
  return joinGroups(meta.join(', '), data.join(', '), hasError ? error.join(', ') : '');
}
