import type { LogRecord } from '@chronologer/record';
import { dateTime, quoted } from './literal.ts';
import { type JsonLimits, nearestJson } from './nearest.ts';
import type { ExactTexts } from './texts.ts';

/** Characters (code points) that the columns hold. */
export const NAME_LENGTH = 127;
const MESSAGE_LENGTH = 255;

/** A record as it goes into the tables. */
export interface RecordRow extends ExactTexts {
  /** The values of `record`, but for its id, as literals of a writing connection. */
  readonly values: string;
  /** The record's own name, as long as filters tell it apart. */
  readonly searchedName: string;
  readonly ts: number;
  readonly level: number;
}

/** How the column logrec is filled: with the text as it is, which the server may refuse, or what it surely takes. */
export type JsonColumn = 'exact' | JsonLimits;

/**
 * The one place where a record becomes a row. `searchedBytes`: of a name as filters see it, more than the head of a request
 * holds. What is behind them only the exact texts have, which are cut into pieces: a literal must fit a packet.
 */
export function rowOf(
  { name, ts, level, message, logrec }: LogRecord,
  column: JsonColumn,
  searchedBytes: number,
): RecordRow {
  const [shortName, shortMessage] = [cut(name, NAME_LENGTH), cut(message, MESSAGE_LENGTH)];
  const json = column === 'exact' ? logrec : nearestJson(logrec, column);
  return {
    values: `${quoted(shortName)}, '${dateTime(ts)}', ${level}, ${quoted(shortMessage)}, ${quoted(json)}`,
    searchedName: searchedPart(name, searchedBytes),
    ts,
    level,
    logrec,
    ...(shortName !== name && { name }),
    ...(shortMessage !== message && { message }),
  };
}

/** The first code points of a text. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  let end = 0;
  for (let count = 0; count < length && end < text.length; count++) {
    end += (text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end);
}

function searchedPart(name: string, bytes: number): string {
  if (3 * name.length <= bytes) return name;
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(bytes));
  return name.slice(0, read);
}
