import { asciiJson, type Hole } from './form-holes.ts';

/**
 * The form of a JSON object's text: the text with holes in place of the values that a column of type JSON gives back,
 * `{"meta": {"lineno": %d}}`. What it does not give back to the letter stays in the form: nulls, empty objects and arrays,
 * arrays of arrays, numbers with an exponent or beyond 64 bits, unusual escapes.
 *
 * It is one pass over a text that is known to be a JSON object; what the form's keys must be like is seen when it is learned.
 */
export function formOf(text: string): string {
  return new FormWriter(text).write();
}

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Whole numbers that are certainly Int64. */
const WHOLE = /^(?:0|-?[1-9]\d{0,17})$/;
const FRACTION = /^-?(?:0|[1-9]\d*)\.(\d+)$/;
const MOST_DIGITS = 20;
/** An escape such as json.dumps of Python writes for every character beyond ASCII. */
const ASCII_STYLE = /\\u(?!00[01])/;

class FormWriter {
  readonly #text: string;
  readonly #hasEscapes: boolean;
  readonly #isAscii: boolean;
  /** Between the elements of an array of one, which shows none: what the first key's colon tells. */
  readonly #separator: string;
  #form = '';
  /** How far the text is in the form. */
  #written = 0;

  constructor(text: string) {
    this.#text = text;
    this.#hasEscapes = text.includes('\\');
    this.#isAscii = this.#hasEscapes && ASCII_STYLE.test(text);
    this.#separator = text.charCodeAt(this.#skipString(text.indexOf('"')) + 1) === 0x20 ? ', ' : ',';
  }

  write(): string {
    this.#object(0);
    return this.#form + this.#text.slice(this.#written);
  }

  /** From the brace of an object to the position behind it. */
  #object(from: number): number {
    const text = this.#text;
    let at = this.#skipBlanks(from + 1);
    while (text.charCodeAt(at) !== CLOSE_BRACE) {
      if (text.charCodeAt(at) === COMMA) at = this.#skipBlanks(at + 1);
      // Behind the key and its colon.
      at = this.#skipBlanks(this.#skipBlanks(this.#skipString(at)) + 1);
      at = this.#skipBlanks(this.#value(at));
    }
    return at + 1;
  }

  #value(at: number): number {
    const text = this.#text;
    const first = text.charCodeAt(at);
    if (first === OPEN_BRACE) return this.#object(at);
    let end: number;
    let hole: Hole | undefined;
    if (first === QUOTE) {
      end = this.#skipString(at);
      hole = this.#ofString(text.slice(at, end));
    } else if (first === OPEN_BRACKET) {
      end = this.#skipArray(at);
      hole = this.#ofArray(at, end);
    } else {
      end = this.#skipScalar(at);
      hole = ofScalar(text.slice(at, end));
    }
    if (hole !== undefined) {
      this.#form += text.slice(this.#written, at) + hole;
      this.#written = end;
    }
    return end;
  }

  #ofString(json: string): Hole | undefined {
    if (!this.#hasEscapes) return '%s';
    if (!json.includes('\\')) return this.#isAscii && asciiJson(json) === json ? '%a' : '%s';
    const value: unknown = JSON.parse(json);
    const plain = JSON.stringify(value);
    if (this.#isAscii && asciiJson(plain) === json) return '%a';
    return plain === json ? '%s' : undefined;
  }

  /** An array of whole numbers or of strings, all between the same separators. */
  #ofArray(from: number, end: number): Hole | undefined {
    const text = this.#text;
    let separator: string | undefined;
    let kind: Hole | undefined;
    for (let at = from + 1; at < end; ) {
      const isString = text.charCodeAt(at) === QUOTE;
      const behind = isString ? this.#skipString(at) : this.#skipScalar(at);
      const json = text.slice(at, behind);
      const element = isString ? this.#ofString(json) : WHOLE.test(json) ? '%d' : undefined;
      kind ??= element;
      if (element === undefined || element !== kind) return undefined;
      if (behind === end - 1) return `${kind}[${separator ?? this.#separator}]`;
      at = this.#skipBlanks(behind + 1);
      const between = text.slice(behind, at);
      separator ??= between;
      if (between !== separator || (between !== ', ' && between !== ',')) return undefined;
    }
    return undefined;
  }

  /** Behind a string, from its quote. */
  #skipString(from: number): number {
    const text = this.#text;
    let end = text.indexOf('"', from + 1);
    while (text.charCodeAt(end - 1) === BACKSLASH && this.#isEscaped(end)) end = text.indexOf('"', end + 1);
    return end + 1;
  }

  #isEscaped(quote: number): boolean {
    let first = quote - 1;
    while (this.#text.charCodeAt(first) === BACKSLASH) first--;
    return (quote - first) % 2 === 0;
  }

  #skipArray(from: number): number {
    const text = this.#text;
    let depth = 0;
    for (let at = from; ; ) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        at = this.#skipString(at);
        continue;
      }
      if (code === OPEN_BRACKET) depth++;
      at++;
      if (code === CLOSE_BRACKET && --depth === 0) return at;
    }
  }

  #skipScalar(from: number): number {
    let at = from;
    for (let code = this.#text.charCodeAt(at); isOfScalar(code); code = this.#text.charCodeAt(at)) at++;
    return at;
  }

  #skipBlanks(from: number): number {
    let at = from;
    while (this.#text.charCodeAt(at) <= 0x20) at++;
    return at;
  }
}

/** Digits, letters, sign and point; never the end of a text, whose code is no number. */
function isOfScalar(code: number): boolean {
  return code >= PLUS && code !== COMMA && code !== CLOSE_BRACKET && code !== CLOSE_BRACE;
}

function ofScalar(json: string): Hole | undefined {
  if (WHOLE.test(json)) return '%d';
  if (json === 'true' || json === 'false') return '%b';
  const decimals = FRACTION.exec(json)?.[1]?.length;
  if (decimals === undefined || decimals > MOST_DIGITS) return undefined;
  const value = Number(json);
  if (String(value) === json) return '%g';
  return value.toFixed(decimals) === json ? `%.${decimals}f` : undefined;
}
