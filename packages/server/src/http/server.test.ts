import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import type { Body } from '../ingest/decode.ts';
import { StoreError } from '../store/store-error.ts';
import type { ReadJob, ReadReply } from '../threads/messages.ts';
import { ReaderPool } from '../threads/reader-pool.ts';
import { Budget } from './budget.ts';
import type { Context } from './context.ts';
import { createHttpServer, type HttpTimeouts } from './server.ts';

const QUICK: HttpTimeouts = { headers: 200, request: 600, keepAlive: 2000, linger: 150 };
const BODY_LIMIT = 1000;

interface Options {
  readonly answer?: (job: ReadJob) => ReadReply;
  readonly context?: Partial<Context>;
  readonly timeouts?: Partial<HttpTimeouts>;
}

/** A server on readers and a writer that are made up. */
async function serving({ answer = () => ({ result: 5 }), context = {}, timeouts = {} }: Options = {}) {
  const said: string[] = [];
  const jobs: ReadJob[] = [];
  const bodies: string[] = [];
  const log = pino(
    { level: 'info' },
    new Writable({ write: (line, _, done) => done(void said.push(String(line))) }),
  );
  const spawn = (onReply: (reply: ReadReply) => void) => ({
    killable: false,
    kill: () => undefined,
    send: (job: ReadJob) => {
      jobs.push(job);
      setImmediate(() => onReply(answer(job)));
    },
  });
  const pool = new ReaderPool(spawn, 2);
  const server: Server = createHttpServer(
    {
      version: '1',
      log,
      writer: {
        write: async ({ bytes }: Body) => {
          bodies.push(Buffer.from(bytes).toString());
          return { status: 201, body: '[1]' };
        },
      },
      workers: { threads: pool, processes: pool, timeout: 5 },
      authenticator: undefined,
      compress: undefined,
      cors: false,
      bodyLimits: { bytes: BODY_LIMIT, idle: 200 },
      budget: new Budget(10_000),
      ...context,
    },
    { ...QUICK, ...timeouts },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ said, jobs, bodies, port, server },
    async [Symbol.asyncDispose]() {
      pool.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A connection that keeps all that comes. */
function client(port: number) {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  let ended = false;
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    ended = true;
  });
  /** Waits for something in what has come, or for the end; the whole text. */
  const until = async (pattern: RegExp | 'end', limit = 2500): Promise<string> => {
    for (const started = performance.now(); performance.now() - started < limit; await sleep(5)) {
      if (pattern === 'end' ? ended : pattern.test(text)) return text;
    }
    throw new Error(`waited for ${pattern} in ${JSON.stringify(text)}`);
  };
  return { socket, until, [Symbol.dispose]: () => void socket.destroy() };
}

/** All that is answered to a text whose last request closes the connection. */
async function ask(port: number, text: string): Promise<string> {
  using one = client(port);
  one.socket.write(text);
  return await one.until('end');
}

const get = (target: string, method = 'GET', more = '') =>
  `${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${more}\r\n`;
const statusOf = (answer: string) => Number(answer.slice(9, 12));

