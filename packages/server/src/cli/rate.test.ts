import assert from 'node:assert/strict';
import { test } from 'node:test';
import { duration, Rate } from './rate.ts';

test('a line tells how far, how fast and how long still, of the part that is under way', () => {
  let now = 5000;
  const rate = new Rate(() => now);
  assert.equal(
    rate.line('Comparing', 100, 1000),
    'Comparing [##                  ] 10 %: 100 of 1000 records',
  );
  now += 2000;
  assert.equal(
    rate.line('Comparing', 300, 1000),
    'Comparing [######              ] 30 %: 300 of 1000 records, 100 a second, 7 s left',
  );
  assert.equal(rate.line('Copying', 300, 1000), 'Copying [######              ] 30 %: 300 of 1000 records');
  now += 10_000;
  assert.match(rate.line('Copying', 400, 1000), / 40 %: 400 of 1000 records, 10 a second, 1 min 0 s left$/);
  assert.match(rate.line('Copying', 1000, 1000), /^Copying \[#{20}\] 100 %: .*, 0 s left$/);
  assert.match(new Rate().line('Copying', 0, 0), /100 %: 0 of 0 records$/);
});

test('a part begins with its first call, shown or not', () => {
  let now = 0;
  const rate = new Rate(() => now);
  rate.at('Copying', 50);
  now += 1000;
  assert.match(rate.line('Copying', 60, 100), /, 10 a second, 4 s left$/);
});

test('durations', () => {
  assert.deepEqual([0, 0.2, 59.5, 125, 3600, 12_000].map(duration), [
    ...['0 s', '1 s', '1 min 0 s', '2 min 5 s'],
    ...['1 h 0 min', '3 h 20 min'],
  ]);
});
