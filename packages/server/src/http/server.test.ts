import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Context } from './context.ts';
import { ask, client, get, post, QUICK, serving, statusOf } from './trial-server.ts';

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
    assert.ok(one.jobs.length > 0);
    assert.equal(statusOf(await ask(one.port, get(`/health?${'x'.repeat(200_000)}`))), 431);
    assert.equal(statusOf(await ask(one.port, get('/health'))), 200);
  });
});

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
