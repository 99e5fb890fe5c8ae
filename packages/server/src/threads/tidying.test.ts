import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { StoreWriter } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { Tidying } from './tidying.ts';

/** Each entry is a step: milliseconds that it takes, or why it fails. `more` is said while there are entries left. */
function set(context: TestContext, steps: (number | Error)[]) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = { now: 1_700_000_000_000, elapsed: 0 };
  const asked: number[] = [];
  const said: string[] = [];
  const store: Pick<StoreWriter, 'tidy'> = {
    async tidy(now) {
      asked.push(now);
      const step = steps.shift();
      if (step instanceof Error) throw step;
      clock.elapsed += step ?? 0;
      return steps.length > 0;
    },
  };
  const world = {
    now: () => clock.now,
    elapsed: () => clock.elapsed,
    warn: (message: string) => said.push(message),
  };
  const tidying = new Tidying(store, world);
  /** Lets milliseconds go by, and what they start go on. */
  async function tick(milliseconds: number): Promise<void> {
    clock.now += milliseconds;
    context.mock.timers.tick(milliseconds);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
  return { tidying, asked, said, tick };
}

describe('tidying', () => {
  test('a step rests nine times as long as it took; then a look each second', async (context) => {
    const { tidying, asked, tick } = set(context, [20, 3, 5, 1]);
    tidying.start();
    await tick(999);
    assert.deepEqual(asked, []);
    await tick(1);
    assert.deepEqual(asked, [1_700_000_001_000_000]);
    await tick(179);
    assert.equal(asked.length, 1);
    await tick(1);
    assert.equal(asked.length, 2);
    await tick(27);
    assert.equal(asked.length, 3);
    await tick(45);
    assert.equal(asked.length, 4);
    await tick(999);
    assert.equal(asked.length, 4);
    await tick(1);
    assert.equal(asked.length, 5);
    tidying.stop();
    await tick(10_000);
    assert.equal(asked.length, 5);
  });

  test('stopped during a step it does not go on', async (context) => {
    const { tidying, asked, tick } = set(context, [1, 1, 1]);
    tidying.start();
    const going = tick(1000);
    tidying.stop();
    await going;
    await tick(10_000);
    assert.equal(asked.length, 1);
  });

  test('a fault is said once and tried again a minute later; another one, or one after a good step, is said', async (context) => {
    const full = () => new StoreError('unavailable', 'The disk is full');
    const { tidying, asked, said, tick } = set(context, [full(), full(), 0, full()]);
    tidying.start();
    await tick(1000);
    await tick(59_999);
    assert.equal(asked.length, 1);
    await tick(1);
    assert.equal(asked.length, 2);
    assert.deepEqual(said, ['The store could not be tidied up: The disk is full']);
    await tick(60_000);
    await tick(1);
    assert.equal(asked.length, 4);
    assert.equal(said.length, 2);
    tidying.stop();
  });
});
