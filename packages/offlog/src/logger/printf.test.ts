import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatted, printf, typeTaking } from './printf.ts';
import { WIDEST } from './template.ts';
import { byPython, type Case, type Value, withoutPython } from './testing/percent.ts';

const skip = withoutPython();

const flags = fc.subarray(['-', '+', ' ', '#', '0']).map((each) => each.join(''));
const width = fc.option(fc.integer({ min: 0, max: 40 }), { nil: '' as const });
const precision = fc.oneof(
  fc.constant(''),
  fc.constant('.'),
  fc.integer({ min: 0, max: 40 }).map((digits) => `.${digits}`),
);
const double = fc.oneof(
  fc.double(),
  fc.double({ min: -1000, max: 1000 }),
  // Ties, and numbers whose shortest text is rounded up.
  fc.integer({ min: -4000, max: 4000 }).map((number) => number / 8),
  fc.integer({ min: -25, max: 25 }).map((power) => 10 ** power),
  fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE, 1e23, 9.5, 0.5, 2.5),
);
const whole = fc.oneof(fc.bigInt(), fc.bigInt({ min: -1000n, max: 1000n }));
const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.string({ unit: 'binary' }));

function conversion(types: string, value: fc.Arbitrary<Value>): fc.Arbitrary<Case> {
  const type = fc.constantFrom(...types);
  return fc
    .tuple(flags, width, precision, type, value)
    .map(([flag, wide, exact, letter, each]) => [`<%${flag}${wide}${exact}${letter}>`, [each]]);
}

const AND_A = ['a', 'x'] as const;

const CASES: Readonly<Record<string, fc.Arbitrary<Case>>> = {
  'floating point': conversion('eEfFgG', double),
  'whole numbers': conversion('dioxXu', whole),
  'fractions as whole numbers': conversion('di', double),
  'whole numbers as floating point': conversion('eEfFgG', fc.bigInt({ min: -(2n ** 60n), max: 2n ** 60n })),
  text: conversion('sra', text),
  characters: fc
    .tuple(flags, width, fc.oneof(fc.string({ unit: 'binary', maxLength: 2 }), whole))
    .map(([flag, wide, each]) => [`<%${flag}${wide}c>`, [each]]),
  'numbers where text is, and the other way round': conversion(
    'dxc',
    fc.oneof(text, fc.string({ minLength: 1, maxLength: 1 })),
  ),
  names: fc
    .tuple(fc.string({ unit: fc.constantFrom(...'ab()%') }), flags, fc.constantFrom(...'sdf'), whole)
    .map(([name, flag, type, each]) => [
      `%(${name})${flag}${type} %% %(a)s`,
      [new Map<string, string | bigint>([[name, each], AND_A])],
    ]),
  stars: fc
    .tuple(flags, fc.integer({ min: -30, max: 30 }), fc.integer({ min: -3, max: 12 }), double)
    .map(([flag, wide, exact, each]) => [`%${flag}*.*f|%*d`, [BigInt(wide), BigInt(exact), each, 5n, 7n]]),
  'any template': fc.tuple(
    fc.string({ unit: fc.constantFrom(...'%%%()#0- +.*19dxsfcqhl\n') }),
    fc.array(fc.oneof(whole, text), { maxLength: 3 }),
  ),
};

function byUs([template, args]: Case): string | null {
  try {
    return printf(template, args);
  } catch {
    return null;
  }
}

for (const [name, cases] of Object.entries(CASES)) {
  test(`as Python formats them: ${name}`, { skip }, () => {
    const sample = fc.sample(cases, 3000);
    const due = byPython(sample);
    assert.ok(due.filter((each) => typeof each === 'string').length > 100, 'Python can format some of them');
    for (const [index, each] of sample.entries()) {
      const text = due[index];
      // Wider than is taken here, which only an argument for a star can be.
      const isWide = typeof text === 'string' && text.length > WIDEST;
      if (text !== false && !isWide) assert.equal(byUs(each), text, String(each));
    }
  });
}

test('what a log line holds', () => {
  assert.equal(printf('%s is %d of %i, %.2f%%', ['x', 3, 4.9, 12.345]), 'x is 3 of 4, 12.35%');
  assert.equal(printf('%r %a', ["it's", 'ä']), `"it's" '\\xe4'`);
  assert.equal(printf('%x %#o %X', [255, 8n, 48879]), 'ff 0o10 BEEF');
  assert.equal(printf('%(who)s: %(count)03d', [{ who: 'me', count: 7 }]), 'me: 007');
  assert.equal(printf('%s %s %s', [undefined, null, true]), 'undefined null true');
  assert.equal(printf('%s %s', [{ a: [1, 'b'] }, [1, 2]]), "{ a: [ 1, 'b' ] } [ 1, 2 ]");
  assert.equal(printf('%s', [new Date(0)]), '1970-01-01T00:00:00.000Z');
  assert.equal(printf('%s', [new URL('http://a/b')]), 'http://a/b');
  assert.equal(printf('%s', [Symbol('s')]), 'Symbol(s)');
  assert.equal(printf('%s', [new TypeError('why')]), 'TypeError: why');
});

test('what cannot be formatted is shown with its arguments and the reason', () => {
  const note = (text: string, ...args: unknown[]) => formatted(text, args);
  assert.equal(note('%d', 'x'), "%d [not formatted: %d requires a number, not string; arguments: 'x']");
  assert.match(note('%s %s', 1), /^%s %s \[not formatted: not enough arguments; arguments: 1\]$/);
  assert.match(note('%s', 1, 2), /^%s \[not formatted: not all arguments were used; arguments: 1, 2\]$/);
  assert.match(note('100%', 1), /ends within a conversion/);
  assert.match(note('%y', 1), /unknown conversion %y/);
  assert.match(note('%(a)s', { b: 1 }), /no a among the arguments; arguments: \{ b: 1 \}/);
  assert.match(note('%(a', { a: 1 }), /closing parenthesis/);
  assert.match(note('%x', 1.5), /requires an integer, not 1.5/);
  assert.match(note('%99999d', 1), /above 10000/);
  assert.match(note('%*d', 1e9, 1), /above 10000/);
});

test('nothing that an argument does keeps a line from being written', () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const evil = {
    get x() {
      throw new Error('getter');
    },
    toString() {
      throw new Error('toString');
    },
    [Symbol.for('nodejs.util.inspect.custom')]() {
      throw new Error('inspect');
    },
  };
  const trap = () => {
    throw new Error('trap');
  };
  const proxy = new Proxy({}, { get: trap, has: trap, getPrototypeOf: trap, ownKeys: trap });
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const nameless = Object.create(null);
  const wrong = Object.assign(new Error('x'), { name: Symbol('no text') });
  for (const value of [circular, evil, proxy, revoked, nameless, wrong, () => 1, class A {}, 12n, Symbol()]) {
    for (const template of ['%s', '%r', '%a', '%d', '%f', '%x', '%c', '%(x)s', '%*d', 'none', '%']) {
      assert.equal(typeof formatted(template, [value]), 'string');
    }
  }
});

test('which conversion takes an argument', () => {
  const types = (template: string) => Array.from({ length: 5 }, (_, index) => typeTaking(template, index));
  assert.deepEqual(types('%s and %*.*f %% %d'), ['s', '*', '*', 'f', 'd']);
  assert.deepEqual(types('%(a)s %r'), ['r', undefined, undefined, undefined, undefined]);
  assert.equal(typeTaking('100%', 0), undefined);
});
