import { ByteTexts } from './byte-texts.ts';
import { JsonSlicer } from './json-slicer.ts';
import { FIELD, fieldKind, isMeta } from './record-fields.ts';
import { microsecondsFromSeconds } from './timestamp.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** A level of so many digits is one of 32 bits. */
const LEVEL_DIGITS = 9;
/** Seconds that are taken digit by digit. */
const SECONDS_DIGITS = 10;
const DECIMALS = 6;
const EXACT_SECONDS = 2 ** 32;
/** 10000-01-01T00:00:00Z in seconds since 1970. */
const END_SECOND = 253_402_300_800;

/** Bytes that `logrec` has at most beyond those of the record: the names and brackets of its groups. */
const GROUPS = 64;

/** Members that are neighbours and go into the same group, cut as one slice; `prefix` stands before it. */
interface Run {
  readonly prefix: Uint8Array;
  readonly first: number;
  readonly last: number;
}

/** Which members of a shape are what. */
interface Plan {
  readonly name: number;
  readonly created: number;
  readonly levelno: number;
  readonly message: number;
  /** -1 for none. */
  readonly excText: number;
  readonly runs: readonly Run[];
  readonly suffix: Uint8Array;
}

/**
 * Reads the records of an NDJSON document in bytes to slices of them: nothing is made into text but what is searched for.
 * It does so for records as loggers send them, and leaves all others (unknown keys' order, escapes in the name, NaN, an
 * error) to the readers of text: the result is the same.
 *
 * What was read last is in its fields, until the next `read`.
 */
export class RecordSlicer {
  name = '';
  /** Microseconds since 1970. */
  ts = 0;
  level = 0;
  /** The message, where it has escapes; else it is the bytes from `messageStart` to `messageEnd`. */
  messageText: string | undefined;
  messageStart = 0;
  messageEnd = 0;
  readonly #slicer = new JsonSlicer();
  readonly #names = new ByteTexts();
  #bytes = Buffer.alloc(0);
  /** The first backslash of the record or behind it. */
  #backslash = 0;
  #plans: (Plan | null | undefined)[] = [];
  #generation = 0;
  #plan: Plan | undefined;
  #length = 0;

  /** `bytes` are UTF-8, and must not change while they are read. */
  open(bytes: Uint8Array<ArrayBuffer>): void {
    this.#slicer.scanner.open(bytes, true);
    const { buffer, byteOffset } = this.#slicer.scanner.bytes;
    this.#bytes = Buffer.from(buffer, byteOffset, bytes.length);
    this.#backslash = -1;
  }

  /** The document. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Bytes of `logrec` at most. */
  get logrecRoom(): number {
    return this.#length + GROUPS;
  }

  /** Reads the record at `from`, where a line begins. Answers the position behind the line, or -1. */
  read(from: number): number {
    const slicer = this.#slicer;
    const { scanner } = slicer;
    scanner.constants = false;
    scanner.controls = false;
    const end = slicer.read(from);
    if (end === -1 || slicer.shape === 0) return -1;
    const plan = this.#planOf(slicer.shape);
    if (plan === undefined || scanner.constants || scanner.controls) return -1;
    if (this.#backslash < from) {
      const found = this.#bytes.indexOf(BACKSLASH, from);
      this.#backslash = found === -1 ? Number.POSITIVE_INFINITY : found;
    }
    const next = this.#behindLine(end);
    if (next === -1 || !this.#readColumns(plan)) return -1;
    this.#plan = plan;
    this.#length = end - from;
    return next;
  }

  #behindLine(end: number): number {
    const bytes = this.#bytes;
    if (end === bytes.length) return end;
    if (bytes[end] === NEWLINE) return end + 1;
    return bytes[end] === RETURN && bytes[end + 1] === NEWLINE ? end + 2 : -1;
  }

  #planOf(shape: number): Plan | undefined {
    if (this.#generation !== this.#slicer.generation) {
      this.#plans = [];
      this.#generation = this.#slicer.generation;
    }
    let plan = this.#plans[shape];
    if (plan === undefined) {
      plan = planOf(this.#slicer) ?? null;
      this.#plans[shape] = plan;
    }
    return plan ?? undefined;
  }

  #readColumns(plan: Plan): boolean {
    return (
      this.#readName(plan.name) &&
      this.#readLevel(plan.levelno) &&
      this.#readCreated(plan.created) &&
      (plan.excText === -1 || this.#isEmpty(plan.excText)) &&
      this.#readMessage(plan.message)
    );
  }

  #readName(place: number): boolean {
    const start = this.#slicer.valueStarts[place] ?? 0;
    const end = this.#slicer.valueEnds[place] ?? 0;
    if (this.#bytes[start] !== QUOTE || this.#hasBackslash(start, end)) return false;
    this.name = this.#names.get(this.#bytes, start + 1, end - 1);
    return true;
  }

  #readLevel(place: number): boolean {
    const start = this.#slicer.valueStarts[place] ?? 0;
    const end = this.#slicer.valueEnds[place] ?? 0;
    if (end - start > LEVEL_DIGITS) return false;
    let level = 0;
    for (let at = start; at < end; at += 1) {
      const digit = (this.#bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return false;
      level = level * 10 + digit;
    }
    this.level = level;
    return true;
  }

