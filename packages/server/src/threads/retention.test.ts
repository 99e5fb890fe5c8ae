import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import type { StoreWriter } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { Retention } from './retention.ts';

const DAY = 86_400_000;
const NOON = Date.UTC(2024, 4, 5, 12);

/** A store of times in microseconds, each 100 bytes. */
class FakeStore implements StoreWriter {
  times: number[] = [];
  purged: number | undefined;
  /** Bytes freed but not given back yet, in steps. */
  freed = 0;
  fault: Error | undefined;
  onPurge = () => {};
  readonly asked: string[] = [];

  insert(): number[][] {
    return [];
  }

  insertWithIds(): void {}

  purge(limit: number, before = Number.POSITIVE_INFINITY): number {
    this.asked.push(`purge ${limit}`);
    this.onPurge();
    if (this.fault !== undefined) throw this.fault;
    this.times.sort((a, b) => a - b);
    const old = this.times.filter((time) => time < before).slice(0, limit);
    this.times.splice(0, old.length);
    if (old.length > 0) this.freed = 3;
    return old.length;
  }

  tidy(): boolean {
    return false;
  }

  reclaim(): boolean {
    this.asked.push('reclaim');
    this.freed = Math.max(0, this.freed - 1);
    return this.freed > 0;
  }

  size(): number {
    return this.times.length * 100;
  }

  purgedAt(): number | undefined {
    return this.purged;
  }

  setPurgedAt(at: number): void {
    this.asked.push('setPurgedAt');
    this.purged = at;
  }

  close(): void {}
}

function set(limits: { days?: number; bytes?: number }, times: number[] = []) {
  const store = new FakeStore();
  store.times = times.map((days) => (NOON + days * DAY) * 1000);
  const said: string[] = [];
  const clock = { now: NOON };
  const world = {
    now: () => clock.now,
    log: (level: string, message: string) => said.push(`${level} ${message}`),
  };
  return { store, said, clock, retention: new Retention(store, limits, world) };
}

describe('retention by days', () => {
  test('the first look removes what is older, to the microsecond', async () => {
    const { store, said, retention } = set({ days: 2 }, [-3, -2.5, -1, 0]);
    store.times.push((NOON - 2 * DAY) * 1000, (NOON - 2 * DAY) * 1000 - 1);
    await retention.run();
    assert.equal(store.times.length, 3);
    assert.equal(store.purged, NOON * 1000);
    assert.deepEqual(said, ['info Retention removed 3 records']);
    assert.equal(store.asked.filter((what) => what === 'reclaim').length, 3);
  });

  test('once a day: not again before midnight UTC, and at once when one was missed', async () => {
    const { store, clock, retention } = set({ days: 1 }, [-2]);
    await retention.run();
    store.times.push(0);
    clock.now = Date.UTC(2024, 4, 5, 23, 59, 59, 999);
    await retention.run();
    assert.equal(store.times.length, 1);
    clock.now = Date.UTC(2024, 4, 6);
    await retention.run();
    assert.equal(store.times.length, 0);
    store.times.push(0);
    clock.now = Date.UTC(2024, 4, 9, 17);
    await retention.run();
    assert.equal(store.times.length, 0);
  });

  test('a clock that was in the future once does not end retention', async () => {
    const { store, retention } = set({ days: 1 }, [-5]);
    store.purged = Date.UTC(2099, 1, 1) * 1000;
    await retention.run();
    assert.equal(store.times.length, 0);
    assert.equal(store.purged, NOON * 1000);
  });

  test('fractions of a day', async () => {
    const { store, retention } = set({ days: 0.25 }, [-0.3, -0.2]);
    await retention.run();
    assert.equal(store.times.length, 1);
  });

  test('small steps; stopped between them it is due again', async () => {
    const { store, retention } = set({ days: 1 });
    store.times = Array.from({ length: 2500 }, (_, index) => index);
    store.onPurge = () => retention.stop();
    await retention.run();
    assert.equal(store.times.length, 1500);
    assert.deepEqual(store.asked, ['purge 1000']);
    assert.equal(store.purged, undefined);
  });
});

describe('retention by bytes', () => {
  test('the oldest go until the store is small enough', async () => {
    const { store, retention } = set({ bytes: 50_000 });
    store.times = Array.from({ length: 3200 }, (_, index) => index);
    await retention.run();
    assert.deepEqual([store.times.length, store.times[0]], [200, 3000]);
    assert.equal(store.asked.filter((what) => what.startsWith('purge')).length, 3);
    assert.equal(store.purged, undefined);
  });

  test('small enough: nothing is asked, nothing said', async () => {
    const { store, said, retention } = set({ bytes: 1000 }, [-100, -200]);
    await retention.run();
    assert.deepEqual([store.asked, said], [[], []]);
  });

  test('a store that is too large without a record is left', async () => {
    const { store, retention } = set({ bytes: 10 });
    store.size = () => 4096;
    await retention.run();
    assert.deepEqual(store.asked, ['purge 1000']);
  });
});

describe('retention by the clock', () => {
  /** Timers of the test's own; lets what they started go on. */
  async function tick(context: TestContext, clock: { now: number }, milliseconds: number): Promise<void> {
    clock.now += milliseconds;
    context.mock.timers.tick(milliseconds);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  test('at once, then each minute; a fault is said and tried again; stop ends it', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { store, said, clock, retention } = set({ bytes: 100 }, [-3, -2, -1]);
    clock.now = NOON + 59_000;
    store.fault = new StoreError('unavailable', 'The disk is full');
    retention.start();
    await tick(context, clock, 0);
    assert.deepEqual(said, ['warn Retention could not finish: The disk is full']);
    store.fault = undefined;
    await tick(context, clock, 999);
    assert.equal(store.times.length, 3);
    await tick(context, clock, 1);
    assert.equal(store.times.length, 0);
    store.times = [1, 2, 3];
    await tick(context, clock, 60_000);
    assert.equal(store.times.length, 0);
    retention.stop();
    store.times = [1, 2, 3];
    await tick(context, clock, 120_000);
    assert.equal(store.times.length, 3);
  });

  test('without limits nothing is looked at', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { store, clock, retention } = set({}, [-3]);
    retention.start();
    await tick(context, clock, 2 * DAY);
    assert.deepEqual(store.asked, []);
  });
});
