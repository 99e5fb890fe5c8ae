import {
  addImaginary,
  negate,
  numberIdentity,
  numberToJson,
  type PythonNumber,
  readPythonNumber,
} from './python-number.ts';
import { type PythonString, readPythonString } from './python-string.ts';

/** Python 3.8 gives up a little above; deeper text stays text. */
const MAX_DEPTH = 100;
/** Longer text, of which there is none in logs, would be taken apart into many times its memory. */
const MAX_LENGTH = 4 * 1024 * 1024;
const WORD = /None|True|False|set|\.\.\./y;
const WORDS: Readonly<Record<string, string>> = { None: 'null', True: 'true', False: 'false' };

/** A value that was read. */
interface Value {
  readonly start: number;
  readonly end: number;
  /** Its JSON text; undefined for bytes, complex numbers, sets and Ellipsis. */
  readonly json: string | undefined;
  /** Equal values have equal identities; undefined for what cannot be a key. */
  readonly identity: string | undefined;
  /** As a key in JSON, of strings, numbers and names. */
  readonly key?: string;
  readonly number?: PythonNumber;
  /** A number behind a sign, or a sum: it takes no further sign. */
  readonly isSigned?: boolean;
  /** The bare name `set`, which only counts with `()` behind it. */
  readonly isSetName?: boolean;
}

/**
 * The value that `ast.literal_eval` of Python 3.8 to 3.13 makes of a text, as JSON text; undefined when it would raise.
 *
 * Integers are exact, floats are printed as Python does, infinities are the text "Infinity". A part that has no JSON
 * form (bytes, complex, set, Ellipsis) is its own source text as a JSON string, and so is such a key; keys that are
 * equal in Python, 1 and True, are one, and its last value counts. As in Python 3.8 a blank before the literal makes it
 * text. Where Python has limits of its own this reads on: integers of more than 4,300 digits, and it stops earlier at
 * brackets deeper than 100, at 50,000 digits of another base than ten and at 4 Mi characters in all.
 */
export function literalToJson(text: string): string | undefined {
  if (text.length > MAX_LENGTH || text.includes('\0') || !text.isWellFormed()) return undefined;
  const value = new LiteralReader(text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text).read();
  if (value === undefined) return undefined;
  return value.json ?? JSON.stringify(text);
}

/** Recursive descent; `undefined` from any method means that the text is no literal. */
class LiteralReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): Value | undefined {
    if (!this.#beginLine()) return undefined;
    const value = this.#items();
    if (value === undefined) return undefined;
    return this.#endLines() ? value : undefined;
  }

  /** Goes over what may follow a literal. Blanks alone in a last line that is not ended would indent something. */
  #endLines(): boolean {
    let isFirstLine = true;
    let isIndented = false;
    for (;;) {
      const next = this.#text[this.#at];
      if (next === undefined) return !isIndented;
      if (next === ' ' || next === '\t') isIndented = !isFirstLine;
      else if (next === '\f') isIndented = false;
      else if (next === '\n') {
        isFirstLine = false;
        isIndented = false;
      } else if (next === '#') {
        this.#skipComment();
        isIndented = false;
      } else if (this.#isContinuation()) this.#at += 1;
      else return false;
      this.#at += 1;
    }
  }

  /**
   * Goes over empty lines and comments to the line of the literal. Blanks before that one would indent it, which Python
   * refuses; a form feed takes the blanks before it back.
   */
  #beginLine(): boolean {
    let isIndented = false;
    for (;;) {
      const next = this.#text[this.#at];
      if (next === ' ' || next === '\t') isIndented = true;
      else if (next === '\n' || next === '\f') isIndented = false;
      else if (next === '#') this.#skipComment();
      else if (!this.#isContinuation()) return !isIndented;
      else if (isIndented) return false;
      else this.#at += 1;
      this.#at += 1;
    }
  }

