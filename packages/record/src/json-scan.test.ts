import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { repairJson } from './json.ts';
import { ObjectReader } from './json-object.ts';

/** JSON text with blanks, escapes and numbers in every notation. */
const blanks = fc.stringMatching(/^[ \n\r\t]{0,2}$/);
const numbers = fc.stringMatching(/^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,5})?([eE][+-]?[0-9]{1,3})?$/);
const escapes = fc.constantFrom(
  '\\n',
  '\\"',
  '\\\\',
  '\\/',
  '\\u0041',
  '\\ud800',
  '\\uD83D\\uDE00',
  '\\b\\f\\r\\t',
);
const plain = fc.string({ unit: 'grapheme', maxLength: 8 }).map((text) => JSON.stringify(text).slice(1, -1));
const strings = fc.array(fc.oneof(plain, escapes), { maxLength: 4 }).map((parts) => `"${parts.join('')}"`);
/**
 * Without escapes: V8 14.6 mistakes an escaped key for one that stood in its place in an earlier object
 * (`{"\\ud800": 0, "": 1, "\\u0041": 2}` may come out with a key `\\`), so JSON.parse is no judge of them.
 */
const keys = fc
  .string({ unit: 'grapheme', maxLength: 8 })
  .map((text) => JSON.stringify(text))
  .filter((key) => !key.includes('\\'));

const { value: values } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    numbers,
    strings,
    fc.constantFrom('null', 'true', 'false', '[]', '{ }'),
    tie('array'),
    tie('object'),
  ),
  array: fc
    .array(fc.tuple(blanks, tie('value'), blanks), { maxLength: 4 })
    .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
  object: members(tie('value')),
}));

function members(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc
    .array(fc.tuple(blanks, keys, blanks, fc.constant(':'), blanks, value, blanks), { maxLength: 5 })
    .map((items) => `{${items.map((item) => item.join('')).join(',')}}`);
}

const documents = fc.tuple(blanks, fc.oneof(members(values), values), blanks).map((parts) => parts.join(''));

/** Cuts a document off, or replaces, takes out or puts in a character. */
const mutated = fc
  .tuple(
    documents,
    fc.nat(),
    fc.nat(3),
    fc.constantFrom(...'{}[]":,\\0-+.eE nNtIu\n\u0001\u001f\u007f\u2028'),
  )
  .map(([text, at, way, character]) => {
    const cut = at % (text.length + 1);
    if (way === 0) return text.slice(0, cut);
    return text.slice(0, cut) + (way === 1 ? '' : character) + text.slice(way === 3 ? cut : cut + 1);
  });

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const reader = new ObjectReader(() => 0);

/** The members as the reader finds them, repeated keys dropped; undefined where it refuses. */
function readMembers(text: string): Map<string, unknown> | undefined {
  const { scanner } = reader;
  scanner.open(text);
  const end = reader.read(scanner.skipBlanks(0));
  if (end === -1 || scanner.skipBlanks(end) !== text.length) return undefined;
  reader.dropRepeated(1);
  const found = new Map<string, unknown>();
  for (let index = 0; index < reader.count; index += 1) {
    if (reader.kinds[index] === 1) continue;
    assert.ok(!found.has(reader.key(index)));
    found.set(reader.key(index), JSON.parse(text.slice(reader.valueStarts[index], reader.valueEnds[index])));
  }
  return found;
}

function check(text: string): void {
  const due = parse(text);
  assert.equal(repairJson(text) !== undefined, due !== undefined, text);
  const isObject = typeof due === 'object' && due !== null && !Array.isArray(due);
  const found = readMembers(text);
  assert.equal(found !== undefined, isObject, text);
  if (found !== undefined) assert.deepEqual(found, new Map(Object.entries(due as object)));
}

test('the reader takes what JSON.parse takes and finds the same members', () => {
  fc.assert(fc.property(documents, check), { numRuns: 1000 });
});

