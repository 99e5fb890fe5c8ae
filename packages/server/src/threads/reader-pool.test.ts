import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { StoreError } from '../store/store-error.ts';
import type { Channel, Spawn } from './channels.ts';
import type { ReadJob, ReadReply } from './messages.ts';
import { ReaderPool } from './reader-pool.ts';
import { Reading } from './reading.ts';

/** A worker that does nothing by itself. */
interface Fake extends Channel {
  readonly jobs: ReadJob[];
  killed: number;
  reply(reply: ReadReply): void;
  end(reason: string): void;
}

function fakes(killable = false) {
  const made: Fake[] = [];
  const spawn: Spawn = (onReply, onEnd) => {
    const jobs: ReadJob[] = [];
    const fake: Fake = {
      jobs,
      killed: 0,
      killable,
      send: (job) => void jobs.push(job),
      kill: () => void fake.killed++,
      reply: onReply,
      end: onEnd,
    };
    made.push(fake);
    return fake;
  };
  return { made, spawn };
}

const get = (id: number): ReadJob & { kind: 'get' } => ({ kind: 'get', id });
const never = () => new AbortController().signal;
const fault = (kind: string, message?: RegExp) => (error: unknown) =>
  error instanceof StoreError && error.fault === kind && (message?.test(error.message) ?? true);
const bytes = (id: number) => new Uint8Array([id]);

