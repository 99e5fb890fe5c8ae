import { rewriteJson } from './json.ts';
import { ObjectReader } from './json-object.ts';
import { joinGroups } from './logrec.ts';
import type { LogRecord } from './model.ts';
import { invalidJson, RecordError } from './record-error.ts';
import { FIELD, fieldKind, isMeta } from './record-fields.ts';
import {
  isEmptyValue,
  MAX_FIELDS,
  missing,
  type RecordOptions,
  rawColumns,
  readCreated,
  readLevel,
  readMessage,
  readName,
  tooManyFields,
} from './record-values.ts';
import { ShapeMemory } from './shape-memory.ts';

const reader = new ObjectReader(fieldKind);
const shapes = new ShapeMemory();

/**
 * A record from the text of one JSON object. Its `logrec` is cut together from slices of the text, so that numbers and
 * escapes stay as written. Throws a RecordError.
 */
export function recordFromJson(text: string, options: RecordOptions): LogRecord {
  return shapes.read(text, options) ?? readAny(text, options);
}

function readAny(text: string, options: RecordOptions): LogRecord {
  const { scanner } = reader;
  scanner.open(text);
  const start = scanner.skipBlanks(0);
  const end = reader.read(start);
  if (end === -1 || scanner.skipBlanks(end) !== text.length) {
    throw scanner.isValue() ? noObject() : invalidJson();
  }
  if (!scanner.constants && !scanner.controls) {
    const record = readRecord(end, options);
    shapes.learn(reader);
    return record;
  }
  const rewritten = rewriteJson(text.slice(start, end));
  scanner.open(rewritten);
  return readRecord(reader.read(0), options);
}

/** A record, or a batch of them from a JSON array; an element at fault is named by its place, from 1. */
export function recordsFromJson(text: string, options: RecordOptions): LogRecord | LogRecord[] {
  const { scanner } = reader;
  scanner.open(text);
  if (text.charCodeAt(scanner.skipBlanks(0)) !== 0x5b) return recordFromJson(text, options);
  if (!scanner.isValue()) throw invalidJson();
  scanner.open(scanner.constants || scanner.controls ? rewriteJson(text) : text);
  const records: LogRecord[] = [];
  // Behind the bracket, then behind each comma.
  let at = scanner.skipBlanks(scanner.skipBlanks(0) + 1);
  while (scanner.text.charCodeAt(at) !== 0x5d) {
    const end = reader.read(at);
    try {
      if (end === -1) throw noObject();
      records.push(readRecord(end, options));
    } catch (error) {
      if (!(error instanceof RecordError)) throw error;
      throw new RecordError(error.type, `${error.message} in item ${records.length + 1}`);
    }
    at = scanner.skipBlanks(end);
    if (scanner.text.charCodeAt(at) === 0x2c) at = scanner.skipBlanks(at + 1);
  }
  return records;
}

function noObject(): RecordError {
  return new RecordError('ModelError', 'A record must be a JSON object');
}

/** Makes a record of the object that the reader has just read, which ends at `end`. */
function readRecord(end: number, options: RecordOptions): LogRecord {
  const { text } = reader.scanner;
  if (reader.count > MAX_FIELDS) throw tooManyFields();
  reader.dropRepeated(FIELD.DROPPED);
  let name: string | undefined;
  let created: string | undefined;
  let levelno: string | undefined;
  let message: string | undefined;
  let msg: string | undefined;
  const { count, kinds, valueStarts, valueEnds } = reader;
  for (let index = 0; index < count; index += 1) {
    const kind = kinds[index] ?? FIELD.DATA;
    if (kind === FIELD.DATA || kind === FIELD.META || kind === FIELD.DROPPED) continue;
    const value = text.slice(valueStarts[index], valueEnds[index]);
    if (kind === FIELD.NAME) name = value;
    else if (kind === FIELD.CREATED) created = value;
    else if (kind === FIELD.LEVELNO) levelno = value;
    else if (kind === FIELD.MESSAGE) message = value;
    else if (kind === FIELD.MSG) msg = value;
  }
  if (options.raw) {
    const columns = rawColumns({ name, created, levelno, message }, options.now);
    return { ...columns, logrec: text.slice(reader.start, end) };
  }
  if (name === undefined) throw missing('name');
  if (created === undefined) throw missing('created');
  if (levelno === undefined) throw missing('levelno');
  message ??= msg;
  if (message === undefined) throw missing('msg');
  return {
    name: readName(name),
    ts: readCreated(created),
    level: readLevel(levelno),
    message: readMessage(message),
    logrec: cutLogrec(text),
  };
}

/** Neighbours that go into the same group are cut as one slice, with the comma between them. */
function cutLogrec(text: string): string {
  const { count, kinds, keyStarts, valueStarts, valueEnds } = reader;
  let meta = '';
  let data = '';
  let info = '';
  let error = '';
  for (let index = 0; index < count; ) {
    const first = index;
    const kind = kinds[index] ?? FIELD.DATA;
    index += 1;
    if (isMeta(kind)) {
      while (index < count && isMeta(kinds[index])) index += 1;
      meta += (meta === '' ? '' : ', ') + text.slice(keyStarts[first], valueEnds[index - 1]);
    } else if (kind === FIELD.DATA) {
      while (index < count && kinds[index] === FIELD.DATA) index += 1;
      data += (data === '' ? '' : ', ') + text.slice(keyStarts[first], valueEnds[index - 1]);
    } else if (kind === FIELD.EXC_INFO) info = text.slice(keyStarts[first], valueEnds[first]);
    else if (kind === FIELD.EXC_TEXT && !isEmptyValue(text.slice(valueStarts[first], valueEnds[first]))) {
      error = text.slice(keyStarts[first], valueEnds[first]);
    }
  }
  if (error !== '' && info !== '') error = `${info}, ${error}`;
  return joinGroups(meta, data, error);
}
