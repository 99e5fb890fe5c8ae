import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib';
import { LOGGER, send } from '../http-request.ts';
import { startServer } from '../server-process.ts';
import { assertBounded, assertWorks, MEMORY_LIMIT_MIB, pour, settled } from './hostile-load.ts';
import { countOf, fill, recordText } from './posts.ts';
import { headOf, openRaw } from './raw-connection.ts';

const LIMIT_MIB = 64;
const CHUNKED = { 'Transfer-Encoding': 'chunked' };
const NDJSON = { 'Content-Type': 'application/x-ndjson' };

test('a body of 1 GB is refused by its Content-Length, before it is read', async () => {
  await using server = await startServer();
  const length = { 'Content-Length': String(2 ** 30) };
  const { status, sent, connection } = await pour(server.address, length, 1024);
  using _ = connection;
  assert.equal(status, 413);
  assert.ok(sent < LIMIT_MIB, `${sent} MiB were taken`);
  await assertWorks(server.address);
  assertBounded(server);
});

test('bodies that never end are refused at the limit, eight of them at once too', async () => {
  await using server = await startServer();
  const { status, sent, connection } = await pour(server.address, CHUNKED, 1024);
  using _ = connection;
  assert.equal(status, 413);
  assert.ok(sent >= LIMIT_MIB && sent < LIMIT_MIB + 16, `${sent} MiB were taken`);
  const pouring = Promise.all(Array.from({ length: 8 }, () => pour(server.address, CHUNKED, 1024)));
  await assertWorks(server.address);
  for (const one of await pouring) {
    assert.ok(one.status === 413 || one.status === 503, `${one.status}`);
    one.connection.socket.destroy();
  }
  await assertWorks(server.address);
  assertBounded(server);
});

const PACKERS = {
  gzip: () => createGzip({ level: 1 }),
  deflate: () => createDeflate({ level: 1 }),
  br: () => createBrotliCompress({ params: { 1: 1 } }),
  zstd: () => createZstdCompress(),
} as const;

/** 1 GiB of zeros, packed. */
async function bomb(coding: keyof typeof PACKERS): Promise<Buffer> {
  const packer = PACKERS[coding]();
  const packed: Buffer[] = [];
  packer.on('data', (chunk: Buffer) => packed.push(chunk));
  const zeros = Buffer.alloc(2 ** 20);
  for (let mebibyte = 0; mebibyte < 1024; mebibyte++) {
    if (!packer.write(zeros)) await once(packer, 'drain');
  }
  packer.end();
  await once(packer, 'end');
  return Buffer.concat(packed);
}

for (const coding of ['gzip', 'deflate', 'br', 'zstd'] as const) {
  test(`1 GB of zeros packed by ${coding} is refused at the limit, six at once too`, async () => {
    const body = await bomb(coding);
    await using server = await startServer();
    const throwOne = async () => {
      const connection = await openRaw(server.address);
      const headers = { 'Content-Encoding': coding, 'Content-Length': String(body.length) };
      void connection.send(
        headOf('POST', '/api/v1/record', { 'Content-Type': 'application/json', ...headers }),
      );
      void connection.send(body);
      const status = await connection.answer(20_000);
      connection.socket.destroy();
      return status;
    };
    assert.equal(await throwOne(), 413);
    const thrown = Promise.all(Array.from({ length: 6 }, throwOne));
    await assertWorks(server.address);
    for (const status of await thrown) assert.ok(status === 413 || status === 503, `${status}`);
    await assertWorks(server.address);
    assertBounded(server);
  });
}

test('1,000 connections that send nothing', async () => {
  await using server = await startServer();
  const idle = await Promise.all(Array.from({ length: 1000 }, () => openRaw(server.address)));
  await assertWorks(server.address);
  assertBounded(server);
  assert.ok(
    idle.every(({ socket }) => !socket.destroyed),
    'all are open: nothing was tested',
  );
  for (const { socket } of idle) socket.destroy();
});

test('100 clients that send 10 MB each and never finish', async () => {
  await using server = await startServer();
  const length = { 'Content-Length': String(11 * 2 ** 20), ...NDJSON };
  const clients = await Promise.all(Array.from({ length: 100 }, () => openRaw(server.address)));
  const piece = Buffer.alloc(2 ** 20, 'x');
  const sending = clients.map(async (client) => {
    await client.send(headOf('POST', '/api/v1/record', length));
    for (let mebibyte = 0; mebibyte < 10; mebibyte++) if (!(await client.send(piece))) return;
  });
  await assertWorks(server.address);
  await Promise.race([Promise.all(sending), sleep(10_000)]);
  await assertWorks(server.address);
  const statuses = clients.map(({ status }) => status);
  assert.ok(
    statuses.some((status) => status === 503),
    'some are told to come back',
  );
  assert.ok(
    statuses.every((status) => status === undefined || status === 503),
    statuses.join(),
  );
  for (const { socket } of clients) socket.destroy();
  await assertWorks(server.address);
  assertBounded(server);
});

