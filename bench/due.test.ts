import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueOf } from './due.ts';
import { type Row, ratio, type Unit } from './measure/row.ts';

function row(name: string, figure: string, unit: Unit, reference: number | undefined, ours: number): Row {
  const values = (median: number) => ({ median, rounds: [median] });
  const own = { case: name, figure, unit, ours: values(ours) };
  return reference === undefined ? own : { ...own, reference: values(reference) };
}

test('better means more records a second and fewer milliseconds', () => {
  assert.equal(ratio(row('json-c8', 'rate', 'records/s', 500, 5000)), 10);
  assert.equal(ratio(row('count', 'p50', 'ms', 20, 5)), 4);
  assert.equal(ratio(row('count', 'p50', 'ms', undefined, 5)), undefined);
});

test('lines a second are better when they are more, and nanoseconds when they are fewer', () => {
  const rate = row('offlog-python', 'rate', 'lines/s', 1000, 1299);
  assert.equal(ratio(rate), 1.299);
  assert.deepEqual(dueOf(rate), { text: '≥ 1.3 ×', holds: false });
  assert.deepEqual(dueOf(row('offlog-node', 'write p50', 'ns', 1200, 150)), {
    text: '≤ 150 ns',
    holds: true,
  });
  assert.equal(dueOf(row('offlog-node', 'daemon CPU a line', 'µs', 1.4, 0.71))?.holds, false);
  assert.equal(dueOf(row('offlog-crowd', 'daemon RSS, highest', 'MB', 15, 81))?.holds, false);
});

test('what is due is compared with the reference or with a bound', () => {
  assert.equal(dueOf(row('json-c8', 'rate', 'records/s', 500, 4999))?.holds, false);
  const batches = row('ndjson-1000-c2', 'rate', 'records/s', 500, 4000);
  assert.equal(dueOf(batches)?.holds, true);
  for (const [median, holds] of [
    [2000, true],
    [2001, false],
  ] as const) {
    assert.equal(dueOf({ ...batches, victorialogs: { median, rounds: [median] } })?.holds, holds);
  }
  assert.equal(dueOf(row('ndjson-1000-c2', 'rate', 'records/s', undefined, 4000))?.holds, undefined);
  assert.deepEqual(dueOf(row('page-level', 'writing p95', 'ms', undefined, 51)), {
    text: '≤ 50 ms',
    holds: false,
  });
  assert.equal(dueOf(row('page-level', 'p95', 'ms', undefined, 51)), undefined);
});
