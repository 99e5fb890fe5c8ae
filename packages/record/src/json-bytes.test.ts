import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteScanner, skipString } from './json-bytes.ts';
import { anyValues, mutated } from './json-documents.ts';
import { JsonScanner } from './json-scan.ts';

const scanner = new ByteScanner();
const texts = new JsonScanner();

function open(text: string, lines = false): void {
  scanner.open(Uint8Array.from(Buffer.from(text, 'latin1')), lines);
}

/** Where a string that begins behind `start` ends, by the reader of texts. */
function stringEnd(text: string, start: number): number {
  texts.open(text);
  return texts.skipString(start);
}

test('every byte is looked at in every place of a string', () => {
  for (let code = 0; code < 256; code += 1) {
    for (let at = 0; at < 11; at += 1) {
      const character = String.fromCharCode(code);
      const text = `"${'x'.repeat(at)}${character}${'x'.repeat(11 - at)}"`;
      open(text);
      assert.equal(skipString(scanner.view, 1), stringEnd(text, 1), `${code} at ${at}`);
      assert.equal(scanner.skipValue(0, 0), stringEnd(text, 1));
    }
  }
});

test('neighbours of what ends a run do not mislead', () => {
  const codes = [
    0x00, 0x01, 0x1f, 0x20, 0x21, 0x22, 0x23, 0x5b, 0x5c, 0x5d, 0x61, 0x7f, 0x80, 0xa2, 0xdc, 0xff,
  ];
  const bytes = fc.array(fc.constantFrom(...codes, 0x61, 0x61), { maxLength: 16 });
  fc.assert(
    fc.property(bytes, (string) => {
      const text = String.fromCharCode(0x22, ...string);
      open(text);
      assert.equal(skipString(scanner.view, 1), stringEnd(text, 1));
    }),
    { numRuns: 20_000 },
  );
});

test('escapes: those of JSON, and four digits behind a u', () => {
  for (let code = 0; code < 256; code += 1) {
    for (const text of [`"\\${String.fromCharCode(code)}"`, `"\\u00${String.fromCharCode(code)}0"`]) {
      open(text);
      assert.equal(skipString(scanner.view, 1), stringEnd(text, 1), text);
    }
  }
  for (const text of ['"\\', '"\\"', '"\\u', '"\\u123', '"\\u123"', '"\\\\"', '"\\\\\\"']) {
    open(text);
    assert.equal(skipString(scanner.view, 1), stringEnd(text, 1), text);
  }
});

/** Holds position and mark against the reader of texts; a character of `text` stands for a byte. */
function compareValue(text: string): void {
  open(` ${text}`);
  texts.open(` ${text}`);
  const due = texts.skipValue(1, 0);
  assert.equal(scanner.skipValue(1, 0), due, text);
  if (due === -1) return;
  assert.equal(scanner.constants, texts.constants, text);
  assert.equal(scanner.skipBlanks(due), texts.skipBlanks(due), text);
}

test('values of all types, whole and changed', () => {
  const whole = anyValues.map((text) => Buffer.from(text).toString('latin1'));
  fc.assert(fc.property(whole, compareValue), { numRuns: 2000 });
  const changed = mutated(anyValues).map((bytes) => bytes.toString('latin1'));
  fc.assert(fc.property(changed, compareValue), { numRuns: 5000 });
});

test('words and numbers, and what is nearly one', () => {
  for (const word of [
    'null',
    'true',
    'false',
    'NaN',
    'Infinity',
    '-Infinity',
    '-12.5e+3',
    '0',
    '1E-1',
    '"ab"',
  ]) {
    for (let length = 0; length <= word.length; length += 1) compareValue(word.slice(0, length));
    for (let at = 0; at < word.length; at += 1) {
      for (const put of ['', 'a', 'A', '0', '.', '-', '\u0000', '\u00ff']) {
        compareValue(word.slice(0, at) + put + word.slice(at + 1));
        compareValue(`${word.slice(0, at)}${put}${word.slice(at)}`);
      }
    }
    compareValue(`${word}x`);
  }
  for (const text of [
    '00',
    '-',
    '-0',
    '--1',
    '+1',
    '.5',
    '1.',
    '1.e1',
    '1e',
    '1e+',
    '1e+-1',
    '-NaN',
    '-Inf',
    'nan',
  ])
    compareValue(text);
});

test('the depth counts what the value is in', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  for (const [outer, depth] of [
    [0, 500],
    [1, 499],
    [499, 1],
  ] as const) {
    open(nested(depth));
    assert.equal(scanner.skipValue(0, outer), depth * 2);
    open(nested(depth + 1));
    assert.equal(scanner.skipValue(0, outer), -1);
  }
});

test('a line feed is no blank where documents are lines', () => {
  open(' \t\r\n1');
  assert.equal(scanner.skipBlanks(0), 4);
  assert.ok(scanner.controls);
  open(' \n1', true);
  assert.equal(scanner.skipBlanks(0), 1);
  assert.ok(!scanner.controls);
  open('{"a": [1,\n2]}', true);
  assert.equal(scanner.skipValue(0, 0), -1);
  open('{"a": [1,\n2]}');
  assert.equal(scanner.skipValue(0, 0), 13);
});

test('zeros behind a document are used where they are, without a copy, and nothing else is', () => {
  const shared = new Uint8Array(32).fill(0x31);
  shared.fill(0, 12, 20);
  scanner.open(shared.subarray(5, 12));
  assert.equal(scanner.bytes.buffer, shared.buffer);
  assert.equal(scanner.skipValue(0, 0), 7);
  for (const [from, to] of [
    [5, 11],
    [5, 13],
    [20, 32],
    [20, 28],
  ] as const) {
    const before = shared.slice();
    scanner.open(shared.subarray(from, to));
    assert.notEqual(scanner.bytes.buffer, shared.buffer, `${from} to ${to}`);
    assert.deepEqual(scanner.bytes.subarray(0, to - from), shared.subarray(from, to));
    assert.deepEqual([...scanner.bytes.subarray(to - from, to - from + 8)], [0, 0, 0, 0, 0, 0, 0, 0]);
    assert.equal(scanner.end, to - from);
    assert.deepEqual(shared, before);
  }
});

test('what a longer document left behind a shorter one is not read', () => {
  open('1'.repeat(1000));
  assert.equal(scanner.skipValue(0, 0), 1000);
  open('1');
  assert.equal(scanner.skipValue(0, 0), 1);
  open('"1');
  assert.equal(scanner.skipValue(0, 0), -1);
  open('');
  assert.equal(scanner.skipValue(0, 0), -1);
  assert.equal(scanner.skipBlanks(0), 0);
});
