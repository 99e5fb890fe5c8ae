import assert from 'node:assert/strict';
import { isUtf8 } from 'node:buffer';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyDocuments, anyValues, mutated, plainKeyedDocuments } from './json-documents.ts';
import { ObjectReader } from './json-object.ts';
import { JsonSlicer } from './json-slicer.ts';

/** What a reader says of an object; `end` is -1, and nothing else is there, where it refuses. */
type Read = { end: number; keys: number[]; values: number[]; ends: number[]; constants: boolean };

const refused: Read = { end: -1, keys: [], values: [], ends: [], constants: false };

const reader = new ObjectReader(() => 0);

function spans({ count, keyStarts, valueStarts, valueEnds }: ObjectReader | JsonSlicer) {
  const first = (positions: Int32Array) => [...positions.subarray(0, count)];
  return { keys: first(keyStarts), values: first(valueStarts), ends: first(valueEnds) };
}

/** By the reader of texts: with a character for each byte, text and bytes have the same offsets. */
function readText(bytes: Buffer, from: number): Read {
  const { scanner } = reader;
  scanner.open(bytes.toString('latin1'));
  const end = reader.read(scanner.skipBlanks(from));
  return end === -1 ? refused : { end, ...spans(reader), constants: scanner.constants };
}

/** By a slicer, of what its scanner has open. */
function slice(slicer: JsonSlicer, from: number): Read {
  const { scanner } = slicer;
  scanner.constants = false;
  scanner.controls = false;
  const end = slicer.read(scanner.skipBlanks(from));
  return end === -1 ? refused : { end, ...spans(slicer), constants: scanner.constants };
}

/** The same bytes at another offset of their buffer, with `behind` behind them. */
function placed(bytes: Buffer, offset: number, behind: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(offset + bytes.length + behind.length);
  whole.set(bytes, offset);
  whole.set(behind, offset + bytes.length);
  return whole.subarray(offset, offset + bytes.length);
}

const NOTHING = new Uint8Array(0);
const ZEROS = new Uint8Array(8);
const ALMOST_ZEROS = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0x22);
const BRACES = new Uint8Array(16).fill(0x7d);
const DIGITS = new Uint8Array(16).fill(0x30);
const QUOTES = new Uint8Array(16).fill(0x22);
const PLACES = [NOTHING, ZEROS, ALMOST_ZEROS, BRACES, DIGITS, QUOTES].map(
  (behind, at) => [at, behind] as const,
);

/** One that has met all documents before, and so remembers shapes. */
const old = new JsonSlicer();

/** Holds what slicers say of a document against the reader of texts. Answers whether they take it, as a whole. */
function check(bytes: Buffer, places = PLACES, slicers = [old, new JsonSlicer()]): boolean {
  const due = readText(bytes, 0);
  const isWhole = due.end !== -1 && reader.scanner.skipBlanks(due.end) === bytes.length;
  for (const [offset, behind] of places) {
    for (const slicer of slicers) {
      slicer.scanner.open(placed(bytes, offset, behind));
      assert.deepEqual(slice(slicer, 0), due, bytes.toString());
      if (due.end === -1) continue;
      assert.equal(slicer.scanner.skipBlanks(due.end) === bytes.length, isWhole, bytes.toString());
      if (isWhole) assert.equal(slicer.scanner.controls, /[\n\r\t]/.test(bytes.toString('latin1')));
    }
  }
  if (isUtf8(bytes)) checkKeys(bytes, due);
  return isWhole;
}

