import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestJson } from './nearest-json.ts';

for (const text of [
  '{}',
  '{"a": "\\u00e9 \\n", "b": [1e30, -12345678901234567, 0.5]}',
  '{"a": "1e5 and 2E9", "id": "a5f0e0230f", "b": "12345678901234567890"}',
]) {
  test(`${text} is taken as it is`, () => {
    assert.equal(nearestJson(text), undefined);
  });
}

for (const [text, nearest] of [
  ['{"a": "x\\ud800y", "b": 1}', '{"a":"x\ufffdy","b":1}'],
  ['{"\\uDC00": 1}', '{"\ufffd":1}'],
  ['{"a": "\\ud83d\\ude00"}', '{"a":"😀"}'],
  ['{"a": 1e400, "b": -1e999}', '{"a":null,"b":null}'],
  ['{"a":[0, -1234e300], "b": 1.5e-400}', '{"a":[0,-1.234e+303],"b":0}'],
  ['{"a": 12345678901234567890123}', '{"a":1.2345678901234568e+22}'],
] as const) {
  test(`${text} becomes ${nearest}`, () => {
    assert.equal(nearestJson(text), nearest);
  });
}