  #skipComment(): void {
    const end = this.#text.indexOf('\n', this.#at);
    // To the last character of the comment.
    this.#at = (end === -1 ? this.#text.length : end) - 1;
  }

  /** A backslash at the end of a line, which must not be the last one. */
  #isContinuation(): boolean {
    const at = this.#at;
    return this.#text[at] === '\\' && this.#text[at + 1] === '\n' && at + 2 < this.#text.length;
  }

  /** Blanks between tokens; inside brackets line breaks and comments are such. */
  #blanks(): void {
    for (;;) {
      const next = this.#text[this.#at];
      const isLine = next === '\n' || next === '#';
      if (next === ' ' || next === '\t' || next === '\f' || (isLine && this.#depth > 0)) {
        if (next === '#') this.#skipComment();
      } else if (this.#isContinuation()) this.#at += 1;
      else return;
      this.#at += 1;
    }
  }

  #take(character: string): boolean {
    this.#blanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #source(value: Value): string {
    return this.#text.slice(value.start, value.end);
  }

  #json(value: Value): string {
    return value.json ?? JSON.stringify(this.#source(value));
  }

  /** One value, or several with commas: a tuple. Ends before what closes it. */
  #items(): Value | undefined {
    const start = this.#at;
    const first = this.#item();
    if (first === undefined || !this.#take(',')) return first;
    const values = [this.#json(first)];
    const identities = [first.identity];
    for (;;) {
      const before = this.#at;
      this.#blanks();
      if (!this.#startsItem()) {
        this.#at = before;
        break;
      }
      const value = this.#item();
      if (value === undefined) return undefined;
      values.push(this.#json(value));
      identities.push(value.identity);
      if (!this.#take(',')) break;
    }
    const identity = identities.includes(undefined) ? undefined : `(${identities.join(',')})`;
    return { start, end: this.#at, json: `[${values.join(', ')}]`, identity };
  }

  #startsItem(): boolean {
    const next = this.#text[this.#at];
    return next !== undefined && next !== ')' && next !== '\n' && next !== '#';
  }

  /** A value with its sign, or the sum of a real and an imaginary number. */
  #item(): Value | undefined {
    const left = this.#signed();
    if (left?.number === undefined) return left?.isSetName ? undefined : left;
    this.#blanks();
    const sign = this.#text[this.#at];
    if (sign !== '+' && sign !== '-') return left;
    if (left.number.type === 'complex') return undefined;
    this.#at += 1;
    const right = this.#atom();
    if (right?.number === undefined || right.isSigned) return undefined;
    const sum = addImaginary(left.number, sign, right.number);
    return sum && { ...numberValue(sum, left.start, right.end), isSigned: true };
  }

  #signed(): Value | undefined {
    this.#blanks();
    const start = this.#at;
    const sign = this.#text[start];
    if (sign !== '+' && sign !== '-') return this.#atom();
    this.#at += 1;
    const operand = this.#atom();
    if (operand?.number === undefined || operand.isSigned) return undefined;
    const number = sign === '-' ? negate(operand.number) : operand.number;
    return { ...numberValue(number, start, operand.end), isSigned: true };
  }

  #atom(): Value | undefined {
    this.#blanks();
    const start = this.#at;
    switch (this.#text[start]) {
      case '(':
        return this.#bracket(() => this.#parenthesis(start));
      case '[':
        return this.#bracket(() => this.#list(start));
      case '{':
        return this.#bracket(() => this.#braces(start));
      default:
        return this.#word(start) ?? this.#number(start) ?? this.#strings(start);
    }
  }

  #bracket(read: () => Value | undefined): Value | undefined {
    if (this.#depth === MAX_DEPTH) return undefined;
    this.#at += 1;
    this.#depth += 1;
    const value = read();
    this.#depth -= 1;
    return value?.isSetName ? this.#emptySet(value) : value;
  }

  #word(start: number): Value | undefined {
    WORD.lastIndex = start;
    const word = WORD.exec(this.#text)?.[0];
    if (word === undefined) return undefined;
    this.#at = WORD.lastIndex;
    const end = this.#at;
    if (word === 'set')
      return this.#emptySet({ start, end, json: undefined, identity: undefined, isSetName: true });
    const json = WORDS[word];
    // True and False are 1 and 0 to Python.
    const identity = word === 'True' ? '1' : word === 'False' ? '0' : word;
    return json === undefined ? { start, end, json, identity } : { start, end, json, identity, key: json };
  }

  /** `set()`, the one call that is a literal, since Python 3.9. */
  #emptySet(name: Value): Value {
    const before = this.#at;
    if (this.#take('(')) {
      this.#depth += 1;
      const closed = this.#take(')');
      this.#depth -= 1;
      if (closed) return { start: name.start, end: this.#at, json: undefined, identity: undefined };
    }
    this.#at = before;
    return name;
  }

  #number(start: number): Value | undefined {
    const found = readPythonNumber(this.#text, start);
    if (found === undefined) return undefined;
    this.#at = found.end;
    return numberValue(found.number, start, found.end);
  }

  /** Strings that follow each other are one; text and bytes do not mix. */
  #strings(start: number): Value | undefined {
    const first = readPythonString(this.#text, start);
    if (first === undefined) return undefined;
    const values: string[] = [];
    let end = start;
    for (let part: PythonString | undefined = first; part !== undefined; ) {
      if (part.isBytes !== first.isBytes) return undefined;
      values.push(part.value);
      end = part.end;
      this.#at = end;
      this.#blanks();
      part = readPythonString(this.#text, this.#at);
    }
    this.#at = end;
    const value = values.join('');
    const quoted = JSON.stringify(value);
    if (first.isBytes) return { start, end, json: undefined, identity: `b${quoted}` };
    return { start, end, json: quoted, identity: quoted, key: value };
  }

  #parenthesis(start: number): Value | undefined {
    if (this.#take(')')) return { start, end: this.#at, json: '[]', identity: '()' };
    const inner = this.#items();
    if (inner === undefined || !this.#take(')')) return undefined;
    return { ...inner, start, end: this.#at };
  }

  #list(start: number): Value | undefined {
    const values: string[] = [];
    while (!this.#take(']')) {
      const value = this.#item();
      if (value === undefined) return undefined;
      values.push(this.#json(value));
      if (this.#take(',')) continue;
      if (!this.#take(']')) return undefined;
      break;
    }
    return { start, end: this.#at, json: `[${values.join(', ')}]`, identity: undefined };
  }

  #braces(start: number): Value | undefined {
    if (this.#take('}')) return { start, end: this.#at, json: '{}', identity: undefined };
    const first = this.#item();
    if (first?.identity === undefined) return undefined;
    return this.#take(':') ? this.#dict(start, first) : this.#set(start);
  }

  #set(start: number): Value | undefined {
    while (!this.#take('}')) {
      if (!this.#take(',')) return undefined;
      if (this.#take('}')) break;
      if (this.#item()?.identity === undefined) return undefined;
    }
    return { start, end: this.#at, json: undefined, identity: undefined };
  }

  /** From behind the first colon. */
  #dict(start: number, first: Value): Value | undefined {
    const keys = new Map<string, string>();
    const members = new Map<string, string>();
    for (let key = first; ; ) {
      const value = this.#item();
      if (value === undefined || key.identity === undefined) return undefined;
      const known = keys.get(key.identity) ?? key.key ?? this.#source(key);
      keys.set(key.identity, known);
      members.set(known, this.#json(value));
      const comma = this.#take(',');
      if (this.#take('}')) break;
      const next = comma ? this.#item() : undefined;
      if (next === undefined || !this.#take(':')) return undefined;
      key = next;
    }
    const json = Array.from(members, ([key, value]) => `${JSON.stringify(key)}: ${value}`).join(', ');
    return { start, end: this.#at, json: `{${json}}`, identity: undefined };
  }
}

function numberValue(number: PythonNumber, start: number, end: number): Value {
  const json = numberToJson(number);
  const value = { start, end, json, identity: numberIdentity(number), number };
  return json === undefined ? value : { ...value, key: json.startsWith('"') ? json.slice(1, -1) : json };
}
