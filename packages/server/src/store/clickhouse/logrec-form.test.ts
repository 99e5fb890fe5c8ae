import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compileForm } from './compiled-form.ts';
import { formOf } from './logrec-form.ts';
import { anyLogrec } from './testing/any-logrec.ts';

const FORMS = [
  ['{}', '{}'],
  ['{"meta": {"lineno": 7}, "data": {}}', '{"meta": {"lineno": %d}, "data": {}}'],
  ['{"a":"x","b":-12,"c":true,"d":null}', '{"a":%s,"b":%d,"c":%b,"d":null}'],
  ['{"a": 0.5, "b": 1.50, "c": 604.0, "d": -0.0}', '{"a": %g, "b": %.2f, "c": %.1f, "d": -0.0}'],
  ['{"a": 1e5, "b": -0, "c": 1234567890123456789}', '{"a": 1e5, "b": -0, "c": 1234567890123456789}'],
  ['{"a": [1, 2], "b": [1,2], "c": [1]}', '{"a": %d[, ], "b": %d[,], "c": %d[, ]}'],
  ['{"a":[1],"b":["x","y"]}', '{"a":%d[,],"b":%s[,]}'],
  [
    '{"a": [], "b": [1, "x"], "c": [[1]], "d": [{"e": 1}]}',
    '{"a": [], "b": [1, "x"], "c": [[1]], "d": [{"e": 1}]}',
  ],
  ['{"a": [ 1 ], "b": [1,  2], "c": ["]"]}', '{"a": [ 1 ], "b": [1,  2], "c": %s[, ]}'],
  ['{"a": "x\\ny \\"z\\\\"}', '{"a": %s}'],
  ['{"a": "\\u00e9", "b": "x"}', '{"a": %a, "b": %a}'],
  ['{"a": "\\u00E9", "b": "\\/"}', '{"a": "\\u00E9", "b": "\\/"}'],
  ['{"a\\"b": "x"}', '{"a\\"b": %s}'],
  ['{"a": "%s"}', '{"a": %s}'],
] as const;

for (const [text, form] of FORMS) {
  test(`${text} has the form ${form}`, () => assert.equal(formOf(text), form));
}

describe('forms that cannot be filled', () => {
  for (const form of [
    '{}',
    '{"a": null}',
    '{"a": %s, "a": %d}',
    '{"a.b": 1, "c": %d}',
    '{"a`b": %d}',
    '{"a:b": %d}',
    '{"": %d}',
    '{"a\\"b": %s}',
    '{"a": %x}',
    '{"a": %d',
    '{"a": [1}',
    `{${Array.from({ length: 201 }, (_, index) => `"k${index}": %d`).join(', ')}}`,
  ]) {
    test(form.slice(0, 30), () => assert.equal(compileForm(form), undefined));
  }
});

test('the columns of a form are named by path and type', () => {
  const compiled = compileForm(
    '{"meta": {"a b": %.3f, "n": null}, "data": {"l": %d[, ], "x": [1, {"y": "]"}]}}',
  );
  assert.deepEqual(
    compiled?.columns.map(({ name }) => name),
    ['logrec.`meta`.`a b`.:`Float64`', 'logrec.`data`.`l`.:`Array(Nullable(Int64))`'],
  );
  assert.deepEqual(compiled?.literals, [
    '{"meta": {"a b": ',
    ', "n": null}, "data": {"l": ',
    ', "x": [1, {"y": "]"}]}}',
  ]);
});

/** The value at the path that a column's name tells. */
function valueAt(value: unknown, name: string): unknown {
  const keys = [...name.matchAll(/\.`([^`]+)`/g)].map(([, key]) => key ?? '');
  return keys.reduce((inner: unknown, key) => Object(inner)[key], value);
}

test('a form filled with the values gives the text back', () => {
  let filled = 0;
  fc.assert(
    fc.property(anyLogrec, (text) => {
      const compiled = compileForm(formOf(text));
      if (compiled === undefined) return;
      filled++;
      const value: unknown = JSON.parse(text);
      let out = compiled.literals[0] ?? '';
      for (const [index, { name, write }] of compiled.columns.entries()) {
        out += write(valueAt(value, name) as string) + compiled.literals[index + 1];
      }
      assert.equal(out, text);
    }),
    { numRuns: 3000 },
  );
  assert.ok(filled > 300, `${filled}`);
});
