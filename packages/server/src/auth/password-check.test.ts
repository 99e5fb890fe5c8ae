import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { ApiError } from '../errors.ts';
import { ComputationQueue, MAX_REMEMBERED, PasswordCheck, REMEMBERED } from './password-check.ts';

const HASH = { hashname: 'sha256', salt: '', iterations: 1, key: new Uint8Array(32) };

/** A check whose right password is "right", whose time stands still, and which counts computations. */
function checkWith(
  compute: (password: string) => Promise<boolean> = async (password) => password === 'right',
) {
  const state = { now: 0, computed: 0 };
  const check = new PasswordCheck(new ComputationQueue(), {
    now: () => state.now,
    compute: (password) => {
      state.computed += 1;
      return compute(password);
    },
  });
  return { state, isRight: (user: string, password: string) => check.isRight(user, password, HASH) };
}

test('right credentials are computed once, wrong ones each time', async () => {
  const { state, isRight } = checkWith();
  for (let round = 0; round < 3; round += 1) assert.equal(await isRight('bob', 'right'), true);
  assert.equal(state.computed, 1);
  for (let round = 0; round < 3; round += 1) assert.equal(await isRight('bob', 'wrong'), false);
  assert.equal(state.computed, 4);
});

test('what is remembered is of one user and one password, wherever the one ends and the other begins', async () => {
  const { state, isRight } = checkWith(async () => true);
  await isRight('a', 'bc');
  await isRight('ab', 'c');
  await isRight('abc', '');
  await isRight('a', 'bc');
  assert.equal(state.computed, 3);
});

test('credentials are forgotten five minutes after their last use', async () => {
  const { state, isRight } = checkWith();
  await isRight('bob', 'right');
  state.now += REMEMBERED - 1;
  await isRight('bob', 'right');
  state.now += REMEMBERED - 1;
  await isRight('bob', 'right');
  assert.equal(state.computed, 1);
  state.now += REMEMBERED;
  await isRight('bob', 'right');
  assert.equal(state.computed, 2);
});

test('beyond the bound the credentials that were not used for longest are forgotten', async () => {
  const { state, isRight } = checkWith();
  for (let user = 0; user < MAX_REMEMBERED; user += 1) await isRight(`${user}`, 'right');
  await isRight('0', 'right');
  assert.equal(state.computed, MAX_REMEMBERED);
  await isRight('one more', 'right');
  await isRight('0', 'right');
  assert.equal(state.computed, MAX_REMEMBERED + 1);
  await isRight('1', 'right');
  assert.equal(state.computed, MAX_REMEMBERED + 2);
});

test('the same credentials at the same time share one computation, whatever comes out', async () => {
  const { state, isRight } = checkWith();
  assert.deepEqual(
    await Promise.all(Array.from({ length: 50 }, () => isRight('bob', 'right'))),
    Array(50).fill(true),
  );
  assert.deepEqual(
    await Promise.all(Array.from({ length: 50 }, () => isRight('bob', 'no'))),
    Array(50).fill(false),
  );
  assert.equal(state.computed, 2);
});

test('a computation that fails is an error for all who share it, and is done again for the next', async () => {
  let broken = true;
  const { isRight } = checkWith(async () => {
    if (broken) throw new Error('out of memory');
    return true;
  });
  const both = await Promise.allSettled([isRight('bob', 'right'), isRight('bob', 'right')]);
  assert.deepEqual(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  broken = false;
  assert.equal(await isRight('bob', 'right'), true);
});

test('in a flood of wrong passwords two are computed, a hundred wait, the others get 503; known users pass', async () => {
  const waiting: (() => void)[] = [];
  const running = { now: 0, most: 0 };
  const { isRight } = checkWith(async (password) => {
    if (password === 'right') return true;
    running.now += 1;
    running.most = Math.max(running.most, running.now);
    await new Promise<void>((resolve) => waiting.push(resolve));
    running.now -= 1;
    return false;
  });
  await isRight('bob', 'right');
  const flood = Array.from({ length: 150 }, (_, index) => isRight('bob', `guess ${index}`));
  const outcomes = Promise.allSettled(flood);
  await turn();
  assert.equal(running.now, 2);
  assert.equal(await isRight('bob', 'right'), true);
  for (let round = 0; round < 110; round += 1) {
    waiting.shift()?.();
    await turn();
  }
  const settled = await outcomes;
  const refused = settled.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  assert.equal(settled.length - refused.length, 102);
  assert.equal(refused.length, 48);
  assert.ok(refused.every((error) => error instanceof ApiError && error.status === 503));
  assert.equal(running.most, 2);
});