  #readCreated(place: number): boolean {
    const start = this.#slicer.valueStarts[place] ?? 0;
    const end = this.#slicer.valueEnds[place] ?? 0;
    const first = this.#bytes[start] ?? 0;
    if (first < ZERO || first > NINE) return false;
    const exact = this.#microseconds(start, end);
    if (exact !== undefined) this.ts = exact;
    else {
      const seconds = Number(this.#bytes.toString('latin1', start, end));
      if (!(seconds < END_SECOND)) return false;
      this.ts = microsecondsFromSeconds(seconds);
    }
    return true;
  }

  /**
   * Microseconds of a number of seconds below 2^32 with six decimals at most. Doubles of that size are so close to each
   * other that the nearest one is within a quarter of a microsecond, so that by way of Number the result is the same.
   */
  #microseconds(start: number, end: number): number | undefined {
    if (end - start > SECONDS_DIGITS + 1 + DECIMALS) return undefined;
    let seconds = 0;
    let at = start;
    let digit = (this.#bytes[at] ?? 0) - ZERO;
    while (at < end && digit >= 0 && digit <= 9) {
      seconds = seconds * 10 + digit;
      at += 1;
      digit = (this.#bytes[at] ?? 0) - ZERO;
    }
    if (seconds >= EXACT_SECONDS) return undefined;
    if (at === end) return seconds * 1_000_000;
    if (this.#bytes[at] !== POINT || end - at - 1 > DECIMALS) return undefined;
    let micros = 0;
    let scale = 1_000_000;
    for (at += 1; at < end; at += 1) {
      digit = (this.#bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return undefined;
      micros = micros * 10 + digit;
      scale /= 10;
    }
    return seconds * 1_000_000 + micros * scale;
  }

  /** Whether a text of an error is none: `null` or `""`. */
  #isEmpty(place: number): boolean {
    const start = this.#slicer.valueStarts[place] ?? 0;
    const end = this.#slicer.valueEnds[place] ?? 0;
    return this.#bytes[start] === QUOTE ? end === start + 2 : this.#bytes[start] === 0x6e;
  }

  #readMessage(place: number): boolean {
    const start = this.#slicer.valueStarts[place] ?? 0;
    const end = this.#slicer.valueEnds[place] ?? 0;
    const first = this.#bytes[start];
    this.messageText = undefined;
    this.messageStart = first === QUOTE ? start + 1 : start;
    this.messageEnd = first === QUOTE ? end - 1 : end;
    // What is no text is the message as it was written, but for null.
    if (first === 0x6e) this.messageEnd = this.messageStart;
    if (first !== QUOTE || !this.#hasBackslash(start, end)) return true;
    const text: string = JSON.parse(this.#bytes.toString('utf8', start, end));
    this.messageText = text.toWellFormed();
    return true;
  }

  /** Most records have no backslash at all, and one search passes over many of them. */
  #hasBackslash(start: number, end: number): boolean {
    if (this.#backslash >= end) return false;
    for (let at = start; at < end; at += 1) if (this.#bytes[at] === BACKSLASH) return true;
    return false;
  }

  /** Writes `logrec` to where there is room for `logrecRoom` bytes; answers the position behind it. */
  writeLogrec(target: Buffer, at: number): number {
    const { keyStarts, valueEnds } = this.#slicer;
    const plan = this.#plan;
    if (plan === undefined) return at;
    let to = at;
    for (const { prefix, first, last } of plan.runs) {
      to = copyShort(prefix, target, to);
      to += this.#bytes.copy(target, to, keyStarts[first], valueEnds[last]);
    }
    return copyShort(plan.suffix, target, to);
  }
}

/** A loop is quicker than a call for so few bytes. */
function copyShort(from: Uint8Array, to: Uint8Array, at: number): number {
  for (let index = 0; index < from.length; index += 1) to[at + index] = from[index] ?? 0;
  return at + from.length;
}

/** Undefined for a shape that is not sliced: with a key twice, or without what a record must have. */
function planOf(slicer: JsonSlicer): Plan | undefined {
  const members = slicer.members();
  if (members.size !== slicer.count) return undefined;
  const kinds = [...members.keys()].map(fieldKind);
  const name = kinds.indexOf(FIELD.NAME);
  const created = kinds.indexOf(FIELD.CREATED);
  const levelno = kinds.indexOf(FIELD.LEVELNO);
  const own = kinds.indexOf(FIELD.MESSAGE);
  const message = own === -1 ? kinds.indexOf(FIELD.MSG) : own;
  if (Math.min(name, created, levelno, message) === -1) return undefined;
  const meta = runsOf(kinds, (kind) => isMeta(kind));
  const data = runsOf(kinds, (kind) => kind === FIELD.DATA);
  const groups = [
    { opening: '"meta": {', runs: meta },
    { opening: '"data": {', runs: data },
  ].filter(({ runs }) => runs.length > 0);
  const runs = groups.flatMap((group, index) =>
    group.runs.map(([first, last], place) => {
      const prefix = place > 0 ? ', ' : `${index === 0 ? '{' : '}, '}${group.opening}`;
      return { prefix: Buffer.from(prefix), first, last };
    }),
  );
  const suffix = Buffer.from(groups.length === 0 ? '{}' : '}}');
  return { name, created, levelno, message, excText: kinds.indexOf(FIELD.EXC_TEXT), runs, suffix };
}

/** Where neighbours of one group begin and end. */
function runsOf(kinds: readonly number[], isOf: (kind: number) => boolean): [first: number, last: number][] {
  const runs: [number, number][] = [];
  for (const [index, kind] of kinds.entries()) {
    if (!isOf(kind)) continue;
    const last = runs.at(-1);
    if (last?.[1] === index - 1) last[1] = index;
    else runs.push([index, index]);
  }
  return runs;
}
