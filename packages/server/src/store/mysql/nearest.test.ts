import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MAX_DEPTH, nearestJson } from './nearest.ts';
import { TEST_SERVERS, temporaryDatabase } from './temporary.ts';

const LIMITS = { depth: 100, size: 1e6 };
const NEST = (levels: number) => `${'['.repeat(levels)}1${']'.repeat(levels)}`;

for (const [what, text, due] of [
  [
    'what fits stays, to the digit',
    '{"a":[1,-0,1.10,12345678901234567890,1E5,true,null,"\\u0041"]}',
    '{"a": [1, -0, 1.10, 12345678901234567890, 1E5, true, null, "A"]}',
  ],
  ['lone surrogates', '{"\\ud800":"a\\udfffb"}', '{"\ufffd": "a\ufffdb"}'],
  [
    'numbers beyond a double',
    '{"a":1e400,"b":-1e999,"c":1e-999}',
    '{"a": 1.7976931348623157e308, "b": -1.7976931348623157e308, "c": 1e-999}',
  ],
  ['zeros with an exponent that MySQL takes for too big', '{"a":0e400,"b":-0E+999}', '{"a": 0, "b": 0}'],
  ['a key that an object inherits', '{"__proto__":1}', '{"__proto__": 1}'],
] as const) {
  test(what, () => assert.equal(nearestJson(text, LIMITS), due));
}

test('what is nested too deeply becomes the text of itself', () => {
  const near = nearestJson(`{"a":${NEST(120)}}`, LIMITS);
  let value: unknown = JSON.parse(near).a;
  let depth = 1;
  for (; Array.isArray(value); depth++) value = value[0];
  assert.equal(depth, 100);
  assert.equal(value, NEST(21));
});

test('a quote counts for the two that a literal has of it', () => {
  const near = nearestJson(JSON.stringify({ a: "'".repeat(600_000) }), LIMITS);
  assert.equal(near, JSON.stringify({ a: "'".repeat(256) }).replace(':', ': '));
});

test('of a text that is too large strings are cut; where that does not help, nothing is left', () => {
  const limits = { depth: 100, size: 2000 };
  const near = JSON.parse(nearestJson(JSON.stringify({ level: 5, text: 'x'.repeat(5000) }), limits));
  assert.deepEqual([near.level, near.text.length], [5, 256]);
  assert.equal(nearestJson(JSON.stringify({ list: Array.from({ length: 2000 }, () => 1) }), limits), '{}');
});

for (const server of TEST_SERVERS) {
  describe(`JSON that ${server.name} takes`, { skip: server.skip }, () => {
    test('is whatever comes of any JSON', async () => {
      await using database = await temporaryDatabase(server);
      await using session = await database.open();
      await session.run('CREATE TABLE j (doc JSON)');
      const depth = server.name === 'MySQL' ? MAX_DEPTH.mysql : MAX_DEPTH.mariadb;
      const text = fc.oneof(
        fc.json({ maxDepth: 4, stringUnit: 'binary' }),
        fc.nat(300).map(NEST),
        fc.constantFrom(
          '"\\ud800"',
          '1e309',
          '0e309',
          '1.7976931348623158e308',
          `{"${'k'.repeat(80_000)}": 1}`,
          '-0.0',
          `{"a": ${'9'.repeat(500)}}`,
        ),
      );
      await fc.assert(
        fc.asyncProperty(text, async (json) => {
          const near = nearestJson(`{"data": {"x": ${json}}}`, { depth, size: 1e6 });
          await session.run(`INSERT INTO j VALUES ('${near.replaceAll("'", "''")}')`);
        }),
        { numRuns: 200 },
      );
    });
  });
}
