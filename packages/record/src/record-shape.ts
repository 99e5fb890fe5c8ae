import type { Lead, ObjectReader } from './json-object.ts';
import { joinGroups } from './logrec.ts';
import type { LogRecord } from './model.ts';
import { FIELD, isMeta } from './record-fields.ts';
import {
  type RecordOptions,
  rawColumns,
  readCreated,
  readLevel,
  readMessage,
  readName,
} from './record-values.ts';

/** A backtracking stack has its bound; no record that would reach it is tried. */
const MAX_LENGTH = 1 << 20;

const PLAIN = '[^"\\\\\\x00-\\x1f]*';
const STRING = `"${PLAIN}(?:\\\\(?:["\\\\/bfnrt]|u[0-9a-fA-F]{4})${PLAIN})*"`;
const NUMBER = '-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?';
const WORD = 'null|true|false';
const SCALAR = `(?:${STRING}|${NUMBER}|${WORD})`;
const ARRAY = `\\[(?:${SCALAR}(?:, ?${SCALAR})*)?\\]`;
const MEMBER = `${STRING}: ?${SCALAR}`;
const OBJECT = `\\{(?:${MEMBER}(?:, ?${MEMBER})*)?\\}`;

/** Values like the one seen, or none; what differs is left to the reader of any JSON. */
function valuePattern(value: string, kind: number): string {
  // An error goes into a group of its own; most records have none.
  if (kind === FIELD.EXC_TEXT) return '(?:null|"")';
  switch (value.charAt(0)) {
    case '"':
      return `(?:${STRING}|null)`;
    case '[':
      return `(?:${ARRAY}|null)`;
    case '{':
      return `(?:${OBJECT}|null)`;
    case 'n':
      return SCALAR;
    case 't':
    case 'f':
      return `(?:${WORD})`;
    default:
      return `(?:${NUMBER}|null)`;
  }
}

type Column = 'name' | 'created' | 'levelno' | 'message' | 'msg';

const COLUMNS: ReadonlyMap<number, Column> = new Map([
  [FIELD.NAME, 'name'],
  [FIELD.CREATED, 'created'],
  [FIELD.LEVELNO, 'levelno'],
  [FIELD.MESSAGE, 'message'],
  [FIELD.MSG, 'msg'],
]);

/** Which captures hold what; 0 for what is not there. */
interface Captures {
  readonly columns: Record<Column, number>;
  readonly meta: readonly number[];
  readonly data: readonly number[];
}

/**
 * Records with the same keys in the same order, as one call of a logger sends them, read by one regular expression:
 * V8 makes machine code of it, which takes half the time of JSON.parse (bench/json-scan.ts). It captures the columns
 * and each run of neighbours that belong to one group.
 */
export class RecordShape {
  readonly source: string;
  readonly #pattern: RegExp;
  readonly #captures: Captures;

  /** The shape of the object that was just read, which must repeat no key; `leads` are the texts before its values. */
  constructor(reader: ObjectReader, leads: readonly Lead[]) {
    const { source, captures } = describe(reader, leads);
    this.source = source;
    this.#pattern = new RegExp(source);
    this.#captures = captures;
  }

  /** Undefined for what is of another shape or no record; throws a RecordError as the reader of any JSON would. */
  read(text: string, options: RecordOptions): LogRecord | undefined {
    if (text.length > MAX_LENGTH) return undefined;
    const match = this.#pattern.exec(text);
    if (match === null) return undefined;
    const { columns, meta, data } = this.#captures;
    const name = columns.name === 0 ? undefined : match[columns.name];
    const created = columns.created === 0 ? undefined : match[columns.created];
    const levelno = columns.levelno === 0 ? undefined : match[columns.levelno];
    let message = columns.message === 0 ? undefined : match[columns.message];
    if (options.raw) return { ...rawColumns({ name, created, levelno, message }, options.now), logrec: text };
    if (message === undefined && columns.msg !== 0) message = match[columns.msg];
    if (name === undefined || created === undefined || levelno === undefined || message === undefined)
      return undefined;
    return {
      name: readName(name),
      ts: readCreated(created),
      level: readLevel(levelno),
      message: readMessage(message),
      logrec: joinGroups(joinRuns(match, meta), joinRuns(match, data), ''),
    };
  }
}

function joinRuns(match: RegExpExecArray, captures: readonly number[]): string {
  let runs = '';
  for (const capture of captures) runs += runs === '' ? match[capture] : `, ${match[capture]}`;
  return runs;
}

function describe(reader: ObjectReader, leads: readonly Lead[]): { source: string; captures: Captures } {
  const columns = { name: 0, created: 0, levelno: 0, message: 0, msg: 0 };
  const runs: { meta: number[]; data: number[] } = { meta: [], data: [] };
  let captured = 0;
  let source = '^\\{';
  let run: 'meta' | 'data' | undefined;
  for (const [index, lead] of leads.entries()) {
    const kind = reader.kinds[index] ?? FIELD.DATA;
    const group = isMeta(kind) ? 'meta' : kind === FIELD.DATA ? 'data' : undefined;
    if (run !== undefined && run !== group) source += ')';
    source += RegExp.escape(lead.text.slice(0, lead.key));
    if (group !== undefined && group !== run) {
      source += '(';
      captured += 1;
      runs[group].push(captured);
    }
    run = group;
    source += RegExp.escape(lead.text.slice(lead.key));
    const value = valuePattern(reader.value(index), kind);
    const column = COLUMNS.get(kind);
    if (column === undefined) source += value;
    else {
      source += `(${value})`;
      captured += 1;
      columns[column] = captured;
    }
  }
  source += `${run === undefined ? '' : ')'}\\}$`;
  return { source, captures: { columns, ...runs } };
}