/** Holds keys, and which of them count, against the reader of the text that the bytes are. */
function checkKeys(bytes: Buffer, due: Read): void {
  const { scanner } = reader;
  scanner.open(bytes.toString());
  const end = reader.read(scanner.skipBlanks(0));
  assert.equal(end === -1, due.end === -1);
  if (end === -1) return;
  old.scanner.open(placed(bytes, 0, NOTHING));
  slice(old, 0);
  reader.dropRepeated(1);
  const last: [string, number][] = [];
  for (let index = 0; index < reader.count; index += 1) {
    assert.equal(old.key(index), reader.key(index));
    assert.equal(old.text(due.values[index] ?? 0, due.ends[index] ?? 0), reader.value(index));
    if (reader.kinds[index] === 0) last.push([reader.key(index), index]);
  }
  assert.deepEqual([...old.members()], last);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As `check`, and against JSON.parse, which takes neither NaN nor infinities but more levels. */
function checkTaken(bytes: Buffer): boolean {
  const isTaken = check(bytes);
  if (!isUtf8(bytes) || (isTaken && old.scanner.constants)) return isTaken;
  const due = parse(bytes.toString());
  const isObject = typeof due === 'object' && due !== null && !Array.isArray(due);
  assert.equal(isTaken, isObject, bytes.toString());
  return isTaken;
}

test('the slicer takes what JSON.parse takes and finds the same members', () => {
  const compare = (text: string) => {
    if (!checkTaken(Buffer.from(text))) return;
    const found = [...old.members()].map(([key, index]): [string, unknown] => {
      return [key, JSON.parse(old.text(old.valueStarts[index] ?? 0, old.valueEnds[index] ?? 0))];
    });
    assert.deepEqual(new Map(found), new Map(Object.entries(JSON.parse(text))));
  };
  fc.assert(fc.property(plainKeyedDocuments, compare), { numRuns: 2000 });
});

test('the slicer finds what the reader of texts finds', () => {
  let taken = 0;
  const isTaken = (text: string) => {
    if (checkTaken(Buffer.from(text))) taken += 1;
  };
  fc.assert(fc.property(anyDocuments, isTaken), { numRuns: 2000 });
  assert.ok(taken > 1000, `${taken} taken`);
});

test('the slicer refuses what JSON.parse and the reader of texts refuse, bytes that are no UTF-8 too', () => {
  const seen = { taken: 0, refused: 0 };
  const count = (bytes: Buffer) => {
    seen[checkTaken(bytes) ? 'taken' : 'refused'] += 1;
  };
  fc.assert(fc.property(mutated(anyDocuments), count), { numRuns: 6000 });
  assert.ok(seen.taken > 300 && seen.refused > 1000, JSON.stringify(seen));
});

test('documents cut off at every byte, the rest of them behind', () => {
  const cutOff = (text: string) => {
    const bytes = Buffer.from(text);
    const slicers = [old, new JsonSlicer()];
    for (let length = 0; length < bytes.length; length += 1) {
      const rest = Uint8Array.from(bytes.subarray(length));
      const places = [NOTHING, rest, ZEROS].map((behind) => [length % 5, behind] as const);
      check(bytes.subarray(0, length), places, slicers);
    }
  };
  fc.assert(fc.property(anyDocuments, cutOff), { numRuns: 300 });
});

test('lines: each is read as if it were alone', () => {
  const body = fc.array(fc.oneof(mutated(anyDocuments), anyDocuments), { maxLength: 6 });
  fc.assert(
    fc.property(body, fc.boolean(), (documents, isEnded) => {
      const parts = documents.map((document) => Buffer.from(document).toString('latin1'));
      const bytes = Buffer.from(parts.join('\n') + (isEnded ? '\n' : ''), 'latin1');
      let from = 0;
      for (const line of bytes.toString('latin1').split('\n')) {
        const alone = Buffer.from(line, 'latin1');
        const { end, keys, values, ends, constants } = readText(alone, 0);
        const shifted = (positions: number[]) => positions.map((position) => position + from);
        const moved = { end: end + from, keys: shifted(keys), values: shifted(values), ends: shifted(ends) };
        // The end of a line is not looked for in the next one.
        old.scanner.open(placed(bytes, 1, NOTHING), true);
        assert.deepEqual(slice(old, from), end === -1 ? refused : { ...moved, constants }, line);
        from += line.length + 1;
      }
    }),
    { numRuns: 2000 },
  );
});

test('documents one behind the other', () => {
  const objects = anyDocuments.filter((text) => text.trimStart().startsWith('{'));
  fc.assert(
    fc.property(fc.array(objects, { minLength: 1, maxLength: 5 }), (documents) => {
      const bytes = Buffer.from(documents.join(''));
      let from = 0;
      for (let left = documents.length; left > 0; left -= 1) {
        const due = readText(bytes, from);
        old.scanner.open(placed(bytes, 3, ZEROS));
        assert.deepEqual(slice(old, from), due);
        assert.ok(due.end > from);
        from = due.end;
      }
      assert.equal(old.scanner.skipBlanks(from), bytes.length);
    }),
    { numRuns: 1000 },
  );
});

test('of a repeated key the last counts, however it is spelled', () => {
  const bytes = Buffer.from('{"a": 1, "b": 2, "\\u0061": 3, "": 4, "\\u0062" : 5}');
  check(bytes);
  assert.deepEqual(
    [...old.members()],
    [
      ['a', 2],
      ['', 3],
      ['b', 4],
    ],
  );
  check(Buffer.from('{"__proto__": 1, "toString": 2, "__proto__": 3}'));
  assert.deepEqual(
    [...old.members()],
    [
      ['toString', 1],
      ['__proto__', 2],
    ],
  );
});

test('what is not UTF-8 is passed over and shows in its text', () => {
  const bytes = Buffer.from('{"\xff": "\xc3"}', 'latin1');
  assert.ok(check(bytes));
  assert.throws(() => old.key(0), TypeError);
  assert.throws(() => old.members(), TypeError);
  assert.throws(() => old.text(old.valueStarts[0] ?? 0, old.valueEnds[0] ?? 0), TypeError);
});

test('lone surrogates stand in keys and values as their escapes', () => {
  assert.ok(check(Buffer.from('{"\\ud800": "\\udc00", "\\uD83D\\ude00": 1}')));
  assert.deepEqual([...old.members().keys()], ['\ud800', '😀']);
});

test('the 500th level is read, the next is not, and no number of brackets takes the stack', () => {
  const nested = (depth: number, open = '[', close = ']') => open.repeat(depth) + close.repeat(depth);
  for (const [open, close] of [
    ['[', ']'],
    ['{"a":', '}'],
    [' [ ', ' ] '],
  ] as const) {
    const document = (depth: number) =>
      Buffer.from(`{"a":${nested(depth, open, close).replace(':}', ':1}')}}`);
    for (const depth of [1, 498, 499]) assert.ok(check(document(depth)), `${depth} of ${open}`);
    for (const depth of [500, 501, 100_000]) assert.ok(!check(document(depth)), `${depth} of ${open}`);
    assert.ok(!check(Buffer.from(`{"a":${open.repeat(100_000)}`)));
    assert.ok(!check(Buffer.from(`{"a":${close.repeat(100_000)}`)));
  }
});

test('long numbers, strings, blanks and many members', () => {
  for (const text of [
    `{"a": ${'9'.repeat(100_000)}}`,
    `{"a": -0.${'9'.repeat(100_000)}e-${'9'.repeat(1000)}}`,
    `{"${'k'.repeat(100_001)}": "${'é\\n'.repeat(100_000)}"}`,
    `{${' '.repeat(100_000)}"a"${' '.repeat(100_003)}:1}`,
    `{${Array.from({ length: 10_000 }, (_, n) => `"key${n}":${n}`).join(', ')}}`,
    `{${'"a":1,'.repeat(10_000)}"a":2}`,
  ]) {
    const bytes = Buffer.from(text);
    assert.ok(check(bytes, PLACES.slice(0, 2)));
    assert.ok(!check(bytes.subarray(0, -1), PLACES.slice(0, 2)));
  }
});

/** What leads to each value, which makes the shape. */
function leadsOf(text: string, { values, ends }: Read): string {
  return JSON.stringify(
    values.map((value, index) => text.slice(ends[index - 1] ?? text.indexOf('{') + 1, value)),
  );
}

/** Reads objects and holds their shapes against what leads to their values. Answers how many had a shape. */
function checkShapes(slicer: JsonSlicer, texts: Iterable<string>): number {
  let shaped = 0;
  let { generation } = slicer;
  const leads = new Map<number, string>();
  const shapes = new Map<string, number>();
  for (const text of texts) {
    slicer.scanner.open(placed(Buffer.from(text, 'latin1'), 0, NOTHING));
    const read = slice(slicer, 0);
    assert.deepEqual(read, readText(Buffer.from(text, 'latin1'), 0), text);
    if (slicer.generation !== generation) {
      leads.clear();
      shapes.clear();
      ({ generation } = slicer);
    }
    if (read.end === -1 || slicer.shape === 0) continue;
    shaped += 1;
    const lead = leadsOf(text, read);
    assert.equal(leads.get(slicer.shape) ?? lead, lead, 'a shape has one row of leads');
    assert.equal(shapes.get(lead) ?? slicer.shape, slicer.shape, 'a row of leads has one shape');
    leads.set(slicer.shape, lead);
    shapes.set(lead, slicer.shape);
  }
  return shaped;
}

test('a shape stands for keys, their order and the blanks around them', () => {
  const key = fc.constantFrom('a', 'b', 'lineno', 'line', '\\u0061', 'a longer key');
  const gap = fc.constantFrom('', ' ', '', ' ', '  ');
  const object = fc
    .array(fc.tuple(gap, key, gap, gap, anyValues, gap), { maxLength: 4 })
    .map((items) =>
      items.map(([a, k, b, c, v, d]) => `${a}"${k}"${b}:${c}${Buffer.from(v).toString('latin1')}${d}`),
    )
    .map((items) => `{${items.join(',')}}`);
  fc.assert(
    fc.property(fc.array(object, { minLength: 1, maxLength: 30 }), (texts) => {
      checkShapes(new JsonSlicer(), [...texts, ...texts]);
    }),
    { numRuns: 500 },
  );
});

test('objects that differ in a blank alone take a shape each, and no more', () => {
  function* alternating(): Generator<string> {
    for (let n = 0; n < 100; n += 1) {
      yield `{"a":${n},"b":1}`;
      yield `{"a": ${n}, "b": 1}`;
      yield `{"a":  ${n}, "b": 1 }`;
      yield '{"a":}';
      yield '{"a": ';
    }
  }
  assert.equal(checkShapes(new JsonSlicer(), alternating()), 300);
});

test('what leads to a first member leads to no other, and the other way round', () => {
  const slicer = new JsonSlicer();
  // The first member of each is not remembered, so that the next ones have no place in the tree.
  const texts = ['{"b":1}', '{"":1,"b":2}', '{"":1"b":2}', '{,"b":2}', '{"b":1,"c":2}', '{"b":1"b":2}'];
  assert.equal(checkShapes(slicer, [...texts, ...texts]), 4);
  for (const text of ['{"":1"b":2}', '{,"b":2}', '{"b":1"b":2}']) {
    slicer.scanner.open(Uint8Array.from(Buffer.from(text)));
    assert.equal(slicer.read(0), -1, text);
  }
});

test('an empty object, one with tabs and one of long or very short keys have no shape', () => {
  for (const text of ['{}', '{"a":\t1}', `{"${'k'.repeat(80)}": 1}`, '{"":1}']) {
    assert.equal(checkShapes(new JsonSlicer(), [text, text]), 0, text);
  }
  assert.equal(checkShapes(new JsonSlicer(), ['{"a":1}', '{"a":1,\t"b":2}', '{"a":1}']), 2);
});

test('many shapes are forgotten and learned anew, and found right all the while', () => {
  const slicer = new JsonSlicer();
  const keyed = (n: number) => `{"key${n % 7}": 1, "a${n % 50}": 2, "b${n % 11}": [3], "c${n % 3000}": "d"}`;
  assert.ok(
    checkShapes(
      slicer,
      Array.from({ length: 60_000 }, (_, n) => keyed(n)),
    ) > 0,
  );
  assert.ok(slicer.generation > 1);
  const before = slicer.generation;
  // A quiet sender is learned again, within the patience for those who found no room.
  const quiet = Array.from({ length: 20_000 }, () => '{"quiet": 1, "sender": 2}');
  assert.ok(checkShapes(slicer, quiet) > 10_000);
  assert.ok(slicer.generation <= before + 1);
});
