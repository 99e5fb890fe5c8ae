import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Body } from '../ingest/decode.ts';
import type { Batch, StoreWriter } from '../store/store.ts';
import { StoreError } from '../store/store-error.ts';
import { WriteQueue } from './write-queue.ts';

/** Gives ids from 1; `faults` holds an error for each insert that is to fail. */
class FakeStore {
  readonly inserts: number[][] = [];
  faults: (Error | undefined)[] = [];
  /** How a store refuses what holds such a record. */
  refusal: StoreError | undefined;
  #last = 0;

  insert(batches: readonly Batch[]): number[][] {
    this.inserts.push(batches.map((batch) => batch.length));
    const fault = this.faults.shift();
    if (fault !== undefined) throw fault;
    const isBad = batches.flat().some(({ name }) => name === 'bad');
    if (this.refusal !== undefined && isBad) throw this.refusal;
    return batches.map((batch) => batch.map(() => ++this.#last));
  }
}

function queueOn(store: FakeStore) {
  const said: string[] = [];
  const writer: Pick<StoreWriter, 'insert'> = store;
  return { said, queue: new WriteQueue(writer as StoreWriter, (message) => said.push(message)) };
}

const LINE = '{"name": "n", "created": 1, "levelno": 20, "message": "m"}';
const body = (type: Body['type'], text: string, raw = false): Body => ({
  type,
  raw,
  now: 0,
  bytes: new TextEncoder().encode(text),
});
const ndjson = (lines: number, last = '') => body('ndjson', `${LINE}\n`.repeat(lines) + last);
const full = () => new StoreError('unavailable', 'The disk is full', { cause: new Error('ENOSPC') });

async function answers(store: FakeStore, bodies: readonly Body[]) {
  const { queue, said } = queueOn(store);
  const found = await queue.write(bodies.map((each, index) => [index + 70, each]));
  assert.deepEqual(
    found.map(([id]) => id),
    bodies.map((_, index) => index + 70),
  );
  return {
    said,
    found: found.map(([, answer]) => ({ status: answer.status, body: JSON.parse(answer.body) })),
  };
}

describe('the queue of writes', () => {
  test('bodies of every kind are stored in one transaction and answered each in its own way', async () => {
    const store = new FakeStore();
    const form = 'name=n&created=1&levelno=20&msg=m';
    const { found } = await answers(store, [
      body('json', LINE),
      ndjson(3),
      body('json', `[${LINE}, ${LINE}]`),
      body('form', form),
      body('json', '[]'),
      ndjson(0),
      body('json', '{"x": 1}', true),
    ]);
    assert.deepEqual(
      found.map(({ status }) => status),
      [201, 201, 201, 201, 201, 201, 201],
    );
    assert.equal(found[0]?.body.id, 1);
    assert.deepEqual(
      [found[1]?.body, found[2]?.body],
      [
        [2, 3, 4],
        [5, 6],
      ],
    );
    assert.equal(found[3]?.body.id, 7);
    assert.deepEqual([found[4]?.body, found[5]?.body], [[], []]);
    assert.deepEqual(found[6]?.body.logrec, { x: 1 });
    assert.equal(store.inserts.length, 1);
  });

  test('nothing to write asks nothing of the store', async () => {
    const store = new FakeStore();
    assert.deepEqual((await answers(store, [])).found, []);
    assert.deepEqual(store.inserts, []);
  });

  test('a bad body harms none of its neighbours', async () => {
    const store = new FakeStore();
    const { found } = await answers(store, [
      body('json', LINE),
      body('json', '{'),
      ndjson(1025, 'nonsense\n'),
      ndjson(2, '{}'),
      body('json', `[${LINE}, {}]`),
      body('form', 'name=n'),
      body('json', LINE),
    ]);
    assert.deepEqual(
      found.map(({ status }) => status),
      [201, 400, 207, 400, 400, 400, 201],
    );
    const [good, bad] = found[2]?.body.multistatus ?? [];
    assert.deepEqual([good.status, good.body.length, bad.status], [201, 1024, 400]);
    assert.match(bad.body.error.message, /line 1026/);
    assert.deepEqual([found[0]?.body.id, found[6]?.body.id], [1, 1026]);
  });

  test('a store that fails once: 503 to those who waited, and then it goes on', async () => {
    const store = new FakeStore();
    store.faults = [full()];
    const { found, said } = await answers(store, [body('json', LINE), ndjson(2), body('json', '{')]);
    assert.deepEqual(
      found.map(({ status, body: { error } }) => [status, error.type, error.message]),
      [
        [503, 'StorageError', 'The disk is full'],
        [503, 'StorageError', 'The disk is full'],
        [400, found[2]?.body.error.type, found[2]?.body.error.message],
      ],
    );
    assert.deepEqual(said, ['The disk is full (ENOSPC)']);
    assert.equal((await answers(store, [body('json', LINE)])).found[0]?.status, 201);
  });

  test('a store that fails in the middle of a large body: 207 with what was stored, the rest not tried', async () => {
    const store = new FakeStore();
    store.faults = [undefined, full()];
    // 3 MB a chunk: a commit after each third.
    const line = `{"name": "n", "created": 1, "levelno": 20, "message": "m", "x": "${'y'.repeat(3000)}"}\n`;
    const { found } = await answers(store, [body('ndjson', line.repeat(1024 * 8)), body('json', LINE)]);
    assert.deepEqual(store.inserts, [[1024, 1024, 1024], [1024, 1024, 1024], [1]]);
    const [good, bad] = found[0]?.body.multistatus ?? [];
    assert.deepEqual([found[0]?.status, good.body.length, bad.status], [207, 3072, 503]);
    assert.equal(found[1]?.status, 201);
  });

  test('a body that was stored before its neighbour filled the transaction keeps its answer', async () => {
    const store = new FakeStore();
    store.faults = [undefined, full()];
    const large = `{"name": "n", "created": 1, "levelno": 20, "message": "m", "x": "${'y'.repeat(9e6)}"}`;
    const { found } = await answers(store, [body('json', LINE), body('json', large), body('json', LINE)]);
    assert.deepEqual(
      found.map(({ status }) => status),
      [201, 201, 503],
    );
  });

  test('a record that the store refuses is searched by halves, and fails nobody else', async () => {
    const store = new FakeStore();
    store.refusal = new StoreError('refused', 'The store refuses the record');
    const bad = LINE.replace('"n"', '"bad"');
    const bodies = Array.from({ length: 3000 }, (_, n) => body('json', n % 1000 === 700 ? bad : LINE));
    const { found, said } = await answers(store, bodies);
    assert.deepEqual(
      found.flatMap(({ status }, n) => (status === 201 ? [] : [[n, status]])),
      [
        [700, 503],
        [1700, 503],
        [2700, 503],
      ],
    );
    const ids = found.flatMap(({ status, body: { id } }) => (status === 201 ? [id] : []));
    assert.deepEqual(
      ids,
      Array.from({ length: 2997 }, (_, n) => n + 1),
    );
    assert.equal(said.length, 3);
    assert.ok(store.inserts.length < 80, `${store.inserts.length}`);
  });

  test('of a body nothing is stored behind a chunk that the store refuses', async () => {
    const store = new FakeStore();
    store.refusal = new StoreError('refused', 'The store refuses the record');
    const bad = LINE.replace('"n"', '"bad"');
    const { found } = await answers(store, [
      ndjson(1024, [bad, ...Array(4000).fill(LINE)].join('\n')),
      body('json', LINE),
    ]);
    const [good, last] = found[0]?.body.multistatus ?? [];
    assert.deepEqual([found[0]?.status, good.body.length, last.status], [207, 1024, 503]);
    assert.deepEqual([found[1]?.status, found[1]?.body.id], [201, 1025]);
  });

  test('a store that goes away during the search is not waited for with each part', async () => {
    const store = new FakeStore();
    store.faults = [new StoreError('refused', 'no'), undefined, full()];
    const { found, said } = await answers(
      store,
      Array.from({ length: 8 }, () => body('json', LINE)),
    );
    assert.deepEqual(
      found.map(({ status }) => status),
      [201, 201, 201, 201, 503, 503, 503, 503],
    );
    store.faults = [new StoreError('refused', 'no'), full()];
    const again = await answers(
      store,
      Array.from({ length: 8 }, () => body('json', LINE)),
    );
    assert.ok(again.found.every(({ status }) => status === 503));
    assert.deepEqual([store.inserts.length, said.length, again.said.length], [5, 1, 1]);
  });

  test('a bug that one body meets is an answer to that body', async () => {
    const store = new FakeStore();
    const broken: Body = { ...ndjson(1), bytes: {} as Uint8Array<ArrayBuffer> };
    const { found, said } = await answers(store, [body('json', LINE), broken, body('json', LINE)]);
    assert.deepEqual(
      found.map(({ status }) => status),
      [201, 500, 201],
    );
    assert.equal(found[1]?.body.error.type, 'InternalError');
    assert.match(said[0] ?? '', /could not be decoded/);
  });

  test('a bug of the store is not hidden', async () => {
    const store = new FakeStore();
    store.faults = [new TypeError('a bug')];
    await assert.rejects(answers(store, [body('json', LINE)]), TypeError);
  });
});
