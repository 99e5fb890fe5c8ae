import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallQueues } from './call-queues.ts';

/** Tasks that end when they are told to; their names in the order in which they began. */
function tasks(queues: CallQueues) {
  const begun: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    begun,
    run(key: string, name: string): void {
      queues.run(key, (done) => {
        begun.push(name);
        ends.set(name, done);
      });
    },
    end: (name: string) => ends.get(name)?.(),
  };
}

test('few at once under one key, in order, and no key waits for another', () => {
  const queues = new CallQueues({ atOnce: 2, forgiving: false });
  const { begun, run, end } = tasks(queues);
  for (const name of ['a1', 'a2', 'a3', 'a4']) run('a', name);
  run('b', 'b1');
  assert.deepEqual(begun, ['a1', 'a2', 'b1']);
  assert.equal(queues.running, 3);
  end('a2');
  assert.deepEqual(begun, ['a1', 'a2', 'b1', 'a3']);
  for (const name of ['a1', 'a3', 'a4', 'b1']) end(name);
  assert.equal(queues.running, 0);
  run('a', 'a5');
  assert.equal(begun.at(-1), 'a5');
});

test('a task that ends at once lets the next go on', () => {
  const queues = new CallQueues({ atOnce: 1, forgiving: false });
  let count = 0;
  for (let times = 0; times < 100; times++) {
    queues.run('a', (done) => {
      count++;
      done();
    });
  }
  assert.equal(count, 100);
});

test('calls that are stuck let others go on where that is forgiven, but no more than 48 of them', () => {
  const queues = new CallQueues({ atOnce: 8, forgiving: true });
  const { begun, run, end } = tasks(queues);
  for (let number = 0; number < 200; number++) run('dead', `d${number}`);
  for (let later = 1; later < 20; later++) queues.lookForStuck(performance.now() + later * 2000);
  assert.equal(begun.length, 48 + 8);
  run('alive', 'other');
  assert.equal(begun.at(-1), 'other');
  // When the dead one answers again, all take their turn.
  for (let number = 0; number < 200; number++) end(`d${number}`);
  assert.equal(begun.length, 201);
  assert.equal(queues.running, 1);
});

test('where it is not forgiven, calls that are stuck stop their queue, and that is known', (t) => {
  const queues = new CallQueues({ atOnce: 2, forgiving: false });
  const { begun, run } = tasks(queues);
  for (const name of ['a1', 'a2', 'a3']) run('a', name);
  queues.lookForStuck(performance.now() + 5000);
  assert.deepEqual(begun, ['a1', 'a2']);
  assert.equal(queues.isStuck('a'), false);
  const now = performance.now();
  t.mock.method(performance, 'now', () => now + 1500);
  assert.equal(queues.isStuck('a'), true);
  assert.equal(queues.isStuck('b'), false);
});
