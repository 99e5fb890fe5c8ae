import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { ApiError } from '../errors.ts';
import { checkBody, type ReceivedBody, receiveBody } from './body.ts';
import { Budget } from './budget.ts';

/** A budget that says what is taken of it. */
class Watched extends Budget {
  used = 0;

  override take(bytes: number): void {
    super.take(bytes);
    this.used += bytes;
  }

  override give(bytes: number): void {
    super.give(bytes);
    this.used -= bytes;
  }
}

const LIMITS = { bytes: 100_000, idle: 150 };

interface Outcome {
  readonly request: IncomingMessage;
  readonly received: Promise<ReceivedBody>;
}

/** A server that receives one body; the socket of its client, on which the head of a request was sent. */
async function receiving(headers: string, budget: Budget, limits = LIMITS) {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  const arrived = new Promise<Outcome>((resolve) => {
    server.on('request', (request, response) => {
      response.on('error', () => undefined);
      const received = Promise.resolve().then(() => receiveBody(request, limits, budget));
      received.catch(() => undefined);
      resolve({ request, received });
    });
  });
  socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
  const { request, received } = await arrived;
  return {
    socket,
    request,
    received,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const hasStatus = (status: number) => (error: unknown) =>
  error instanceof ApiError && error.status === status;
const chunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
const CHUNKED = 'Transfer-Encoding: chunked';

async function sendChunks(socket: Socket, bytes: Buffer, size = 30_000): Promise<void> {
  for (let start = 0; start < bytes.length; start += size)
    socket.write(chunk(bytes.subarray(start, start + size)));
  socket.write('0\r\n\r\n');
}

describe('a body that is taken', () => {
  const text = Buffer.from('{"a": "é"}'.repeat(5000));
  for (const [coding, pack] of [
    ['identity', (bytes: Buffer) => bytes],
    ['', (bytes: Buffer) => bytes],
    ['gzip', gzipSync],
    ['x-gzip', gzipSync],
    ['GZIP ', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
    ['deflate', deflateSync],
    ['gzip', (bytes: Buffer) => Buffer.concat([gzipSync(bytes.subarray(0, 9)), gzipSync(bytes.subarray(9))])],
  ] as const) {
    test(`encoding ${JSON.stringify(coding)}`, async () => {
      const budget = new Watched(1e6);
      await using one = await receiving(`${CHUNKED}\r\nContent-Encoding: ${coding}`, budget);
      await sendChunks(one.socket, pack(text), 100);
      const { bytes, release } = await one.received;
      assert.deepEqual(Buffer.from(bytes), text);
      assert.equal(bytes.byteOffset, 0);
      assert.ok(bytes.buffer.byteLength - bytes.byteLength <= 8, 'memory of its own');
      assert.equal(budget.used, text.length);
      release();
      assert.equal(budget.used, 0);
    });
  }

  test('of exactly the limit, and of nothing', async () => {
    const budget = new Watched(1e6);
    await using full = await receiving(`Content-Length: ${LIMITS.bytes}`, budget);
    full.socket.write('x'.repeat(LIMITS.bytes));
    assert.equal((await full.received).bytes.length, LIMITS.bytes);
    await using empty = await receiving('Content-Length: 0', budget);
    assert.equal((await empty.received).bytes.length, 0);
    await using none = await receiving('X: y', budget);
    assert.equal((await none.received).bytes.length, 0);
  });

  test('slowly, as long as it goes on', async () => {
    const budget = new Watched(1e6);
    await using one = await receiving('Content-Length: 24576', budget);
    for (const letter of 'slowly') {
      await sleep(60);
      one.socket.write(letter.repeat(4096));
    }
    const text = Buffer.from((await one.received).bytes).toString();
    assert.equal(text, [...'slowly'].map((letter) => letter.repeat(4096)).join(''));
  });
});

describe('a body that is refused gives its budget back', () => {
  const cases: [string, string, (socket: Socket) => void, number][] = [
    ['too long by its header', 'Content-Length: 100001', () => undefined, 413],
    ['too long as it comes', CHUNKED, (socket) => void sendChunks(socket, Buffer.alloc(100_001)), 413],
    ['no byte for too long', 'Content-Length: 10', (socket) => void socket.write('x'), 408],
    ['a byte now and then', 'Content-Length: 10000', (socket) => void trickle(socket), 408],
    ['no byte at all', 'Content-Length: 10', () => undefined, 408],
    ['an unknown encoding', `${CHUNKED}\r\nContent-Encoding: lzma`, () => undefined, 415],
    ['two encodings', `${CHUNKED}\r\nContent-Encoding: gzip, br`, () => undefined, 415],
    ['an encoding named as a property', `${CHUNKED}\r\nContent-Encoding: constructor`, () => undefined, 415],
    [
      'given up by its client',
      'Content-Length: 50000',
      (socket) => void socket.write('x'.repeat(20_000), () => setTimeout(() => socket.destroy(), 30)),
      400,
    ],
    ...['gzip', 'br', 'zstd', 'deflate'].flatMap(
      (coding): [string, string, (socket: Socket) => void, number][] => {
        const head = `${CHUNKED}\r\nContent-Encoding: ${coding}`;
        const packers = {
          gzip: gzipSync,
          br: brotliCompressSync,
          zstd: zstdCompressSync,
          deflate: deflateSync,
        };
        const pack = packers[coding as keyof typeof packers];
        const bomb = pack(Buffer.alloc(5_000_000));
        const packed = pack(Buffer.alloc(50_000, 'some text and more'));
        return [
          [`${coding}: a bomb`, head, (socket) => void sendChunks(socket, bomb), 413],
          [
            `${coding}: not so packed`,
            head,
            (socket) => void sendChunks(socket, Buffer.from('{"no": "archive"}')),
            400,
          ],
          [
            `${coding}: cut off`,
            head,
            (socket) => void sendChunks(socket, packed.subarray(0, packed.length - 8)),
            400,
          ],
          [
            `${coding}: stuck half-way`,
            head,
            (socket) => void socket.write(chunk(packed.subarray(0, packed.length - 8))),
            408,
          ],
        ];
      },
    ),
  ];
  for (const [what, headers, send, status] of cases) {
    test(what, async () => {
      const budget = new Watched(1e6);
      await using one = await receiving(headers, budget);
      send(one.socket);
      await assert.rejects(one.received, hasStatus(status));
      assert.equal(budget.used, 0);
      // What still comes is nobody's any more.
      one.request.resume();
      await sleep(30);
      assert.equal(budget.used, 0);
    });
  }

  test('too many at once: 503, and room again when the others are stored', async () => {
    const budget = new Watched(1000);
    budget.take(900);
    await using one = await receiving('Content-Length: 200', budget);
    one.socket.write('x'.repeat(200));
    await assert.rejects(one.received, hasStatus(503));
    assert.equal(budget.used, 900);
    budget.give(900);
    await using two = await receiving('Content-Length: 1000', budget);
    two.socket.write('x'.repeat(1000));
    assert.equal((await two.received).bytes.length, 1000);
  });

  test('whose client was gone before it was asked for', async () => {
    const budget = new Watched(1e6);
    await using one = await receiving('Content-Length: 10', budget, { ...LIMITS, idle: 5000 });
    const closed = new Promise((resolve) => one.request.on('close', resolve));
    one.socket.destroy();
    await closed;
    await assert.rejects(receiveBody(one.request, { ...LIMITS, idle: 5000 }, budget), hasStatus(400));
    assert.equal(budget.used, 0);
  });
});

test('headers alone', () => {
  const request = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage;
  checkBody(request({}), LIMITS);
  checkBody(request({ 'content-length': '100000', 'content-encoding': 'Br' }), LIMITS);
  assert.throws(() => checkBody(request({ 'content-length': '100001' }), LIMITS), hasStatus(413));
  assert.throws(() => checkBody(request({ 'content-encoding': 'toString' }), LIMITS), hasStatus(415));
});

/** A byte each 30 ms for a second: always less than what counts as progress. */
async function trickle(socket: Socket): Promise<void> {
  for (let byte = 0; byte < 30; byte += 1) {
    await sleep(30);
    if (!socket.destroyed) socket.write('x');
  }
}