describe('the pool of readers', () => {
  test('workers are made as they are needed, jobs wait for them in order', async () => {
    const { made, spawn } = fakes();
    const pool = new ReaderPool(spawn, 2);
    assert.equal(made.length, 0);
    const results = [1, 2, 3, 4].map((id) => pool.run(get(id), never()));
    assert.deepEqual(
      made.map(({ jobs }) => jobs),
      [[get(1)], [get(2)]],
    );
    made[1]?.reply({ result: bytes(2) });
    made[1]?.reply({ result: bytes(3) });
    made[1]?.reply({ result: bytes(4) });
    made[0]?.reply({ result: undefined });
    assert.deepEqual(await Promise.all(results), [undefined, bytes(2), bytes(3), bytes(4)]);
    const next = pool.run(get(5), never());
    assert.equal(made.length, 2);
    made[0]?.reply({ result: bytes(5) });
    assert.deepEqual(await next, bytes(5));
    pool.close();
  });

  test('beyond the bound a job is told to come back', async () => {
    const { made, spawn } = fakes();
    const pool = new ReaderPool(spawn, 1);
    const jobs = Array.from({ length: 1001 }, (_, id) => pool.run(get(id), never()));
    await assert.rejects(pool.run(get(0), never()), fault('busy'));
    for (const _ of jobs) made[0]?.reply({ result: bytes(0) });
    await Promise.all(jobs);
    pool.close();
  });

  test('faults and bugs come through', async () => {
    const { made, spawn } = fakes();
    const pool = new ReaderPool(spawn, 1);
    const first = pool.run(get(1), never());
    made[0]?.reply({ fault: 'query', message: 'm', detail: 'd' });
    await assert.rejects(first, fault('query', /^m$/));
    const second = pool.run(get(2), never());
    made[0]?.reply({ fault: 'bug', message: 'm', detail: 'the stack' });
    await assert.rejects(
      second,
      (error: Error) => !(error instanceof StoreError) && error.message === 'the stack',
    );
    pool.close();
  });

  test('a job given up while it waits is never sent', async () => {
    const { made, spawn } = fakes();
    const pool = new ReaderPool(spawn, 1);
    const controller = new AbortController();
    const first = pool.run(get(1), never());
    const second = pool.run(get(2), controller.signal);
    const third = pool.run(get(3), never());
    controller.abort(new Error('gone'));
    await assert.rejects(second, /gone/);
    made[0]?.reply({ result: bytes(1) });
    made[0]?.reply({ result: bytes(3) });
    assert.deepEqual([await first, await third], [bytes(1), bytes(3)]);
    assert.deepEqual(made[0]?.jobs, [get(1), get(3)]);
    await assert.rejects(pool.run(get(4), controller.signal), /gone/);
    pool.close();
  });

  test('a job given up while it runs: a thread is free again when it is through', async () => {
    const { made, spawn } = fakes(false);
    const pool = new ReaderPool(spawn, 1);
    const controller = new AbortController();
    const first = pool.run(get(1), controller.signal);
    const second = pool.run(get(2), never());
    controller.abort(new Error('gone'));
    await assert.rejects(first, /gone/);
    assert.deepEqual([made[0]?.killed, made[0]?.jobs.length], [0, 1]);
    made[0]?.reply({ result: bytes(1) });
    made[0]?.reply({ result: bytes(2) });
    assert.deepEqual(await second, bytes(2));
    pool.close();
  });

  test('a job given up while it runs: a process is killed and replaced', async () => {
    const { made, spawn } = fakes(true);
    const pool = new ReaderPool(spawn, 1);
    const controller = new AbortController();
    const first = pool.run(get(1), controller.signal);
    const second = pool.run(get(2), never());
    controller.abort(new Error('gone'));
    await assert.rejects(first, /gone/);
    assert.deepEqual([made[0]?.killed, made.length], [1, 2]);
    made[0]?.end('killed');
    // What the killed one had said just before concerns nobody any more.
    made[0]?.reply({ result: bytes(1) });
    made[1]?.reply({ result: bytes(2) });
    assert.deepEqual(await second, bytes(2));
    assert.equal(made.length, 2);
    pool.close();
  });

  test('a worker that dies answers its job with a fault, and is replaced', async () => {
    const { made, spawn } = fakes();
    const pool = new ReaderPool(spawn, 1);
    const first = pool.run(get(1), never());
    const second = pool.run(get(2), never());
    made[0]?.end('out of memory');
    made[0]?.end('exit');
    await assert.rejects(first, fault('unavailable', /worker ended/));
    assert.deepEqual(made[1]?.jobs, [get(2)]);
    made[1]?.reply({ result: bytes(2) });
    assert.deepEqual(await second, bytes(2));
    assert.equal(made.length, 2);
    pool.close();
  });

  test('workers that die at once answer every job, without an endless loop', async () => {
    const made: Fake[] = [];
    const pool = new ReaderPool((_onReply, onEnd) => {
      const fake = fakes().spawn(() => undefined, onEnd) as Fake;
      made.push(fake);
      queueMicrotask(() => onEnd('no such file'));
      return fake;
    }, 2);
    const jobs = Array.from({ length: 5 }, (_, id) => pool.run(get(id), never()));
    const ends = await Promise.allSettled(jobs);
    assert.ok(ends.every(({ status }) => status === 'rejected'));
    assert.equal(made.length, 5);
    pool.close();
  });

  test('a worker without work ends after a while, not one that works', async (context) => {
    context.mock.timers.enable({ apis: ['setTimeout'] });
    const { made, spawn } = fakes();
    const pool = new ReaderPool(spawn, 2);
    const [first, second] = [pool.run(get(1), never()), pool.run(get(2), never())];
    made[0]?.reply({ result: bytes(1) });
    await first;
    context.mock.timers.tick(60_000);
    assert.deepEqual([made[0]?.killed, made[1]?.killed], [1, 0]);
    made[1]?.reply({ result: bytes(2) });
    await second;
    const third = pool.run(get(3), never());
    context.mock.timers.tick(60_000);
    assert.equal(made[1]?.killed, 0);
    made[1]?.reply({ result: bytes(3) });
    await third;
    pool.close();
  });

  test('close answers what runs and what waits, and takes nothing more', async () => {
    const { made, spawn } = fakes();
    const pool = new ReaderPool(spawn, 1);
    const jobs = [pool.run(get(1), never()), pool.run(get(2), never())];
    pool.close();
    for (const job of jobs) await assert.rejects(job, fault('unavailable'));
    made[0]?.end('killed');
    assert.deepEqual([made.length, made[0]?.killed], [1, 1]);
    await assert.rejects(pool.run(get(3), never()), fault('busy'));
  });

  test('a signal keeps nothing of the jobs that are done', async () => {
    const { made, spawn } = fakes();
    const pool = new ReaderPool(spawn, 1);
    const { signal } = new AbortController();
    for (let id = 0; id < 50; id++) {
      const job = pool.run(get(id), signal);
      made[0]?.reply({ result: bytes(1) });
      await job;
    }
    assert.equal(getEventListeners(signal, 'abort').length, 0);
    pool.close();
  });
});

