import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LOGGER, send, textOf } from '../http-request.ts';
import { startServer } from '../server-process.ts';
import { assertPlainError, countOf, post } from './posts.ts';
import { openRaw } from './raw-connection.ts';
import { seededRandom } from './seeded-random.ts';

const NAMED = {
  control: Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join(''),
  nul: 'before\0after',
  delete: '\x7f\x80\x9f\u2028\u2029',
  sql: `'; DROP TABLE record; -- " OR 1=1 %_\\`,
  html: '</script><img src=x onerror=alert(1)>&amp;&lt;',
  high: 'lone \ud800 high',
  low: 'lone \udc00 low',
  reversed: '\udc00\ud800',
  last: '\u{10ffff}\uffff\ufffe',
  bidi: '\u202eright\u202c to \u05d0\u05d1 \u0627\u0628 left\u200f',
  crlf: 'a\r\nX-Injected: 1\r\n\r\nbody',
  combining: 'Z\u0351\u036b\u0343'.repeat(50),
  bom: '\ufeffbom\ufeff',
  proto: '__proto__',
  empty: '',
  quotes: `\\"'\\u0000\\`,
  long: 'long '.repeat(200_000),
} as const;

/** Text columns hold UTF-8, which has no lone surrogates. */
const wellFormed = (text: string): string => text.toWellFormed();

interface Stored {
  readonly id: number;
  readonly name: string;
  readonly message: string;
  readonly logrec: { readonly data?: Record<string, unknown>; readonly meta?: Record<string, unknown> };
}

async function readBack(address: string, id: number): Promise<Stored> {
  const answer = await send(address, { path: `/api/v1/record/${id}`, headers: LOGGER });
  assert.equal(answer.status, 200, textOf(answer));
  return JSON.parse(textOf(answer));
}

test('hostile strings in every field of a record come back as sent', async (t) => {
  await using server = await startServer();
  for (const [kind, text] of Object.entries(NAMED)) {
    await t.test(`${kind}, as JSON`, async () => {
      const record = {
        ...{ name: text, created: 1_714_521_600.5, levelno: 20, msg: `%s ${text}`, message: text },
        ...{ pathname: text, funcName: text, extra: text, list: [text, { deep: text }] },
      };
      // Written as text: in an object literal __proto__ is no ordinary key.
      const body = JSON.stringify(record).replace(/\}$/, `,${JSON.stringify(`key ${text}`)}:1}`);
      const answer = await post(server.address, body);
      assert.equal(answer.status, 201, textOf(answer).slice(0, 300));
      const { name, message, logrec } = await readBack(server.address, JSON.parse(textOf(answer)).id);
      assert.deepEqual([name, message], [wellFormed(text), wellFormed(text)]);
      assert.deepEqual(logrec.data, { extra: text, list: [text, { deep: text }], [`key ${text}`]: 1 });
      assert.deepEqual([logrec.meta?.pathname, logrec.meta?.funcName], [text, text]);
    });
    await t.test(`${kind}, as a form`, async () => {
      const fields = {
        name: text,
        created: '1714521600',
        levelno: '20',
        msg: 'm',
        message: text,
        extra: `x${text}`,
      };
      const type = 'application/x-www-form-urlencoded';
      const answer = await post(server.address, new URLSearchParams(fields).toString(), type);
      assert.equal(answer.status, 201, textOf(answer).slice(0, 300));
      const { name, message, logrec } = await readBack(server.address, JSON.parse(textOf(answer)).id);
      assert.deepEqual([name, message], [wellFormed(text), wellFormed(text)]);
      assert.deepEqual(logrec.data?.extra, wellFormed(`x${text}`));
    });
  }
});

