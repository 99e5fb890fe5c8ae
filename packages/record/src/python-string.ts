import { unicodeCharacter } from './unicode-names.ts';

const OPENING = /([rR][bB]?|[bB][rR]?|[uU])?('''|"""|'|")/y;
/** Backslash and one character; the line break is joined away. */
const SINGLE: ReadonlyMap<string, string> = new Map([
  ['\n', ''],
  ['\\', '\\'],
  ["'", "'"],
  ['"', '"'],
  ['a', '\x07'],
  ['b', '\b'],
  ['f', '\f'],
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['v', '\v'],
]);
/** How many hexadecimal digits follow, in text; bytes know only the first. */
const HEX_LENGTH: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };
const HEX = /^[0-9a-fA-F]+$/;
const OCTAL = /[0-7]{1,3}/y;
/** So many pieces are joined at a time, lest a text of escapes costs many times its length. */
const PIECES = 4096;

export interface PythonString {
  readonly isBytes: boolean;
  /** The characters, or one of U+0000 to U+00FF for each byte. */
  readonly value: string;
  readonly end: number;
}

/** The one string literal that begins at `from`; undefined where none does or Python would refuse it. */
export function readPythonString(text: string, from: number): PythonString | undefined {
  OPENING.lastIndex = from;
  const opening = OPENING.exec(text);
  if (opening === null) return undefined;
  const prefix = (opening[1] ?? '').toLowerCase();
  const quote = opening[2] ?? '';
  const start = OPENING.lastIndex;
  const close = closingQuote(text, start, quote);
  if (close === -1) return undefined;
  const body = text.slice(start, close);
  const isBytes = prefix.includes('b');
  if (isBytes && !isAscii(body)) return undefined;
  const isRaw = prefix.includes('r') || !body.includes('\\');
  const value = isRaw ? body : undoEscapes(body, isBytes);
  return value === undefined ? undefined : { isBytes, value, end: close + quote.length };
}

/** A backslash keeps the next character from closing, in raw strings too; a line ends a string of single quotes. */
function closingQuote(text: string, start: number, quote: string): number {
  let at = start;
  let end = -1;
  for (;;) {
    if (end < at) end = text.indexOf(quote, at);
    if (end === -1) return -1;
    // Searched in slices: a search that may run to the end of the text, once a string, takes quadratic time.
    const backslash = text.slice(at, end).indexOf('\\');
    const stop = backslash === -1 ? end : at + backslash;
    if (quote.length === 1 && text.slice(at, stop).includes('\n')) return -1;
    if (stop === end) return end;
    at = stop + 2;
  }
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 0x7f) return false;
  }
  return true;
}

function undoEscapes(body: string, isBytes: boolean): string | undefined {
  const joined: string[] = [];
  let pieces: string[] = [];
  let at = 0;
  for (let backslash = body.indexOf('\\'); backslash !== -1; backslash = body.indexOf('\\', at)) {
    const found = readEscape(body, backslash, isBytes);
    if (found === undefined) return undefined;
    pieces.push(body.slice(at, backslash), found.text);
    at = found.end;
    if (pieces.length >= PIECES) {
      joined.push(pieces.join(''));
      pieces = [];
    }
  }
  pieces.push(body.slice(at));
  joined.push(pieces.join(''));
  return joined.join('');
}

interface Escape {
  readonly text: string;
  readonly end: number;
}

/** The escape at the backslash; one that Python does not know stands for itself, a broken one is refused. */
function readEscape(body: string, backslash: number, isBytes: boolean): Escape | undefined {
  const at = backslash + 1;
  const letter = body[at] ?? '';
  const single = SINGLE.get(letter);
  if (single !== undefined) return { text: single, end: at + 1 };
  OCTAL.lastIndex = at;
  const octal = OCTAL.exec(body)?.[0];
  if (octal !== undefined) {
    const code = Number.parseInt(octal, 8);
    return { text: String.fromCharCode(isBytes ? code & 0xff : code), end: at + octal.length };
  }
  const length = isBytes && letter !== 'x' ? undefined : HEX_LENGTH[letter];
  if (length !== undefined) return readHexEscape(body, at + 1, length);
  if (letter === 'N' && !isBytes) return readNamedEscape(body, at + 1);
  return { text: '\\', end: at };
}

function readHexEscape(body: string, start: number, length: number): Escape | undefined {
  const digits = body.slice(start, start + length);
  const code = digits.length === length && HEX.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
  return code <= 0x10ffff ? { text: String.fromCodePoint(code), end: start + length } : undefined;
}

function readNamedEscape(body: string, start: number): Escape | undefined {
  const end = body.indexOf('}', start);
  if (body[start] !== '{' || end === -1) return undefined;
  const code = unicodeCharacter(body.slice(start + 1, end));
  return code === undefined ? undefined : { text: String.fromCodePoint(code), end: end + 1 };
}
