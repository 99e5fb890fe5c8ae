import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../store/store-error.ts';
import type { ReadReply } from '../threads/messages.ts';
import { ask, client, get, post, serving, statusOf } from './trial-server.ts';

describe('ranges', () => {
  const page = (count: number, size: number, more: boolean): ReadReply => {
    const bytes = new TextEncoder().encode(
      Array.from({ length: count }, () => `{"x": "${'y'.repeat(size)}"}`).join(', '),
    );
    return { result: { bytes, count, ...(more && { next: { skip: 0, take: 1, below: 1 } }) } };
  };
  const RANGE = '/api/v1/record?left=0&right=1000000';

  test('pages become one list', async () => {
    const pages = [page(2, 1, true), page(1, 1, true), page(0, 1, false)];
    await using one = await serving({ answer: () => pages.shift() ?? page(0, 0, false) });
    const answer = await ask(one.port, get(RANGE).replace('1.1', '1.0'));
    assert.deepEqual(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)), [
      { x: 'y' },
      { x: 'y' },
      { x: 'y' },
    ]);
    const none = await ask(one.port, get(RANGE).replace('1.1', '1.0'));
    assert.ok(none.endsWith('\r\n\r\n[]'));
  });

  for (const [what, more] of [
    ['plain', ''],
    ['gzip', 'Accept-Encoding: gzip\r\n'],
    ['br', 'Accept-Encoding: br\r\n'],
    ['zstd', 'Accept-Encoding: zstd\r\n'],
  ] as const) {
    test(`${what}: a client that does not take it is waited for, one that goes ends the reading`, async () => {
      let random = 1;
      const noise = () => {
        // Nothing that can be compressed: what is written has to be taken.
        const bytes = new Uint8Array(200_000).map(() => {
          random = (random * 48_271) % 2_147_483_647;
          return 33 + (random % 90);
        });
        return { result: { bytes, count: 1, next: { skip: 0, take: 1, below: 1 } } };
      };
      await using one = await serving({
        answer: noise,
        context: { compress: { gzip: 1, brotli: 1, zstd: 1 } },
      });
      using visitor = client(one.port);
      visitor.socket.pause();
      visitor.socket.write(get(RANGE, 'GET', more));
      let before = -1;
      for (let turn = 0; turn < 60 && (before !== one.jobs.length || before === 0); turn++) {
        before = one.jobs.length;
        await sleep(100);
      }
      assert.equal(one.jobs.length, before, 'it waits');
      visitor.socket.destroy();
      await sleep(100);
      const after = one.jobs.length;
      await sleep(100);
      assert.equal(one.jobs.length, after);
      assert.ok(after <= before + 1);
      const connections = await new Promise((resolve) =>
        one.server.getConnections((_, count) => resolve(count)),
      );
      assert.equal(connections, 0);
      assert.deepEqual(one.said, []);
    });
  }

  test('a fault in the middle tears the answer, so that nobody takes it for whole', async () => {
    const replies: ReadReply[] = [
      page(1, 1, true),
      { fault: 'unavailable', message: 'damaged', detail: 'page 7' },
    ];
    await using one = await serving({ answer: () => replies.shift() ?? page(0, 0, false) });
    const answer = await ask(one.port, get(RANGE));
    assert.equal(statusOf(answer), 200);
    assert.doesNotMatch(answer, /0\r\n\r\n$/);
    assert.match(one.said.join(), /damaged/);
    assert.match(one.said.join(), /page 7/);
  });
});

describe('faults', () => {
  for (const [fault, status, type] of [
    ['query', 400, 'StorageQueryError'],
    ['timeout', 504, 'StorageTimeoutError'],
    ['busy', 503, 'HTTPError'],
    ['unavailable', 503, 'StorageError'],
    ['bug', 500, 'InternalError'],
  ] as const) {
    test(`${fault}: ${status}`, async () => {
      await using one = await serving({
        answer: () => ({ fault, message: 'plain', detail: 'SELECT secret' }),
      });
      const answer = await ask(one.port, get('/api/v1/record/1'));
      assert.equal(statusOf(answer), status);
      assert.match(answer, new RegExp(`"type": ?"${type}"`));
      assert.doesNotMatch(answer, /SELECT/);
      assert.equal(/\r\nRetry-After: 1\r\n/.test(answer), status === 503);
      // The log says why, for those who have to find out.
      assert.equal(/SELECT secret/.test(one.said.join()), fault === 'bug' || fault === 'unavailable');
    });
  }

  test('a writer that fails is a 500 without its words', async () => {
    const write = () => Promise.reject(new Error('secret path'));
    await using one = await serving({ context: { writer: { write } } });
    const answer = await ask(one.port, `${post('Content-Length: 2\r\nConnection: close')}[]`);
    assert.equal(statusOf(answer), 500);
    assert.doesNotMatch(answer, /secret/);
    assert.match(one.said.join(), /secret path/);
  });

  test('a writer that says the store is away: 503', async () => {
    const write = () => Promise.reject(new StoreError('unavailable', 'The disk is full'));
    await using one = await serving({ context: { writer: { write } } });
    const answer = await ask(one.port, `${post('Content-Length: 2\r\nConnection: close')}[]`);
    assert.equal(statusOf(answer), 503);
  });
});
