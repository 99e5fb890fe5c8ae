import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  dsn,
  integer,
  oneOf,
  positive,
  type Reader,
  seconds,
  size,
  text,
  words,
} from './settings-readers.ts';

const OTHERS: readonly unknown[] = [null, undefined, true, {}, [], [5], () => 1, Symbol('x'), 5n];

function refuses(reader: Reader<unknown>, values: readonly unknown[], reason: RegExp): void {
  for (const value of values) {
    assert.throws(() => reader(value), reason, typeof value === 'symbol' ? 'a symbol' : `${String(value)}`);
  }
}

test('text takes texts alone', () => {
  assert.equal(text('x'), 'x');
  refuses(text, [5, ...OTHERS], /a text is due/);
});

test('integer takes integers of its range, as text or number', () => {
  const port = integer(0, 65535);
  for (const [value, due] of [
    ['0', 0],
    ['65535', 65535],
    [' 8080 ', 8080],
    ['+1', 1],
    ['1e3', 1000],
    ['8.0', 8],
    [443, 443],
  ] as const) {
    assert.equal(port(value), due);
  }
  assert.ok(Object.is(port('-0'), 0));
  const wrong = ['', ' ', 'x', '8x', '0x10', '1_000', '8.5', '-1', '65536', 'NaN', 'Infinity', '1e999', '٣'];
  refuses(port, [...wrong, 0.5, -1, Number.NaN, ...OTHERS], /an integer from 0 to 65535 is due/);
});

test('positive takes numbers above zero, fractions too', () => {
  assert.equal(positive('0.25'), 0.25);
  assert.equal(positive('.5'), 0.5);
  assert.equal(positive(1e-3), 0.001);
  refuses(positive, ['0', '-1', '1e400', '1e-400', '', 0, Number.POSITIVE_INFINITY, ...OTHERS], /above 0/);
});

test('seconds end where the timers of Node do', () => {
  assert.equal(seconds('2147483'), 2_147_483);
  refuses(seconds, ['2147484', 1e9], /at most 2147483 seconds/);
});

test('size takes bytes with and without units', () => {
  const bytes = size(1);
  for (const [value, due] of [
    ['1', 1],
    ['500k', 500_000],
    ['10GB', 1e10],
    ['10 gb', 1e10],
    ['512MiB', 536_870_912],
    ['1.5KiB', 1536],
    ['2T', 2e12],
    ['1ti', 1_099_511_627_776],
    ['10 B', 10],
    ['1.9', 1],
    [4096, 4096],
  ] as const) {
    assert.equal(bytes(value), due, String(value));
  }
  const wrong = [
    '',
    'MB',
    '-1',
    '1e6',
    '0',
    '0.4',
    '1 000',
    '1PB',
    '1ib',
    `${'9'.repeat(400)}`,
    '9007199254740992',
  ];
  refuses(
    bytes,
    [...wrong, 0, -5, Number.NaN, Number.POSITIVE_INFINITY, ...OTHERS],
    /a size of 1 bytes or more/,
  );
});

test('words are split at white space, or are a list already', () => {
  assert.deepEqual(words(' a  b\n\tc '), ['a', 'b', 'c']);
  assert.deepEqual(words(''), []);
  const list = ['a', 'b'];
  const read = words(list);
  list.push('added later');
  assert.deepEqual(read, ['a', 'b']);
  refuses(words, [['a', 1], 5, null, {}], /a text is due/);
});

test('oneOf takes its choices and names them', () => {
  const level = oneOf('info', 'warn');
  assert.equal(level('warn'), 'warn');
  refuses(level, ['WARN', '', ...OTHERS], /one of info, warn is due/);
});

test('dsn gives the text back when it can be read', () => {
  assert.equal(dsn('sqlite:///a%20b'), 'sqlite:///a%20b');
  refuses(dsn, ['sqlite', 'postgres://u:p@h/d'], /data source name|known: sqlite/);
});

test('every reader returns a value of its kind or throws an Error, whatever it is given', () => {
  const kinds: readonly (readonly [Reader<unknown>, (value: unknown) => boolean])[] = [
    [integer(1, 9), (value) => Number.isInteger(value)],
    [positive, (value) => Number.isFinite(value)],
    [size(1), (value) => Number.isSafeInteger(value)],
    [words, (value) => Array.isArray(value)],
    [dsn, (value) => typeof value === 'string'],
  ];
  const numeric = fc.stringMatching(/^[-+ ]?[0-9.]{0,4}[eE]?[0-9kKmMiIbB ]{0,3}$/);
  fc.assert(
    fc.property(fc.oneof(numeric, fc.anything()), (value) => {
      for (const [reader, isKind] of kinds) {
        let read: unknown;
        try {
          read = reader(value);
        } catch (error) {
          assert.ok(error instanceof Error);
          continue;
        }
        assert.ok(isKind(read));
      }
    }),
  );
});
