import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from '../errors.ts';
import { readFilter, readGrouping, readRange, readRaw } from './parameters.ts';

const of = (query: string) => new URLSearchParams(query);
const isBadValue = (error: unknown) => error instanceof ApiError && error.status === 400;

describe('parameters that are taken', () => {
  for (const [query, due] of [
    ['', { names: [] }],
    ['after=&before=&level=&name=&query=', { names: [] }],
    ['name=a, b ,,c.', { names: ['a', 'b', 'c.'] }],
    ['name=%00,%F4%8F%BF%BF', { names: ['\0', '\u{10ffff}'] }],
    ['level=%2020+', { names: [], level: 20 }],
    ['level=-2147483647', { names: [], level: -2147483647 }],
    ['level=2147483647', { names: [], level: 2147483647 }],
    ['after=1970-01-01T00:00:00.000001Z', { names: [], after: 1 }],
    ['before=1970-01-01T01:00:00%2B01:00', { names: [], before: 0 }],
    ['query=1', { names: [], query: '1' }],
  ] as const) {
    test(`filter ${query}`, () => assert.deepEqual(readFilter(of(query)), due));
  }

  test('a range', () => {
    assert.deepEqual(readRange(of('left=0&right=-1')), { left: 0, right: -1 });
    assert.deepEqual(readRange(of('left=%2B1&right=+9')), { left: 1, right: 9 });
  });

  test('raw', () => {
    assert.deepEqual(
      ['', 'raw=0', 'raw=1', 'raw=-1', 'raw=00'].map((query) => readRaw(of(query))),
      [...[false, false, true, true, false]],
    );
  });

  test('a grouping', () => {
    assert.equal(readGrouping(of('timezone=nonsense')), undefined);
    assert.equal(readGrouping(of('group=')), undefined);
    assert.deepEqual(readGrouping(of('group=day&timezone=utc')), { period: 'day', timezone: 'utc' });
  });

  test('500 prefixes', () => {
    assert.equal(readFilter(of(`name=${'a,'.repeat(500)}`)).names.length, 500);
  });
});

describe('parameters that are refused', () => {
  const read = { filter: readFilter, grouping: readGrouping, range: readRange, raw: readRaw };
  for (const [kind, query] of [
    ...[
      'level=x',
      'level=1.5',
      'level=1e3',
      'level=2147483648',
      'level=1&level=1',
      'level=0x10',
      'level=٣',
    ].map((query) => ['filter', query] as const),
    ...[
      'after=2020-01-01',
      'after=2020-01-01T00:00:00',
      'after=2020-02-30T00:00:00Z',
      'before=now',
      'after=1&after=2',
    ].map((query) => ['filter', query] as const),
    ...['name=a&name=b', 'query=1&query=1', `name=${'a,'.repeat(501)}`].map(
      (query) => ['filter', query] as const,
    ),
    ...[
      'group=week&timezone=UTC',
      'group=day',
      'group=day&timezone=',
      'group=day&timezone=%2B02:00',
      'group=day&timezone=UTC%00',
    ].map((query) => ['grouping', query] as const),
    ...[
      '',
      'left=0',
      'right=0',
      'left=-1&right=1',
      'left=0&right=1.5',
      'left=0&right=99999999999999999',
      'left=0&left=0&right=1',
      'left=&right=',
    ].map((query) => ['range', query] as const),
    ...['raw=', 'raw=true', 'raw=1&raw=1', 'raw=1.0'].map((query) => ['raw', query] as const),
  ]) {
    test(`${kind} ${query.slice(0, 60)}`, () => assert.throws(() => read[kind](of(query)), isBadValue));
  }

  test('whatever is asked is taken or refused, never a bug', () => {
    const names = fc.constantFrom(
      'after',
      'before',
      'level',
      'name',
      'query',
      'left',
      'right',
      'raw',
      'group',
      'timezone',
    );
    const anyQuery = fc.array(
      fc.tuple(names, fc.oneof(fc.string({ unit: 'binary' }), fc.integer().map(String))),
    );
    fc.assert(
      fc.property(anyQuery, (pairs) => {
        const parameters = new URLSearchParams(pairs);
        for (const reader of Object.values(read)) {
          try {
            reader(parameters);
          } catch (error) {
            assert.ok(isBadValue(error), String(error));
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
