import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Body } from '../ingest/decode.ts';
import type { PackedGroup } from '../ingest/packing.ts';
import { RunBuilder } from '../store/sqlite/blocks/run.ts';
import { StoreError } from '../store/store-error.ts';
import { PackingQueue } from './packing-queue.ts';

const LINE = '{"name": "n", "created": 1, "levelno": 20, "message": "m"}';

function body(lines: number, last = ''): Body {
  const bytes = new TextEncoder().encode(`${LINE}\n`.repeat(lines) + last);
  return { type: 'ndjson', raw: false, now: 0, bytes };
}

/** A queue whose inserts wait until they are told to end. */
function waitingQueue() {
  const inserts: {
    group: PackedGroup;
    resolve: (ids: number[][]) => void;
    reject: (error: Error) => void;
  }[] = [];
  const said: string[] = [];
  const queue = new PackingQueue(
    new RunBuilder(),
    (group) => {
      const { promise, resolve, reject } = Promise.withResolvers<number[][]>();
      inserts.push({ group, resolve, reject });
      return promise;
    },
    (message) => said.push(message),
  );
  return { queue, inserts, said };
}

const counts = (group: PackedGroup | undefined) => group?.map(({ count }) => count);
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('the queue of packing', () => {
  test('groups of a body one after the other, then the answer with all ids', async () => {
    const { queue, inserts } = waitingQueue();
    const answer = queue.write(body(4097));
    await turn();
    assert.deepEqual(
      inserts.map(({ group }) => counts(group)),
      [[4096]],
    );
    inserts[0]?.resolve([[1, 2]]);
    await turn();
    assert.deepEqual(counts(inserts[1]?.group), [1]);
    inserts[1]?.resolve([[7]]);
    assert.deepEqual(await answer, { status: 201, body: '[1, 2, 7]' });
  });

  test('two bodies at once and no more, the next as soon as one is through', async () => {
    const { queue, inserts } = waitingQueue();
    const answers = Array.from({ length: 4 }, (_, index) => queue.write(body(index + 1)));
    await turn();
    assert.deepEqual(
      inserts.map(({ group }) => counts(group)),
      [[1], [2]],
    );
    inserts[1]?.resolve([[1]]);
    await answers[1];
    await turn();
    assert.deepEqual(counts(inserts[2]?.group), [3]);
    inserts[0]?.resolve([[2]]);
    await turn();
    inserts[2]?.resolve([[3]]);
    await turn();
    inserts[3]?.resolve([[4]]);
    assert.deepEqual(
      (await Promise.all(answers)).map((each) => each.body),
      ['[2]', '[1]', '[3]', '[4]'],
    );
  });

  test('a fault of the store ends a body: what was stored before is told, what comes behind is not tried', async () => {
    const { queue, inserts } = waitingQueue();
    const answer = queue.write(body(9000));
    await turn();
    inserts[0]?.resolve([[1]]);
    await turn();
    inserts[1]?.reject(new StoreError('unavailable', 'The disk is full'));
    const { status, body: text } = await answer;
    assert.equal(status, 207);
    assert.deepEqual(JSON.parse(text).multistatus[0], { status: 201, body: [1] });
    assert.equal(JSON.parse(text).multistatus[1].body.error.message, 'The disk is full');
    assert.equal(inserts.length, 2);
  });

  test('a bad line behind stored chunks is told with their ids', async () => {
    const { queue, inserts } = waitingQueue();
    const answer = queue.write(body(1500, '{}\n'));
    await turn();
    assert.deepEqual(counts(inserts[0]?.group), [1024]);
    inserts[0]?.resolve([[5]]);
    const { multistatus } = JSON.parse((await answer).body);
    assert.deepEqual(multistatus[0].body, [5]);
    assert.match(multistatus[1].body.error.message, /on line 1501$/);
  });

  test('a bug costs one body alone and is said in the log', async () => {
    const { queue, inserts, said } = waitingQueue();
    const answer = queue.write(body(1));
    await turn();
    inserts[0]?.reject(new TypeError('a bug'));
    assert.equal((await answer).status, 500);
    assert.match(said.join(), /A body could not be packed: TypeError: a bug/);
    const next = queue.write(body(1));
    await turn();
    inserts[1]?.resolve([[1]]);
    assert.equal((await next).status, 201);
  });

  test('the memory of a body is given back', async () => {
    const { queue, inserts } = waitingQueue();
    const given = body(10);
    const answer = queue.write(given);
    await turn();
    inserts[0]?.resolve([[1]]);
    await answer;
    assert.equal(given.bytes.length, 0);
  });
});
