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

test('what is due is compared with the reference or with a bound', () => {
  assert.equal(dueOf(row('json-c8', 'rate', 'records/s', 500, 4999))?.holds, false);
  assert.equal(dueOf(row('ndjson-1000-c2', 'rate', 'records/s', 500, 1500))?.holds, true);
  assert.equal(dueOf(row('ndjson-1000-c2', 'rate', 'records/s', undefined, 1500))?.holds, undefined);
  assert.deepEqual(dueOf(row('page-level', 'writing p95', 'ms', undefined, 51)), {
    text: '≤ 50 ms',
    holds: false,
  });
  assert.equal(dueOf(row('page-level', 'p95', 'ms', undefined, 51)), undefined);
});