test('the reader refuses what JSON.parse refuses', () => {
  fc.assert(fc.property(mutated, check), { numRuns: 3000 });
});

test('escapes in keys are undone', () => {
  const twoKeys = fc.tuple(strings, strings);
  fc.assert(
    fc.property(twoKeys, ([first, second]) => {
      const found = readMembers(`{${first}: 1, ${second}: 2}`);
      const due = new Map([
        [JSON.parse(first), 1],
        [JSON.parse(second), 2],
      ]);
      assert.deepEqual(found, due);
    }),
    { numRuns: 1000 },
  );
});

test('known traps of JSON readers', () => {
  for (const text of [
    '',
    ' ',
    '\ufeff{}',
    '{"a":1}{"b":2}',
    '{"a":1,}',
    '{,}',
    '{"a"}',
    '{"a":}',
    '{a:1}',
    "{'a':1}",
    '[1,]',
    '[,1]',
    '[1 2]',
    '01',
    '-',
    '1.',
    '.5',
    '1e',
    '1e+',
    '+1',
    '0x10',
    '1_000',
    'nul',
    'nulll',
    'True',
    '"a',
    '"a\nb"',
    '"\\x41"',
    '"\\u12"',
    '"\\',
    '"\u0000"',
    '[1}',
    '{"a":1]',
    '{"a":[{"b":2]}}',
    '{"\\',
    '\u00a0{}',
  ]) {
    assert.equal(repairJson(text), undefined, text);
    check(text);
  }
  for (const text of [
    '{"a":"\u2028\u007f"}',
    '[[],{}]',
    '-0.0e-0',
    '{"":{"":""}}',
    '{"a":"\\\\"}',
    '{"\\"":1}',
  ])
    check(text);
});

test('the 500th level is read, the next is not', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  assert.notEqual(repairJson(nested(500)), undefined);
  assert.equal(repairJson(nested(501)), undefined);
  assert.notDeepEqual(readMembers(`{"a":${nested(499)}}`), undefined);
  assert.equal(readMembers(`{"a":${nested(500)}}`), undefined);
});

test('objects of changing keys do not disturb each other', () => {
  const keys = fc.constantFrom('a', 'b', 'c', '\\u0061', 'lineno');
  const object = fc
    .array(fc.tuple(keys, numbers, fc.constantFrom('', ' ')), { maxLength: 4 })
    .map((items) => `{${items.map(([key, value, blank]) => `"${key}":${blank}${value}`).join(`,`)}}`);
  fc.assert(fc.property(object, check), { numRuns: 2000 });
});

test('more members than fit at first', () => {
  check(JSON.stringify(Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`key${n}`, n]))));
});

test('NaN and infinities become texts, everything else stays as written', () => {
  assert.equal(
    repairJson('{"a": NaN, "b": [Infinity, -Infinity], "NaN": "NaN \\" Infinity", "n": 1.0e+2}'),
    '{"a": "NaN", "b": ["Infinity", "-Infinity"], "NaN": "NaN \\" Infinity", "n": 1.0e+2}',
  );
  assert.equal(repairJson('NaN'), '"NaN"');
  for (const text of ['nan', '+Infinity', '-NaN', 'NaNs', 'Infinit', '[NaN', '{NaN: 1}']) {
    assert.equal(repairJson(text), undefined, text);
  }
});

test('line breaks between tokens go, blanks stay', () => {
  assert.equal(repairJson('{\r\n\t"a" :\n [1,\n2]}\n'), '{"a" : [1,2]}');
  assert.equal(repairJson(' {"a": "\\n"} '), ' {"a": "\\n"} ');
});

test('rewriting changes no value', () => {
  fc.assert(
    fc.property(documents, (text) => {
      const repaired = repairJson(text);
      assert.ok(repaired !== undefined && !/[\n\r\t]/.test(repaired));
      assert.deepEqual(parse(repaired), parse(text));
    }),
  );
});