describe('targets', () => {
  for (const [target, status] of [
    ['/health', 200],
    ['/health?x=1', 200],
    ['http://example.org/health', 200],
    ['HTTP://example.org:8080/health?x', 200],
    ['http://example.org', 303],
    ['//health', 404],
    ['//example.org/health', 404],
    ['/health/', 404],
    ['/HEALTH', 404],
    ['/%68ealth', 404],
    ['/health%00', 404],
    ['/%ff%fe', 404],
    ['/%', 404],
    // HTTP has no such character in a target.
    ['/\u00e9', 400],
    ['/:80', 404],
    ['/api/v1/record/0', 404],
    ['/api/v1/record/9007199254740992', 404],
    ['/api/v1/record/1e3', 404],
    ['/api/v1/record/1/', 404],
    ['http://[::/health', 404],
    ['/__proto__', 404],
  ] as const) {
    test(`GET ${target}`, async () => {
      await using one = await serving();
      const answer = await ask(one.port, get(target));
      assert.equal(statusOf(answer), status, answer);
      if (status === 404) assert.match(answer, /\{"error": ?\{"type"/);
    });
  }

  for (const [method, target, allow] of [
    ['DELETE', '/api/v1/record', 'GET, HEAD, POST'],
    ['PUT', '/api/v1/record/1', 'GET, HEAD'],
    ['POST', '/health', 'GET, HEAD'],
    ['OPTIONS', '/', 'GET, HEAD'],
    ['PATCH', '/ui/authn', 'GET, HEAD, DELETE'],
  ] as const) {
    test(`${method} ${target} is 405 with Allow`, async () => {
      await using one = await serving();
      const answer = await ask(one.port, get(target, method));
      assert.equal(statusOf(answer), 405);
      assert.ok(answer.includes(`\r\nAllow: ${allow}\r\n`), answer);
    });
  }

  test('OPTIONS * is no path', async () => {
    await using one = await serving();
    assert.equal(statusOf(await ask(one.port, get('*', 'OPTIONS'))), 404);
  });

  test('an error of HEAD is in its headers, in printable ASCII', async () => {
    await using one = await serving();
    const answer = await ask(one.port, get('/api/v1/record?level=%0d%0aX:%20y%C3%A9', 'HEAD'));
    assert.equal(statusOf(answer), 400);
    assert.match(answer, /\r\nX-Error-Type: ValueError\r\n/);
    assert.match(answer, /\r\nX-Error-Message: level is no integer of 32 bits: '\?\?X: y\?'\r\n/);
    assert.ok(answer.endsWith('\r\n\r\n'));
  });
});

describe('sizes of headers', () => {
  test('128 KiB of URL are taken, a good deal more is 431', async () => {
    await using one = await serving();
    const long = get(
      `/api/v1/record?query=${'x'.repeat(131_072)}`,
      'HEAD',
      `Authorization: ${'y'.repeat(500)}\r\n`,
    );
    assert.equal(statusOf(await ask(one.port, long)), 200);
    assert.equal(one.jobs.length, 1);
    assert.equal(statusOf(await ask(one.port, get(`/health?${'x'.repeat(200_000)}`))), 431);
    assert.equal(statusOf(await ask(one.port, get('/health'))), 200);
  });
});

const post = (headers: string, target = '/api/v1/record') =>
  `POST ${target} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${headers}\r\n\r\n`;

describe('bodies', () => {
  test('100 is sent when the body is about to be read', async () => {
    await using one = await serving();
    using visitor = client(one.port);
    visitor.socket.write(post('Content-Length: 4\r\nExpect: 100-continue'));
    await visitor.until(/^HTTP\/1.1 100 Continue\r\n\r\n$/);
    visitor.socket.write('[{}]');
    assert.match(await visitor.until(/\[1\]$/), /HTTP\/1.1 201 /);
    assert.deepEqual(one.bodies, ['[{}]']);
  });

  for (const [what, headers, target, context, status] of [
    ['too large', 'Content-Length: 1001', '/api/v1/record', {}, 413],
    ['bad encoding', 'Content-Length: 4\r\nContent-Encoding: x', '/api/v1/record', {}, 415],
    ['bad raw', 'Content-Length: 4', '/api/v1/record?raw=x', {}, 400],
    ['no path', 'Content-Length: 4', '/nowhere', {}, 404],
    ['nobody', 'Content-Length: 4', '/api/v1/record', { authenticator: nobody() }, 403],
  ] as const) {
    test(`${what}: ${status} before 100, and the connection is not used again`, async () => {
      await using one = await serving({ context });
      using visitor = client(one.port);
      visitor.socket.write(post(`${headers}\r\nExpect: 100-continue`, target));
      const answer = await visitor.until('end');
      assert.equal(statusOf(answer), status);
      assert.doesNotMatch(answer, /100 Continue/);
      assert.match(answer, /\r\nConnection: close\r\n/);
    });
  }

  test('an error, the rest of its body, and the next request of the connection', async () => {
    await using one = await serving();
    using visitor = client(one.port);
    visitor.socket.write(post('Content-Length: 3000'));
    await visitor.until(/"The body is larger than 1000 bytes"/);
    visitor.socket.write('x'.repeat(3000));
    visitor.socket.write(post('Content-Length: 2'));
    visitor.socket.write('[]');
    assert.match(await visitor.until(/\[1\]$/), /HTTP\/1.1 201 /);
    await sleep(QUICK.linger + 50);
    visitor.socket.write('GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    await visitor.until(/\r\nOK\r\n/);
    assert.deepEqual(one.bodies, ['[]']);
  });

  test('whoever goes on sending after an error is cut off', async () => {
    await using one = await serving();
    using visitor = client(one.port);
    visitor.socket.write(post('Content-Length: 100000000'));
    const timer = setInterval(() => visitor.socket.write('x'.repeat(1000)), 10);
    const answer = await visitor.until('end');
    clearInterval(timer);
    assert.equal(statusOf(answer), 413);
  });

  test('a trickle is given up: no byte for too long is 408 as JSON, never ending is cut off', async () => {
    await using one = await serving();
    using still = client(one.port);
    still.socket.write(post('Content-Length: 100'));
    assert.match(await still.until('end'), /^HTTP\/1.1 408 .*"The request did not arrive in time"/s);
    using trickle = client(one.port);
    trickle.socket.write(post('Content-Length: 1000'));
    const timer = setInterval(() => trickle.socket.write('x'), 50);
    assert.equal(statusOf(await trickle.until('end')), 408);
    clearInterval(timer);
    using head = client(one.port);
    head.socket.write('GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: ');
    assert.equal(statusOf(await head.until('end')), 408);
    assert.deepEqual(one.bodies, []);
  });

  test('chunked bodies over the limit, and chunks that are none', async () => {
    await using one = await serving();
    using large = client(one.port);
    large.socket.write(`${post('Transfer-Encoding: chunked')}400\r\n${'x'.repeat(1024)}\r\n`);
    assert.equal(statusOf(await large.until('end')), 413);
    using broken = client(one.port);
    broken.socket.write(`${post('Transfer-Encoding: chunked')}zz\r\n`);
    assert.equal(statusOf(await broken.until('end')), 400);
    using both = client(one.port);
    both.socket.write(`${post('Transfer-Encoding: chunked\r\nContent-Length: 5')}0\r\n\r\n`);
    assert.equal(statusOf(await both.until('end')), 400);
    assert.deepEqual(one.bodies, []);
  });

  test('requests one behind the other are answered in order', async () => {
    await using one = await serving();
    const answer = await ask(
      one.port,
      [
        'GET /health HTTP/1.1\r\nHost: x\r\n\r\n',
        `${post('Content-Length: 4')}[{}]`,
        'HEAD /api/v1/record HTTP/1.1\r\nHost: x\r\n\r\n',
        `${post('Content-Length: 5', '/nowhere')}12345`,
        get('/health'),
      ].join(''),
    );
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    assert.deepEqual(statuses, ['200', '201', '200', '404', '200']);
  });
});

function nobody(): Context['authenticator'] {
  return { userOf: async () => undefined, cookieUserOf: async () => undefined, tokenFor: async () => '' };
}

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
