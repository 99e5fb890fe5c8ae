/** A piece of SQL. `text` is in upper case for words, without its quotes for a quoted name. */
export interface Token {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'sign';
  readonly text: string;
}

/** What cannot be read, or hides something: an end that is missing, a comment, a NUL. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
}

const SPACE = /[ \t\n\v\f\r]+/y;
/** MySQL takes every character beyond ASCII for a letter, and words may begin with a digit. */
const WORD = /[0-9A-Za-z_$\u0080-\uffff]+/y;
/** Whole ones, and those that stand for bytes. With a letter behind them they are words. */
const WHOLE = /(?:0x[0-9a-f]+|0b[01]+|\d+)(?![0-9A-Za-z_$\u0080-\uffff])/iy;
/** Others end where they end: in 1.5OR the next word begins behind the 5. */
const REAL = /(?:\d+\.\d*|\.\d+)(?:e[+-]?\d+)?|\d+e[+-]?\d+/iy;
/** What may be a number, or the part of a column's name behind its table's. */
const UNCLEAR = /(?<=[0-9A-Za-z_$\u0080-\uffff"`])\.\d/y;
const SIGN = /->>|->|<=>|<<|>>|<=|>=|<>|!=|:=|\|\||&&|[-+*/%=<>!~^&|(),.]/y;
/** With ANSI_QUOTES; a backslash has a meaning in strings alone. */
const STRING = /'(?:[^'\\]|''|\\[\s\S])*'/y;
const NAME = /"((?:[^"]|"")*)"|`((?:[^`]|``)*)`/y;

/**
 * The tokens of an expression as MySQL reads it with ANSI_QUOTES. Throws a TokenError for what has no place in one: a
 * comment, a semicolon, a variable, a placeholder, a brace, and whatever is unfinished.
 */
export function tokensOf(sql: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < sql.length; ) {
    const found =
      match(SPACE, sql, at) ??
      match(STRING, sql, at, 'string') ??
      match(NAME, sql, at, 'name') ??
      match(REAL, sql, at, 'number') ??
      match(WHOLE, sql, at, 'number') ??
      match(WORD, sql, at, 'word') ??
      match(SIGN, sql, at, 'sign');
    if (found === undefined || isComment(sql, at) || match(UNCLEAR, sql, at) !== undefined)
      throw new TokenError(`not understood at ${at}`);
    if (found.token !== undefined) tokens.push(found.token);
    at = found.end;
  }
  return tokens;
}

/** `--` begins a comment only before a space or a control character, or at the end; 1--1 is 2. */
function isComment(sql: string, at: number): boolean {
  if (sql.startsWith('/*', at) || sql.startsWith('*/', at)) return true;
  return sql.startsWith('--', at) && !/[^\s\0-\x20\x7f]/.test(sql[at + 2] ?? ' ');
}

function match(pattern: RegExp, sql: string, at: number, kind?: Token['kind']) {
  pattern.lastIndex = at;
  const found = pattern.exec(sql);
  if (found === null) return undefined;
  const end = pattern.lastIndex;
  if (kind === undefined) return { end };
  const text = kind === 'name' ? (found[1] ?? found[2] ?? '') : found[0];
  return { end, token: { kind, text: kind === 'word' ? text.toUpperCase() : text } };
}
