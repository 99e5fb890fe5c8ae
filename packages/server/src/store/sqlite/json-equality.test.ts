import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Texts } from './blocks/texts.ts';
import { JsonEquality } from './json-equality.ts';

function textsOf(documents: readonly string[]): Texts {
  const encoded = documents.map((document) => Buffer.from(document));
  const starts = new Uint32Array(documents.length + 1);
  encoded.forEach(({ length }, index) => {
    starts[index + 1] = (starts[index] ?? 0) + length;
  });
  return { count: documents.length, starts, bytes: Buffer.concat(encoded) };
}

function places(expression: string, documents: readonly string[]): number[] | undefined {
  return JsonEquality.of(expression)?.places(textsOf(documents));
}

/** Letters of a JSON string, now and then escaped. */
const letters = fc
  .array(fc.tuple(fc.constantFrom(...'abuser_id 12é"\\\n𝄞'), fc.integer({ min: 0, max: 5 })), {
    maxLength: 6,
  })
  .map((parts) =>
    parts.map(([letter, escaped]) => (escaped === 0 ? escaping(letter) : inString(letter))).join(''),
  );

function escaping(letters: string): string {
  return letters.replaceAll(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function inString(letter: string): string {
  return JSON.stringify(letter).slice(1, -1);
}

const number = fc.constantFrom(
  ...[
    '0',
    '1',
    '-0',
    '2',
    '12',
    '12.0',
    '1.2e1',
    '1.2E+1',
    '120e-1',
    '-12',
    '11.99999999999999999999999',
    '0.12e2',
  ],
  ...[
    '12.00000000000000000000001',
    '112',
    '121',
    '12.5',
    '1e999',
    '999999999999',
    '999999999998.99999999999999999',
  ],
);
const text = fc
  .oneof(letters, fc.constantFrom('12', 'a b', 'a\\u0020b', '\\u0061 b', 'a'))
  .map((inside) => `"${inside}"`);
const key = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('"k"', '"user_id"', '"\\u006b"', '"user\\u005fid"', '"K"') },
  text,
);
const space = fc.constantFrom('', ' ', '\n\t', '\r ');
const value = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    number,
    text,
    fc.constantFrom('true', 'false', 'null', '[12]', '["a b"]'),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(space, key, space, space, tie('value')), { maxLength: 4 })
    .map((members) => `{${members.map(([a, name, b, c, held]) => `${a}${name}${b}:${c}${held}`).join(',')}}`),
}));
const comparison = fc
  .tuple(
    fc.constantFrom('$.k', '$.user_id', '$.k.user_id', '$.k.k'),
    fc.constantFrom('2', '12', '012', '999999999999', '11', "'a b'", "'a'", "'12'", "'user_id'"),
    fc.boolean(),
    fc.constantFrom('', ' ', ' AND 1', '\nand (2 > 1)'),
  )
  .map(([path, literal, arrow, rest]) =>
    arrow
      ? `logrec ->> '${path}' = ${literal}${rest}`
      : `json_extract(logrec, '${path}') = ${literal}${rest}`,
  );

test('no record is missed for which SQLite finds that the expression holds', () => {
  const database = new DatabaseSync(':memory:');
  const held = new Set<boolean>();
  fc.assert(
    fc.property(
      comparison,
      fc.array(value.object, { minLength: 1, maxLength: 8 }),
      (expression, documents) => {
        const found = places(expression, documents);
        assert.ok(found, 'the expression is understood');
        assert.deepEqual(
          found,
          found.toSorted((a, b) => a - b),
        );
        assert.equal(new Set(found).size, found.length);
        const holds = database.prepare(`SELECT ${expression} AS holds FROM (SELECT ? AS logrec)`);
        documents.forEach((document, place) => {
          const isMeant = holds.get(document)?.holds === 1;
          held.add(isMeant);
          if (isMeant) assert.ok(found.includes(place), `${expression} holds for ${document}`);
        });
      },
    ),
    { numRuns: 5000 },
  );
  database.close();
  assert.deepEqual(held, new Set([true, false]));
});

test('records that are certainly not meant are left out', () => {
  const documents = [
    '{"k": 12}',
    '{"k": 121, "n": 12}',
    '{"k": -12}',
    '{"k":12.0}',
    '{"k": "12"}',
    '{"x": 12}',
  ];
  assert.deepEqual(places("json_extract(logrec, '$.k') = 12", documents), [0, 3]);
  assert.deepEqual(places("logrec ->> '$.k' = '12'", documents), [4]);
  assert.deepEqual(places("logrec ->> '$.k' = 'a.b'", ['{"k": "a.b"}', '{"k": "axb"}']), [0]);
});

test('texts longer than what is searched at once', () => {
  const long = (value: string) => `{"pad": "${'x'.repeat(50_000)}", "k": ${value}}`;
  const documents = [
    long('12'),
    long('13'),
    long('12'),
    long('"\\u00e9"'),
    `{"pad": "${'y'.repeat(200_000)}"}`,
    long('12'),
  ];
  assert.deepEqual(places("json_extract(logrec, '$.k') = 12", documents), [0, 2, 3, 5]);
});

for (const expression of [
  'level = 20',
  "json_extract(logrec, '$.k') = 1",
  "json_extract(logrec, '$.k') = 0",
  "json_extract(logrec, '$.k') = -5",
  "json_extract(logrec, '$.k') = 5.5",
  "json_extract(logrec, '$.k') = 5e1",
  "json_extract(logrec, '$.k') = 1234567890123",
  "json_extract(logrec, '$.k') > 5",
  "json_extract(logrec, '$.k') = 5 OR level = 20",
  "json_extract(logrec, '$.k') = 5 AND level = 20 or 1",
  "json_extract(logrec, '$.k') = 5 || ''",
  "json_extract(logrec, '$.k') = 5 + 1",
  "json_extract(logrec, '$.k') = 5 IS NULL",
  "json_extract(logrec, '$.k') = 'a''b'",
  "json_extract(logrec, '$.k') = 'é'",
  "json_extract(logrec, '$.k') = '{}'",
  "json_extract(logrec, '$.k') = 'a/b'",
  "json_extract(logrec, '$.k') = 'a' COLLATE NOCASE",
  "json_extract(logrec, '$[0]') = 5",
  `json_extract(logrec, '$."a b"') = 5`,
  "json_extract(logrec, '$.k', '$.l') = 5",
  "json_extract(message, '$.k') = 5",
  "logrec -> '$.k' = '5'",
  "NOT json_extract(logrec, '$.k') = 5",
]) {
  test(`nothing is certain of ${expression}`, () => assert.equal(JsonEquality.of(expression), undefined));
}