for (const coding of ['identity', 'gzip', 'br', 'zstd']) {
  test(`30 readers of all records that do not read: ${coding}`, async () => {
    await using server = await startServer();
    await fill(server.address, 40_000, 1000);
    // What filling took is not what readers take.
    await server.stop();
    await server.restart();
    const path = '/api/v1/record?left=0&right=999999';
    const readers = await Promise.all(
      Array.from({ length: 30 }, async () => {
        const reader = await openRaw(server.address, { reads: false });
        await reader.send(headOf('GET', path, { 'Accept-Encoding': coding }));
        return reader;
      }),
    );
    await settled(server);
    await assertWorks(server.address);
    assert.equal(await countOf(server.address), 40_001);
    for (const { socket } of readers) socket.destroy();
    await assertWorks(server.address);
    assertBounded(server);
  });
}

test('headers without an end are refused', async () => {
  await using server = await startServer();
  using endless = await openRaw(server.address);
  // Twice the 128 KiB that are taken, and no more: of who goes on sending, the kernel may throw the answer away.
  await endless.send(`GET /health HTTP/1.1\r\n${`X-Header: ${'x'.repeat(990)}\r\n`.repeat(250)}`);
  assert.equal(await endless.answer(5000), 431);
  using flood = await openRaw(server.address);
  let sent = 0;
  while (sent < 64 && (await flood.send('x'.repeat(2 ** 20)))) sent++;
  assert.ok(sent < 64, 'the connection is closed');
  await assertWorks(server.address);
  assertBounded(server);
});

test('headers and bodies that stand still or trickle are ended with 408, and disturb nobody', async () => {
  await using server = await startServer();
  const typed = { ...NDJSON, 'Content-Length': '1000' };
  using standingHead = await openRaw(server.address);
  await standingHead.send('GET /health HTTP/1.1\r\nHost: x\r\n');
  using standingBody = await openRaw(server.address);
  await standingBody.send(`${headOf('POST', '/api/v1/record', typed)}{`);
  using tricklingHead = await openRaw(server.address);
  await tricklingHead.send('GET /health HTTP/1.1\r\n');
  const trickle = setInterval(() => void tricklingHead.send('X-More: 1\r\n'), 500);
  try {
    await assertWorks(server.address);
    const slow = [standingHead, standingBody, tricklingHead];
    const statuses = await Promise.all(slow.map((connection) => connection.answer(45_000)));
    assert.deepEqual(statuses, [408, 408, 408]);
  } finally {
    clearInterval(trickle);
  }
  await assertWorks(server.address);
});

/** A body of the default limit stands in memory some times over while it is decoded, stored and answered. */
const LARGE_BODY_LIMIT_MIB = 800;
const record = recordText(1, 200);
const LARGE_BODIES = {
  'application/x-ndjson': (size: number) => `${record}\n`.repeat(Math.floor(size / (record.length + 1))),
  'application/json': (size: number) =>
    record.replace('"padding":"', `$&${'x'.repeat(size - record.length)}`),
};

for (const [type, bodyOf] of Object.entries(LARGE_BODIES)) {
  test(`two bodies of the default limit at once are stored or told to come back: ${type}`, async () => {
    await using server = await startServer();
    const body = bodyOf(LIMIT_MIB * 2 ** 20);
    const records = body.split('\n').filter(Boolean).length;
    const posting = [1, 2].map(async () => {
      const connection = await openRaw(server.address);
      const headers = { 'Content-Type': type, 'Content-Length': String(body.length) };
      await connection.send(headOf('POST', '/api/v1/record', headers));
      void connection.send(body);
      const status = await connection.answer(40_000);
      connection.socket.destroy();
      return status;
    });
    const statuses = await Promise.all(posting);
    assert.ok(
      statuses.every((status) => status === 201 || status === 503),
      statuses.join(),
    );
    const stored = statuses.filter((status) => status === 201).length;
    assert.ok(stored >= 1);
    assert.equal(await countOf(server.address), stored * records);
    await assertWorks(server.address);
    assertBounded(server, LARGE_BODY_LIMIT_MIB);
  });
}

test('queries that run for ever are ended with 504; others go on meanwhile', async () => {
  // Long enough for all that is asked meanwhile, on a machine that does other work besides.
  const env = { CHRONOLOGER_ROLES: 'basic-reader query-reader writer', CHRONOLOGER_QUERY_TIMEOUT: '10' };
  await using server = await startServer({ env });
  await fill(server.address, 2000);
  const endless = encodeURIComponent('(SELECT count(*) FROM record a, record b, record c, record d) > 0');
  let ended = 0;
  const ask = async (method: string, parameters: string) => {
    const path = `/api/v1/record?query=${endless}&${parameters}`;
    const { status } = await send(server.address, { method, path, headers: LOGGER });
    ended++;
    return status;
  };
  const asked = [ask('HEAD', ''), ask('GET', 'left=0&right=9'), ask('HEAD', 'group=day&timezone=UTC')];
  await assertWorks(server.address);
  assert.ok((await countOf(server.address)) >= 2000);
  assert.equal(await countOf(server.address, 'query=record_id%3D1'), 1);
  assert.equal(ended, 0, 'the others had to wait');
  assert.deepEqual(await Promise.all(asked), [504, 504, 504]);
  // More of them than there are workers: the next is served all the same.
  await server.stop();
  await server.restart({ CHRONOLOGER_QUERY_TIMEOUT: '3' });
  await Promise.all(Array.from({ length: 12 }, () => ask('HEAD', '')));
  assert.equal(await countOf(server.address, 'query=record_id%3D1'), 1);
  assertBounded(server, MEMORY_LIMIT_MIB);
});