test('hostile strings in parameters, paths and credentials are answered, never with a 5xx', async (t) => {
  const env = { CHRONOLOGER_ROLES: 'basic-reader query-reader writer' };
  await using server = await startServer({ env });
  const { id } = JSON.parse(
    textOf(await post(server.address, '{"name":"a","created":1,"levelno":20,"msg":"m"}')),
  );
  assert.equal(id, 1);
  for (const [kind, text] of Object.entries(NAMED)) {
    await t.test(kind, async () => {
      // Headers of 128 KiB are taken, and percent signs make three bytes of one.
      const coded = encodeURIComponent(wellFormed(text).slice(0, 10_000));
      const parameters = [
        'after',
        'before',
        'level',
        'name',
        'query',
        'left',
        'right',
        'group',
        'timezone',
        'raw',
        'x',
      ];
      const paths = [
        ...parameters.map((parameter) => `/api/v1/record?${parameter}=${coded}&left=0&right=1`),
        ...parameters.map((parameter) => `/api/v1/record?group=day&timezone=UTC&${parameter}=${coded}`),
        ...[
          `/api/v1/record/${coded}`,
          `/${coded}`,
          `/ui/${coded}`,
          '/%',
          '/api/v1/record/%00',
          '/api/v1/record?%ff=%',
        ],
      ];
      for (const path of paths) {
        for (const method of ['GET', 'HEAD']) {
          const answer = await send(server.address, { method, path, headers: LOGGER });
          assert.ok(
            answer.status < 500,
            `${method} ${path.slice(0, 200)}: ${answer.status} ${textOf(answer)}`,
          );
          assert.equal(answer.headers['x-injected'], undefined);
          if (method === 'GET' && answer.status >= 400) assertPlainError(answer, answer.status);
        }
      }
    });
    await t.test(`${kind}, as user and password`, async () => {
      const pair = Buffer.from(`${wellFormed(text).slice(0, 5000)}:${wellFormed(text).slice(0, 5000)}`);
      const headers = {
        Authorization: `Basic ${pair.toString('base64')}`,
        Cookie: `Jwt=${pair.toString('base64')}`,
      };
      for (const path of ['/api/v1/record', '/ui/authn']) {
        const { status } = await send(server.address, { method: 'HEAD', path, headers });
        assert.ok([400, 401, 403].includes(status), `${path}: ${status}`);
      }
    });
  }
  await t.test('a user name that would break a header cannot', async () => {
    const name = 'line\r\nX-Injected: 1 \u0436\0';
    await using other = await startServer({ env: { CHRONOLOGER_USERNAME: 'line\r\nX-Injected: 1 \u0436' } });
    for (const user of [name, 'line\r\nX-Injected: 1 \u0436']) {
      const headers = { Authorization: `Basic ${Buffer.from(`${user}:`).toString('base64')}` };
      for (const method of ['GET', 'HEAD']) {
        const answer = await send(other.address, { method, path: '/ui/authn', headers });
        assert.equal(answer.headers['x-injected'], undefined);
        assert.ok(answer.status < 500, `${method}: ${answer.status}`);
      }
    }
  });
  assert.equal(await countOf(server.address), 1);
});

test('bytes that are no HTTP are refused, and the next client is served', async () => {
  await using server = await startServer();
  const requests = [
    '\0\0\0\0\r\n\r\n',
    'GET /health HTTP/9.9\r\n\r\n',
    'GET /health HTTP/1.1\r\nHost: x\r\nX-Bad: a\0b\r\n\r\n',
    'POST /api/v1/record HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n',
    'POST /api/v1/record HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /api/v1/record HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ];
  for (const request of requests) {
    using connection = await openRaw(server.address);
    await connection.send(Buffer.from(request, 'latin1'));
    const status = await connection.answer(5000);
    assert.ok(status >= 400 && status < 500, `${JSON.stringify(request)}: ${status}`);
    assert.equal((await send(server.address, { path: '/health' })).status, 200);
  }
});

test('random records come back exactly, as JSON and as NDJSON', async (t) => {
  const { seed } = seededRandom();
  t.diagnostic(`CHRONOLOGER_SEED=${seed}`);
  await using server = await startServer();
  const text = fc.string({
    unit: fc.oneof(
      fc.constantFrom('\0', '\ud800', '\udfff', '"', '\\'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
  });
  const record = fc.record({
    name: text,
    created: fc.double({ min: 0, max: 4e9, noNaN: true }),
    levelno: fc.integer({ min: -1000, max: 1000 }),
    msg: text,
    message: text,
    extra: fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }),
  });
  await fc.assert(
    fc.asyncProperty(record, fc.boolean(), async (sent, asLine) => {
      const answer = await post(
        server.address,
        JSON.stringify(sent),
        asLine ? 'application/x-ndjson' : 'application/json',
      );
      assert.equal(answer.status, 201, textOf(answer));
      const told = JSON.parse(textOf(answer));
      const got = await readBack(server.address, asLine ? told[0] : told.id);
      assert.deepEqual([got.name, got.message], [wellFormed(sent.name), wellFormed(sent.message)]);
      // By JSON text: -0 is 0 and __proto__ is an own key on both sides.
      assert.equal(JSON.stringify(got.logrec.data), JSON.stringify({ extra: sent.extra }));
      assert.equal(got.logrec.meta?.msg, sent.msg);
    }),
    { seed, numRuns: 400 },
  );
});
