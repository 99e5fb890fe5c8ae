import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, quantile } from './quantiles.ts';

test('quantiles by nearest rank, in any order of the values', () => {
  const values = [5, 1, 4, 2, 3];
  assert.equal(quantile(values, 0.5), 3);
  assert.equal(quantile(values, 0.95), 5);
  assert.equal(quantile([7], 0.5), 7);
  assert.ok(Number.isNaN(quantile([], 0.5)));
  assert.deepEqual(values, [5, 1, 4, 2, 3]);
});

test('the median of an even number of values lies between the two in the middle', () => {
  assert.equal(median([4, 1, 2, 100]), 3);
  assert.equal(median([3, 1, 2]), 2);
});
