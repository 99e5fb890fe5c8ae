import { unicodeCharacter } from './unicode-names.ts';

const OPENING = /([rR][bB]?|[bB][rR]?|[uU])?('''|"""|'|")/y;
const ESCAPE =
  /\\(?:(\n)|([\\'"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|N\{([^}]*)\}|([xuUN]))/g;
const BYTES_ESCAPE = /\\(?:(\n)|([\\'"abfnrtv])|([0-7]{1,3})|x([0-9a-fA-F]{2})|(x))/g;
const SINGLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

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
  const value = isRaw ? body : isBytes ? unescapeBytes(body) : unescapeText(body);
  return value === undefined ? undefined : { isBytes, value, end: close + quote.length };
}

/** A backslash keeps the next character from closing, in raw strings too; a line ends a string of single quotes. */
function closingQuote(text: string, start: number, quote: string): number {
  let at = start;
  for (;;) {
    const end = text.indexOf(quote, at);
    if (end === -1) return -1;
    const backslash = text.indexOf('\\', at);
    const stop = backslash === -1 || backslash > end ? end : backslash;
    if (quote.length === 1) {
      const line = text.indexOf('\n', at);
      if (line !== -1 && line < stop) return -1;
    }
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

function unescapeText(body: string): string | undefined {
  let valid = true;
  const value = body.replace(ESCAPE, (_, line, single, octal, hex2, hex4, hex8, name, broken) => {
    if (line !== undefined) return '';
    if (single !== undefined) return SINGLE[single] ?? single;
    const code =
      octal !== undefined
        ? Number.parseInt(octal, 8)
        : broken === undefined && name === undefined
          ? Number.parseInt(hex2 ?? hex4 ?? hex8, 16)
          : name === undefined
            ? undefined
            : unicodeCharacter(name);
    if (code === undefined || code > 0x10ffff) {
      valid = false;
      return '';
    }
    return String.fromCodePoint(code);
  });
  return valid ? value : undefined;
}

function unescapeBytes(body: string): string | undefined {
  let valid = true;
  const value = body.replace(BYTES_ESCAPE, (_, line, single, octal, hex, broken) => {
    if (line !== undefined) return '';
    if (single !== undefined) return SINGLE[single] ?? single;
    if (broken !== undefined) valid = false;
    return String.fromCharCode(
      octal === undefined ? Number.parseInt(hex, 16) : Number.parseInt(octal, 8) & 0xff,
    );
  });
  return valid ? value : undefined;
}
