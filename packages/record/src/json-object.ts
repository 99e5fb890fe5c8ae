import { JsonScanner } from './json-scan.ts';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;
const COLON = 0x3a;
const QUOTE = 0x22;
/** Bounds of what is remembered of earlier objects. */
const REMEMBERED_MEMBERS = 64;
const REMEMBERED_LENGTH = 80;
const MISSES_BEFORE_RELEARNING = 8;

/** Bits of a Bloom filter for the keys of one object. */
const FILTER_BITS = 4096;
const filter = new Int32Array(FILTER_BITS / 32);

/** What stands between two values, `, "lineno": `, as earlier objects had it, and what its key means. */
export interface Lead {
  readonly text: string;
  /** Where in it the key's opening quote is. */
  readonly key: number;
  readonly kind: number;
}

/**
 * Reads objects in JSON text to the spans of their members, without making anything of them.
 *
 * `kinds[i]` is what `classify` says of the i-th key. The arrays are used again by the next `read`. The records of one
 * client mostly have the same keys in the same order, so the text that led to the i-th value last time is tried first:
 * where it is there again, comma, key and colon are checked and classified by one comparison.
 */
export class ObjectReader {
  readonly scanner = new JsonScanner();
  count = 0;
  /** Where the object began, at its brace. */
  start = 0;
  keyStarts = new Int32Array(64);
  valueStarts = new Int32Array(64);
  valueEnds = new Int32Array(64);
  kinds = new Uint8Array(64);
  readonly #classify: (key: string) => number;
  readonly #leads: (Lead | undefined)[] = [];
  readonly #misses = new Uint8Array(REMEMBERED_MEMBERS);
  #hits = 0;
  /** So many remembered leads are known to hold no key twice. */
  #distinct = 0;

  constructor(classify: (key: string) => number) {
    this.#classify = classify;
  }

  /** Reads the object at `from` in the text that the scanner has open. Answers the position behind it, or -1. */
  read(from: number): number {
    const { scanner } = this;
    const { text } = scanner;
    this.count = 0;
    this.#hits = 0;
    this.start = from;
    if (text.charCodeAt(from) !== OPEN_BRACE) return -1;
    let at = from + 1;
    for (let index = 0; ; index += 1) {
      const lead = this.#leads[index];
      if (lead !== undefined && text.startsWith(lead.text, at)) {
        this.#hits += 1;
        at = this.#member(index, at + lead.key, scanner.skipBlanks(at + lead.text.length), lead.kind);
      } else {
        const next = scanner.skipBlanks(at);
        const code = text.charCodeAt(next);
        if (code === CLOSE_BRACE) {
          this.count = index;
          return next + 1;
        }
        if (index > 0 && code !== COMMA) return -1;
        at = this.#newMember(index, at, index > 0 ? scanner.skipBlanks(next + 1) : next);
      }
      if (at === -1) return -1;
    }
  }

