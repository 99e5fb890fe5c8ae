const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Deeper documents are refused: what reads them later may recurse. */
const MAX_DEPTH = 500;
/** `null` and `true` as the words that a little-endian processor loads, `alse` for what follows an f. */
const NULL = 0x6c6c756e;
const TRUE = 0x65757274;
const ALSE = 0x65736c61;

/** Bytes behind a document that may be looked at. */
const PADDING = 8;

/**
 * The validating pass of JsonScanner over bytes instead of text: RFC 8259, with NaN, Infinity and -Infinity as Python
 * writes them. Each method takes the position where something begins and answers the position behind it, or -1.
 *
 * That the bytes are UTF-8 is for the caller to know (`isUtf8` takes 8 ns a kilobyte): inside strings, all above 0x7f
 * are passed over.
 *
 * Strings and digits are crossed four bytes at a time: a loop over single bytes takes more than 1 ns for each of them, a
 * call of `indexOf` 20 ns, which is more than a string of usual length (bench/slicer.ts). Zeros behind the document, which are part of no token, spare all loops the question whether it ends.
 */
export class ByteScanner {
  /** The document, with zeros behind it; the same offsets as in what was opened. */
  bytes = new Uint8Array(PADDING);
  view = new DataView(this.bytes.buffer);
  /** Where the document ends. */
  end = 0;
  /** NaN or an infinity was met since `open`; who goes on to another document sets it back. */
  constants = false;
  /** A tab or a line break stood between tokens; to be set back likewise. */
  controls = false;
  /** The line feed, or a second space where a line feed ends the document. */
  #lineFeed = 0x0a;
  #own = this.bytes;
  readonly #objects = new Uint8Array(MAX_DEPTH + 1);

  /** `lines` says that documents end at a line feed: then it is no blank. The bytes must not change while they are read. */
  open(bytes: Uint8Array<ArrayBuffer>, lines = false): void {
    this.end = bytes.length;
    this.bytes = padded(bytes) ?? this.#copy(bytes);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.constants = false;
    this.controls = false;
    this.#lineFeed = lines ? 0x20 : 0x0a;
  }

  #copy(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const length = bytes.length + PADDING;
    if (this.#own.length < length) this.#own = new Uint8Array(Math.max(length, this.#own.length * 2));
    this.#own.set(bytes);
    this.#own.fill(0, bytes.length, length);
    return this.#own;
  }

