import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Pacing } from './pacing.ts';

test('single records under load: four commits a second; after a pause at once', () => {
  let now = 1000;
  const pacing = new Pacing(() => now);
  assert.equal(pacing.wait, 0);
  pacing.began(1);
  assert.equal(pacing.wait, 250);
  now += 200;
  assert.equal(pacing.wait, 50);
  now += 50;
  assert.equal(pacing.wait, 0);
  pacing.began(200);
  assert.equal(pacing.wait, 250);
});

test('a large commit is followed at once', () => {
  const pacing = new Pacing(() => 1000);
  pacing.began(999);
  assert.equal(pacing.wait, 250);
  pacing.began(1_000);
  assert.equal(pacing.wait, 0);
});

test('waiting takes as long as it says', async () => {
  const pacing = new Pacing();
  pacing.began(1);
  const begun = performance.now();
  await pacing.ready();
  assert.ok(performance.now() - begun > 240);
  await pacing.ready();
});
