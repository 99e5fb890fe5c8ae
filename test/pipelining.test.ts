import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { headOf, openRaw } from './faults/raw-connection.ts';
import { startServer } from './server-process.ts';

/** A client that sends requests without waiting for answers (RFC 9112, 9.3.2). */

const RECORD =
  '{"name": "n", "created": 1, "levelno": 20, "msg": "m", "padding": "0123456789012345678901234567890123"}';

function request(type: string, body: string): string {
  const headers = { 'Content-Type': type, 'Content-Length': String(Buffer.byteLength(body)) };
  return headOf('POST', '/api/v1/record', headers) + body;
}

test('large and small bodies on one connection are stored in the order in which they were sent', async () => {
  await using server = await startServer();
  using connection = await openRaw(server.address);
  // The large ones are packed in another thread than the small ones, which would be stored sooner.
  const large = request('application/x-ndjson', `${RECORD}\n`.repeat(3000));
  const small = request('application/json', `[${RECORD}]`);
  await connection.send(large + small + large + small + small);
  const answers = () =>
    [...connection.received.matchAll(/\r\n\r\n(\[[\d, ]+\])/g)].map(([, ids]) => JSON.parse(ids ?? ''));
  for (let waited = 0; answers().length < 5 && waited < 200; waited++) await sleep(50);
  const ids: number[][] = answers();
  assert.deepEqual(
    ids.map(({ length }) => length),
    [3000, 1, 3000, 1, 1],
  );
  assert.deepEqual(
    ids.flat(),
    Array.from({ length: 6003 }, (_, index) => index + 1),
  );
});
