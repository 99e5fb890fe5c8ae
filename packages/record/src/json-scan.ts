const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Deeper documents are refused: what reads them later may recurse. */
const MAX_DEPTH = 500;
// What JSON forbids inside strings. V8 searches for sixteen neighbours with vector instructions, 55 ns in 800 bytes, for
// all thirty-two one by one, 350 ns.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const LOW_CONTROL = /[\u0000-\u000f]/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const HIGH_CONTROL = /[\u0010-\u001f]/;

/**
 * A validating pass over JSON text (RFC 8259, with NaN, Infinity and -Infinity as Python writes them) that makes nothing
 * of it: each method takes the position where something begins and answers the position behind it, or -1.
 *
 * `String.prototype.indexOf` runs at memory speed where a loop of `charCodeAt` takes 3 ns a character (bench/json-scan.ts),
 * so strings are leapt over from quote to quote.
 */
export class JsonScanner {
  text = '';
  /** NaN or an infinity was met since `open`. */
  constants = false;
  /** The text has characters below U+0020, so that strings must be searched for them. */
  controls = false;
  /** The next backslash at or behind the last string, or the text's length. */
  #backslash = 0;
  #objects = new Uint8Array(MAX_DEPTH + 1);

  open(text: string): void {
    this.text = text;
    this.constants = false;
    this.controls = LOW_CONTROL.test(text) || HIGH_CONTROL.test(text);
    const backslash = text.indexOf('\\');
    this.#backslash = backslash === -1 ? text.length : backslash;
  }

  skipBlanks(from: number): number {
    let at = from;
    for (;;) {
      const code = this.text.charCodeAt(at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return at;
      at += 1;
    }
  }

  /** `from` is the position behind the opening quote. */
  skipString(from: number): number {
    const end = this.text.indexOf('"', from);
    if (end === -1) return -1;
    if (this.#backslash < from) this.#seekBackslash(from);
    if (this.#backslash < end) return this.#skipEscapedString(from, end);
    return this.controls && this.#hasControl(from, end) ? -1 : end + 1;
  }

  #seekBackslash(from: number): void {
    const found = this.text.indexOf('\\', from);
    this.#backslash = found === -1 ? this.text.length : found;
  }

  #skipEscapedString(from: number, firstQuote: number): number {
    const { text } = this;
    let end = firstQuote;
    while (this.#backslash < end) {
      const next = this.#skipEscape(this.#backslash + 1);
      if (next === -1) return -1;
      if (end < next) {
        end = text.indexOf('"', next);
        if (end === -1) return -1;
      }
      this.#seekBackslash(next);
    }
    return this.controls && this.#hasControl(from, end) ? -1 : end + 1;
  }

  #skipEscape(at: number): number {
    switch (this.text.charCodeAt(at)) {
      case QUOTE:
      case BACKSLASH:
      case 0x2f: // /
      case 0x62: // b
      case 0x66: // f
      case 0x6e: // n
      case 0x72: // r
      case 0x74: // t
        return at + 1;
      case 0x75: // u
        for (let digit = at + 1; digit <= at + 4; digit += 1) {
          if (!isHexDigit(this.text.charCodeAt(digit))) return -1;
        }
        return at + 5;
      default:
        return -1;
    }
  }

  #hasControl(from: number, end: number): boolean {
    for (let at = from; at < end; at += 1) {
      if (this.text.charCodeAt(at) < 0x20) return true;
    }
    return false;
  }

  /** The whole text as one value of any type, blanks around it allowed. */
  isValue(): boolean {
    const end = this.skipValue(this.skipBlanks(0), 0);
    return end !== -1 && this.skipBlanks(end) === this.text.length;
  }

  /** A value of any type; `depth` is how many arrays and objects it is in. */
  skipValue(from: number, depth: number): number {
    const code = this.text.charCodeAt(from);
    if (code === QUOTE) return this.skipString(from + 1);
    if (code === 0x7b || code === 0x5b) return this.#skipNested(from, depth);
    return this.#skipScalar(from, code);
  }

  #skipScalar(from: number, code: number): number {
    const { text } = this;
    switch (code) {
      case 0x6e:
        return text.startsWith('null', from) ? from + 4 : -1;
      case 0x74:
        return text.startsWith('true', from) ? from + 4 : -1;
      case 0x66:
        return text.startsWith('false', from) ? from + 5 : -1;
      case 0x4e:
        this.constants = true;
        return text.startsWith('NaN', from) ? from + 3 : -1;
      case 0x49:
        this.constants = true;
        return text.startsWith('Infinity', from) ? from + 8 : -1;
      default:
        return this.#skipNumber(from, code);
    }
  }

  #skipNumber(from: number, first: number): number {
    const { text } = this;
    let at = from;
    let code = first;
    if (code === 0x2d) {
      at += 1;
      code = text.charCodeAt(at);
      if (code === 0x49) return this.#skipScalar(at, code);
    }
    if (code === 0x30) at += 1;
    else {
      at = this.#skipDigits(at);
      if (at === -1) return -1;
    }
    code = text.charCodeAt(at);
    if (code === 0x2e) {
      at = this.#skipDigits(at + 1);
      if (at === -1) return -1;
      code = text.charCodeAt(at);
    }
    if (code !== 0x65 && code !== 0x45) return at;
    code = text.charCodeAt(at + 1);
    return this.#skipDigits(code === 0x2b || code === 0x2d ? at + 2 : at + 1);
  }

  #skipDigits(from: number): number {
    let at = from;
    for (;;) {
      const code = this.text.charCodeAt(at);
      // NaN, behind the end, is neither.
      if (!(code >= 0x30 && code <= 0x39)) return at === from ? -1 : at;
      at += 1;
    }
  }

  #skipNested(from: number, outer: number): number {
    const objects = this.#objects;
    let depth = outer;
    let at = from;
    for (;;) {
      // At the beginning of a value.
      const code = this.text.charCodeAt(at);
      if (code === 0x7b || code === 0x5b) {
        depth += 1;
        if (depth > MAX_DEPTH) return -1;
        const isObject = code === 0x7b;
        objects[depth] = isObject ? 1 : 0;
        at = this.skipBlanks(at + 1);
        if (this.text.charCodeAt(at) !== (isObject ? 0x7d : 0x5d)) {
          if (isObject) at = this.#skipKey(at);
          if (at === -1) return -1;
          continue;
        }
        at += 1;
        depth -= 1;
      } else {
        at = code === QUOTE ? this.skipString(at + 1) : this.#skipScalar(at, code);
        if (at === -1) return -1;
      }
      // Behind a value: close what ends here.
      for (;;) {
        if (depth === outer) return at;
        at = this.skipBlanks(at);
        const next = this.text.charCodeAt(at);
        const isObject = objects[depth] === 1;
        at += 1;
        if (next === 0x2c) {
          at = this.skipBlanks(at);
          if (isObject) at = this.#skipKey(at);
          if (at === -1) return -1;
          break;
        }
        if (next !== (isObject ? 0x7d : 0x5d)) return -1;
        depth -= 1;
      }
    }
  }

  /** A key, its colon and the blanks up to the value. */
  #skipKey(from: number): number {
    if (this.text.charCodeAt(from) !== QUOTE) return -1;
    const end = this.skipString(from + 1);
    if (end === -1) return -1;
    const colon = this.skipBlanks(end);
    return this.text.charCodeAt(colon) === 0x3a ? this.skipBlanks(colon + 1) : -1;
  }
}

function isHexDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}