const FIRST = { cursor: { skip: 0, take: 1 }, maxBytes: 1 };

describe('a reading', () => {
  test("goes to a process with a client's own SQL, and else to a thread", async () => {
    const [threads, processes] = [fakes(), fakes()];
    const reading = new Reading({
      threads: new ReaderPool(threads.spawn, 1),
      processes: new ReaderPool(processes.spawn, 1),
      timeout: 5,
    });
    const plain = reading.run({ kind: 'count', filter: { names: [] } });
    threads.made[0]?.reply({ result: 1 });
    assert.equal(await plain, 1);
    const own = reading.run({ kind: 'page', filter: { names: [], query: '1' }, ...FIRST });
    processes.made[0]?.reply({ result: { ids: [7] } });
    await new Promise(setImmediate);
    // The records that were found are read where no expression runs.
    assert.deepEqual(threads.made[0]?.jobs.at(-1), { kind: 'records', ids: [7], maxBytes: 1 });
    threads.made[0]?.reply({ result: { bytes: bytes(2), count: 1, looked: 1 } });
    assert.deepEqual(await own, { bytes: bytes(2), count: 1 });
    const deep = { cursor: { skip: 1e6, take: 1 }, maxBytes: 1 };
    const far = reading.run({ kind: 'page', filter: { names: [], query: '1' }, ...deep });
    processes.made[0]?.reply({ result: bytes(3) });
    assert.deepEqual(await far, bytes(3));
    threads.made[0]?.end('done');
  });

  test("processes share the counting and the timeline of a client's own SQL", async () => {
    const { made, spawn } = fakes();
    const pool = new ReaderPool(spawn, 8);
    const reading = new Reading({ threads: pool, processes: pool, timeout: 5 });
    const filter = { names: [], query: '1' };
    const count = reading.run({ kind: 'count', filter });
    made.forEach(({ reply }, index) => {
      reply({ result: 10 + index });
    });
    assert.equal(await count, made.length === 1 ? 10 : 21);
    const timeline = reading.run({ kind: 'timeline', filter, period: 'day', timezone: 'UTC' });
    made.forEach(({ reply }, index) => {
      const both = { start: 86_400, count: 1 };
      reply({ result: index === 0 ? [both, { start: 172_800, count: 5 }] : [{ start: 0, count: 3 }, both] });
    });
    const due = [
      { start: 0, count: 3 },
      { start: 86_400, count: 2 },
      { start: 172_800, count: 5 },
    ];
    if (made.length === 2) assert.deepEqual(await timeline, due);
  });

  test('a timeout of a year is none of a millisecond', async () => {
    const { made, spawn } = fakes();
    const pool = new ReaderPool(spawn, 1);
    const reading = new Reading({ threads: pool, processes: pool, timeout: 31_536_000 });
    const job = reading.run(get(1));
    await new Promise((resolve) => setTimeout(resolve, 20));
    made[0]?.reply({ result: bytes(1) });
    assert.deepEqual(await job, bytes(1));
  });

  test('its jobs share the time that they may take', async () => {
    const { made, spawn } = fakes();
    const pool = new ReaderPool(spawn, 1);
    const reading = new Reading({ threads: pool, processes: pool, timeout: 0.1 });
    for (let step = 0; step < 2; step++) {
      const job = reading.run(get(1));
      setTimeout(() => made[0]?.reply({ result: bytes(1) }), 30);
      await job;
      // A client that takes its time.
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    const started = performance.now();
    await assert.rejects(reading.run(get(1)), fault('timeout'));
    assert.ok(performance.now() - started < 80);
    await assert.rejects(reading.run(get(1)), fault('timeout'));
  });
});
