import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordFromForm, recordFromJson } from '@chronologer/record';
import { asForm, asJson, benchRecord } from './records.ts';

const indices = Array.from({ length: 2000 }, (_, i) => i);

test('a record has the length that is asked for', () => {
  for (const bytes of [519, 800]) {
    for (const index of indices) {
      assert.equal(`${asJson(benchRecord(index, 1_767_225_600.5, bytes))}\n`.length, bytes);
    }
  }
});

test('the same number makes the same record, another number another', () => {
  assert.deepEqual(benchRecord(7, 1, 800), benchRecord(7, 1, 800));
  assert.notDeepEqual(benchRecord(7, 1, 800), benchRecord(8, 1, 800));
});

test('levels are as skewed as a log has them', () => {
  const levels = indices.map((index) => JSON.parse(asJson(benchRecord(index, 1, 800))).levelno as number);
  const share = (least: number) => levels.filter((level) => level >= least).length / levels.length;
  assert.ok(share(40) > 0.005 && share(40) < 0.02, `errors: ${share(40)}`);
  assert.ok(share(50) < 0.003, `critical: ${share(50)}`);
});

test('a form carries the same record as JSON', () => {
  const options = { raw: false, now: 0 };
  for (const index of indices.slice(0, 200)) {
    const record = benchRecord(index, 1_767_225_600.25, 800);
    const [json, form] = [
      recordFromJson(asJson(record), options),
      recordFromForm(Buffer.from(asForm(record)), options),
    ];
    assert.deepEqual(
      { ...form, logrec: JSON.parse(form.logrec) },
      { ...json, logrec: JSON.parse(json.logrec) },
    );
  }
});
