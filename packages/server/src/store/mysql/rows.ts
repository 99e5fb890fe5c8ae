import type { LogRecord } from '@chronologer/record';
import { dateTime, quoted } from './literal.ts';
import { type JsonLimits, nearestJson } from './nearest.ts';
import type { ExactTexts } from './texts.ts';

/** Characters (code points) that the columns hold. */
export const NAME_LENGTH = 127;
const MESSAGE_LENGTH = 255;

/**
 * Bytes of a name that filters can tell apart: a prefix comes in the head of a request, which is shorter. What is behind
 * them only the exact texts hold, which are cut into pieces; in one literal it might be larger than a packet.
 */
const SEARCHED_BYTES = 163_840;

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

/** The one place where a record becomes a row. */
export function rowOf({ name, ts, level, message, logrec }: LogRecord, column: JsonColumn): RecordRow {
  const [shortName, shortMessage] = [cut(name, NAME_LENGTH), cut(message, MESSAGE_LENGTH)];
  const json = column === 'exact' ? logrec : nearestJson(logrec, column);
  return {
    values: `${quoted(shortName)}, '${dateTime(ts)}', ${level}, ${quoted(shortMessage)}, ${quoted(json)}`,
    searchedName: searchedPart(name),
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

function searchedPart(name: string): string {
  if (3 * name.length <= SEARCHED_BYTES) return name;
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(SEARCHED_BYTES));
  return name.slice(0, read);
}