  skipBlanks(from: number): number {
    const { bytes } = this;
    let at = from;
    for (;;) {
      const code = bytes[at];
      if (code !== 0x20) {
        if (code !== 0x09 && code !== 0x0d && code !== this.#lineFeed) return at;
        this.controls = true;
      }
      at += 1;
    }
  }

  /** A value of any type; `depth` is how many arrays and objects it is in. */
  skipValue(from: number, depth: number): number {
    const { view } = this;
    const code = view.getUint8(from);
    if (code === QUOTE) return skipString(view, from + 1);
    if (code <= 0x39) {
      const end = skipNumber(view, from, code);
      return end === -1 ? this.skipConstant(from) : end;
    }
    if (code === 0x7b || code === 0x5b) return this.skipNested(from, depth);
    const end = skipWord(view, from);
    return end === -1 ? this.skipConstant(from) : end;
  }

  /** NaN, Infinity or -Infinity. */
  skipConstant(from: number): number {
    const start = this.bytes[from] === 0x2d ? from + 1 : from;
    for (const word of start === from ? ['NaN', 'Infinity'] : ['Infinity']) {
      if (!startsWith(this.bytes, start, word)) continue;
      this.constants = true;
      return start + word.length;
    }
    return -1;
  }

  skipNested(from: number, outer: number): number {
    const { view } = this;
    const objects = this.#objects;
    let depth = outer;
    let at = from;
    for (;;) {
      // At the beginning of a value.
      const code = view.getUint8(at);
      if (code === 0x7b || code === 0x5b) {
        depth += 1;
        if (depth > MAX_DEPTH) return -1;
        const isObject = code === 0x7b;
        objects[depth] = isObject ? 1 : 0;
        at = this.skipBlanks(at + 1);
        if (view.getUint8(at) !== (isObject ? 0x7d : 0x5d)) {
          if (isObject) at = this.skipKey(at);
          if (at === -1) return -1;
          continue;
        }
        at += 1;
        depth -= 1;
      } else {
        at = this.skipValue(at, depth);
        if (at === -1) return -1;
      }
      // Behind a value: close what ends here.
      for (;;) {
        if (depth === outer) return at;
        at = this.skipBlanks(at);
        const next = view.getUint8(at);
        const isObject = objects[depth] === 1;
        at += 1;
        if (next === 0x2c) {
          at = this.skipBlanks(at);
          if (isObject) at = this.skipKey(at);
          if (at === -1) return -1;
          break;
        }
        if (next !== (isObject ? 0x7d : 0x5d)) return -1;
        depth -= 1;
      }
    }
  }

  /** A key, its colon and the blanks up to the value. */
  skipKey(from: number): number {
    const { view } = this;
    if (view.getUint8(from) !== QUOTE) return -1;
    const end = skipString(view, from + 1);
    if (end === -1) return -1;
    const colon = this.skipBlanks(end);
    return view.getUint8(colon) === 0x3a ? this.skipBlanks(colon + 1) : -1;
  }
}

/** The bytes with the zeros behind them, where there are such. */
function padded(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> | undefined {
  const { buffer, byteOffset, length } = bytes;
  if (byteOffset + length + PADDING > buffer.byteLength) return undefined;
  const padding = new Uint8Array(buffer, byteOffset + length, PADDING);
  return padding.every((byte) => byte === 0)
    ? new Uint8Array(buffer, byteOffset, length + PADDING)
    : undefined;
}

/** `from` is the position behind the opening quote. */
export function skipString(view: DataView, from: number): number {
  let at = from;
  for (;;) {
    const special = specialBytes(view.getInt32(at, true));
    if (special === 0) {
      at += 4;
      continue;
    }
    at += (31 - Math.clz32(special & -special)) >> 3;
    const code = view.getUint8(at);
    if (code === QUOTE) return at + 1;
    if (code !== BACKSLASH) return -1;
    at = skipEscape(view, at + 1);
    if (at === -1) return -1;
  }
}

/**
 * Which of the four bytes in a word end a run inside a string: a quote, a backslash, a control character. The lowest bit
 * that is set is the high one of the first such byte; those above it may mislead.
 *
 * After `^ 2` a quote is 0x20 and controls stay below, so one comparison finds both. (x - n) & ~x has the high bit of
 * each byte below n (Mycroft, 1987; "Bit Twiddling Hacks", hasless).
 */
function specialBytes(word: number): number {
  const low = word ^ 0x02020202;
  const slash = word ^ 0x5c5c5c5c;
  return (((low - 0x21212121) & ~low) | ((slash - 0x01010101) & ~slash)) & 0x80808080;
}

function skipEscape(view: DataView, at: number): number {
  switch (view.getUint8(at)) {
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
        if (!isHexDigit(view.getUint8(digit))) return -1;
      }
      return at + 5;
    default:
      return -1;
  }
}

function skipWord(view: DataView, from: number): number {
  const word = view.getInt32(from, true);
  if (word === NULL || word === TRUE) return from + 4;
  return view.getUint8(from) === 0x66 && view.getInt32(from + 1, true) === ALSE ? from + 5 : -1;
}

function startsWith(bytes: Uint8Array, from: number, word: string): boolean {
  for (let index = 0; index < word.length; index += 1) {
    if (bytes[from + index] !== word.charCodeAt(index)) return false;
  }
  return true;
}

function skipNumber(view: DataView, from: number, first: number): number {
  let at = from;
  let code = first;
  if (code === 0x2d) {
    at += 1;
    code = view.getUint8(at);
  }
  if (code === 0x30) at += 1;
  else {
    at = skipDigits(view, at);
    if (at === -1) return -1;
  }
  code = view.getUint8(at);
  if (code === 0x2e) {
    at = skipDigits(view, at + 1);
    if (at === -1) return -1;
    code = view.getUint8(at);
  }
  if (code !== 0x65 && code !== 0x45) return at;
  code = view.getUint8(at + 1);
  return skipDigits(view, code === 0x2b || code === 0x2d ? at + 2 : at + 1);
}

function skipDigits(view: DataView, from: number): number {
  let at = from;
  for (;;) {
    const others = nonDigits(view.getInt32(at, true));
    if (others === 0) {
      at += 4;
      continue;
    }
    at += (31 - Math.clz32(others & -others)) >> 3;
    return at === from ? -1 : at;
  }
}

/** Which of the four bytes in a word are no digits; as in specialBytes, the lowest bit that is set is right. */
function nonDigits(word: number): number {
  const value = word ^ 0x30303030;
  return ((value + 0x76767676) | value) & 0x80808080;
}

function isHexDigit(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x46) || (code >= 0x61 && code <= 0x66);
}
