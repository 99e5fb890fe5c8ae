import type { Texts } from './blocks/texts.ts';

/** Bytes that are made a string at once: a larger one would stay until the collector's next great round. */
const STRING_BYTES = 65_536;

/**
 * A first condition that one value of logrec equals a whole number or a plain text, alone or followed by AND. Such texts
 * and keys have no character that JSON escapes in another way than \u00XX.
 */
const EQUALITY =
  /^\s*(?:json_extract\s*\(\s*logrec\s*,\s*'\$(?<path>(?:\.[a-z_]\w*)+)'\s*\)|logrec\s*->>\s*'\$(?<arrow>(?:\.[a-z_]\w*)+)')\s*=\s*(?:(?<number>\d{1,12})|'(?<text>[\w .:@-]+)')\s*(?:$|\sAND\s)/i;

/** An OR anywhere may reach over the first condition. */
const OR = /\bor\b/i;

/** JSON's white space. */
const SPACE = '[ \\t\\n\\r]*';

/** How an ASCII letter, digit or sign would be written otherwise. */
const ESCAPE = '\\u00';

/** Tells from the bytes of `logrec` which records an expression may hold for: all others are certain not to be meant. */
export class JsonEquality {
  readonly #pattern: RegExp;

  private constructor(pattern: string) {
    this.#pattern = new RegExp(pattern, 'g');
  }

  /** Undefined for an expression of which nothing is certain. */
  static of(expression: string): JsonEquality | undefined {
    const { path, arrow, number, text } = EQUALITY.exec(expression)?.groups ?? {};
    if (OR.test(expression)) return undefined;
    const key = (path ?? arrow)?.split('.').at(-1);
    if (key === undefined) return undefined;
    const before = `"${key}"${SPACE}:${SPACE}`;
    if (text !== undefined) return new JsonEquality(`${before}"${text.replaceAll('.', '\\.')}"`);
    const whole = Number(number);
    // SQLite's true and false are 1 and 0.
    if (!(whole >= 2)) return undefined;
    return new JsonEquality(`${before}(?:${wholeNumber(whole)})`);
  }

  /** The places of the records that may be meant, ascending. */
  places(texts: Texts): number[] {
    const { starts, count } = texts;
    const found: number[] = [];
    for (let first = 0, end = 0; first < count; first = end) {
      end = first + 1;
      while (end < count && (starts[end + 1] ?? 0) - (starts[first] ?? 0) <= STRING_BYTES) end++;
      this.#search(texts, first, end, found);
    }
    return found;
  }

  /** Adds the places from `first` to before `end`. */
  #search({ starts, bytes }: Texts, first: number, end: number, found: number[]): void {
    const offset = starts[first] ?? 0;
    // A byte a character: what is looked for is ASCII, and no other character has such bytes in UTF-8.
    const part = bytes.toString('latin1', offset, starts[end]);
    let place = first;
    const pattern = this.#pattern;
    let escaped = part.indexOf(ESCAPE);
    pattern.lastIndex = 0;
    let match = pattern.test(part) ? pattern.lastIndex - 1 : -1;
    while (escaped !== -1 || match !== -1) {
      const next = offset + (match === -1 || (escaped !== -1 && escaped < match) ? escaped : match);
      while ((starts[place + 1] ?? Number.POSITIVE_INFINITY) <= next) place++;
      found.push(place);
      // On behind this record.
      const behind = (starts[place + 1] ?? 0) - offset;
      if (escaped !== -1 && escaped < behind) escaped = part.indexOf(ESCAPE, behind);
      if (match !== -1 && match < behind) {
        pattern.lastIndex = behind;
        match = pattern.test(part) ? pattern.lastIndex - 1 : -1;
      }
    }
  }
}

/**
 * What a JSON number begins with that may equal a whole one of up to 12 digits: its digits; the number below with a
 * fraction so near to 1 that it is rounded; any with an exponent. A larger or smaller beginning is another number,
 * as are negative ones, and text, true, false, null, arrays and objects equal none.
 */
function wholeNumber(whole: number): string {
  return `${whole}(?![0-9])|${whole - 1}\\.9|[0-9]+(?:\\.[0-9]+)?[eE]`;
}
