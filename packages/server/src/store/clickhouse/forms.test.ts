import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownForms } from './forms.ts';

/** Events of many kinds, each with fields of its own. */
const kind = (number: number) =>
  `{${Array.from({ length: 15 }, (_, field) => `"kind${number}_${field}":${field}`).join(',')}}`;
const formOfKind = (number: number) => kind(number).replace(/:\d+/g, ':%d');

test('a form is used from its second time on', () => {
  const forms = new KnownForms();
  assert.equal(forms.of('{"a":1}'), '');
  assert.equal(forms.of('{"a":2}'), '{"a":%d}');
});

test('forms name no more fields together than the JSON column has columns for', () => {
  const forms = new KnownForms();
  const kinds = Array.from({ length: 100 }, (_, number) => number);
  for (const number of kinds) forms.of(kind(number));
  const used = kinds.filter((number) => forms.of(kind(number)) !== '');
  assert.equal(used.length, Math.floor(256 / 15));
  // What is used stays so, what is not too, and what names the same fields is learned.
  for (const number of kinds)
    assert.equal(forms.of(kind(number)), used.includes(number) ? formOfKind(number) : '');
  forms.of('{"kind0_0": 1}');
  assert.equal(forms.of('{"kind0_0": 2}'), '{"kind0_0": %d}');
});