  #newMember(index: number, lead: number, key: number): number {
    const { scanner } = this;
    if (scanner.text.charCodeAt(key) !== QUOTE) return -1;
    const keyEnd = scanner.skipString(key + 1);
    if (keyEnd === -1) return -1;
    const colon = scanner.skipBlanks(keyEnd);
    if (scanner.text.charCodeAt(colon) !== COLON) return -1;
    const value = scanner.skipBlanks(colon + 1);
    const kind = this.#classify(this.#decodeKey(key, keyEnd));
    this.#remember(index, lead, key, value, kind);
    return this.#member(index, key, value, kind);
  }

  #member(index: number, key: number, value: number, kind: number): number {
    const end = this.scanner.skipValue(value, 1);
    if (index === this.keyStarts.length) this.#grow();
    this.keyStarts[index] = key;
    this.valueStarts[index] = value;
    this.valueEnds[index] = end;
    this.kinds[index] = kind;
    return end;
  }

  #remember(index: number, lead: number, key: number, value: number, kind: number): void {
    if (index >= REMEMBERED_MEMBERS || value - lead > REMEMBERED_LENGTH) return;
    const misses = (this.#misses[index] ?? 0) + 1;
    const due = this.#leads[index] === undefined || misses >= MISSES_BEFORE_RELEARNING;
    this.#misses[index] = due ? 0 : misses;
    if (!due) return;
    // A slice would keep the whole body alive; the round trip makes a text of its own.
    const text: string = JSON.parse(JSON.stringify(this.scanner.text.slice(lead, value)));
    this.#leads[index] = { text, key: key - lead, kind };
    this.#distinct = 0;
  }

  #grow(): void {
    this.keyStarts = grown(this.keyStarts);
    this.valueStarts = grown(this.valueStarts);
    this.valueEnds = grown(this.valueEnds);
    const kinds = new Uint8Array(this.kinds.length * 2);
    kinds.set(this.kinds);
    this.kinds = kinds;
  }

  /**
   * The leads of the object that was just read where it had the keys of an earlier one, in that order and none twice
   * (which dropRepeated finds out).
   */
  repeatedLeads(): readonly Lead[] | undefined {
    if (this.count === 0 || this.#hits !== this.count || this.count > this.#distinct) return undefined;
    return this.#leads.slice(0, this.count).filter((lead) => lead !== undefined);
  }

  /** The text of the i-th value. */
  value(index: number): string {
    return this.scanner.text.slice(this.valueStarts[index], this.valueEnds[index]);
  }

  /** The i-th key, its escapes undone. */
  key(index: number): string {
    const start = this.keyStarts[index] ?? 0;
    return this.#decodeKey(start, this.#keyEnd(start));
  }

  #keyEnd(start: number): number {
    const { text } = this.scanner;
    let end = text.indexOf('"', start + 1);
    while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
    return end + 1;
  }

  #decodeKey(start: number, end: number): string {
    const text = this.scanner.text.slice(start + 1, end - 1);
    return text.includes('\\') ? JSON.parse(`"${text}"`) : text;
  }

  /**
   * Gives all members but the last of each key the kind `dropped`, so that the last wins, as in JSON.parse and in
   * Python. Objects of remembered keys were looked through before and cost nothing here.
   */
  dropRepeated(dropped: number): void {
    const remembered = this.#hits === this.count;
    if (remembered && this.count <= this.#distinct) return;
    if (!this.#mayRepeat()) {
      if (remembered) this.#distinct = this.count;
      return;
    }
    const last = new Map<string, number>();
    for (let index = 0; index < this.count; index += 1) {
      const key = this.key(index);
      const earlier = last.get(key);
      if (earlier !== undefined) this.kinds[earlier] = dropped;
      last.set(key, index);
    }
    if (remembered && last.size === this.count) this.#distinct = this.count;
  }

  /** False only where no key is there twice: a key seems to be there when length and three characters are the same. */
  #mayRepeat(): boolean {
    const { text } = this.scanner;
    const hasEscapes = text.includes('\\');
    filter.fill(0);
    for (let index = 0; index < this.count; index += 1) {
      const start = (this.keyStarts[index] ?? 0) + 1;
      const end = text.indexOf('"', start);
      if (hasEscapes && text.slice(start, end).includes('\\')) return true;
      const middle = (start + end) >> 1;
      const characters =
        text.charCodeAt(start) * 31 + text.charCodeAt(middle) * 131 + text.charCodeAt(end - 1) * 1031;
      const bit = (characters + (end - start) * 517) % FILTER_BITS;
      const seen = filter[bit >> 5] ?? 0;
      if ((seen >> (bit & 31)) & 1) return true;
      filter[bit >> 5] = seen | (1 << (bit & 31));
    }
    return false;
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}

/** Whether an odd number of backslashes stands before the quote. */
function isEscaped(text: string, quote: number): boolean {
  let at = quote;
  while (text.charCodeAt(at - 1) === 0x5c) at -= 1;
  return (quote - at) % 2 === 1;
}
