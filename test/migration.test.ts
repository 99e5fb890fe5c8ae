import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { copyFile, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { canonicalJson } from './canonical-json.ts';
import { LOGGER, send, textOf } from './http-request.ts';
import { type Json, parseJson } from './lossless-json.ts';
import { freshFolder, runCommand, startServer } from './server-process.ts';

const data = new URL('data/', import.meta.url);
const expectedText = await readFile(new URL('chronologer-0.4.5.expected.json', data), 'utf8');
const expected: { records: number; sha256: string; head: Record<string, Record<string, string>> } =
  JSON.parse(expectedText);

/** A folder with a copy of the database of 0.4.5 under the name that a server opens by default. */
async function oldDatabase(): Promise<AsyncDisposable & { folder: string }> {
  const folder = await freshFolder();
  await copyFile(new URL('chronologer-0.4.5.sqlite', data), join(folder, 'chronologer.sqlite'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

async function range(address: string, left: number, right: number): Promise<Json[]> {
  const answer = await send(address, {
    path: `/api/v1/record?left=${left}&right=${right}`,
    headers: LOGGER,
  });
  assert.equal(answer.status, 200);
  const records = parseJson(textOf(answer));
  assert.ok(Array.isArray(records));
  return records;
}

async function head(address: string, query: string): Promise<Record<string, string>> {
  const answer = await send(address, { method: 'HEAD', path: `/api/v1/record?${query}`, headers: LOGGER });
  assert.equal(answer.status, 200, query);
  const named = {
    'X-Record-Group': answer.headers['x-record-group'],
    'X-Record-Count': answer.headers['x-record-count'],
  };
  return Object.fromEntries(
    Object.entries(named).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );
}

/** Every answer of 0.4.5 on its database, when `newer` records with the level 10 were posted since, dated 2019-01-01. */
async function holds(address: string, newer: number): Promise<void> {
  for (const [query, due] of Object.entries(expected.head)) {
    const counts: Record<string, string> = { ...due };
    if (newer > 0 && query === '') counts['X-Record-Count'] = String(expected.records + newer);
    if (newer > 0 && query === 'group=day&timezone=UTC') {
      counts['X-Record-Group'] += `,${Date.UTC(2019, 0, 1) / 1000}`;
      counts['X-Record-Count'] += `,${newer}`;
    }
    assert.deepEqual(await head(address, query), counts, `HEAD ?${query}`);
  }
  const old = await range(address, newer, newer + expected.records - 1);
  assert.equal(old.length, expected.records);
  const exact = parseJson(expectedText) as { newest: Json; oldest: Json };
  assert.deepEqual(old[0], exact.newest);
  assert.deepEqual(old.at(-1), exact.oldest);
  const sum = createHash('sha256').update(old.map(canonicalJson).join('\n')).digest('hex');
  assert.equal(sum, expected.sha256, 'the checksum over all records of 0.4.5');
}

async function post(address: string, message: string): Promise<bigint> {
  const created = Date.UTC(2019, 0, 1) / 1000;
  const answer = await send(address, {
    method: 'POST',
    path: '/api/v1/record',
    headers: { ...LOGGER, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      name: 'later',
      msg: message,
      levelno: 10,
      created,
      args: null,
      exc_info: null,
      exc_text: null,
      message,
    }),
  });
  const body = parseJson(textOf(answer)) as { id: bigint };
  assert.equal(answer.status, 201, textOf(answer));
  return body.id;
}

test('a database of 0.4.5 is served with -m: every answer stays, before and after new records', async () => {
  await using database = await oldDatabase();
  await using server = await startServer({ cwd: database.folder });
  await holds(server.address, 0);
  const ids = [await post(server.address, 'first'), await post(server.address, 'second')];
  assert.deepEqual(ids, [3001n, 3002n], 'ids continue after the old ones');
  await holds(server.address, 2);
  await server.stop();
  await server.restart();
  await holds(server.address, 2);
  assert.equal(await post(server.address, 'third'), 3003n);
  assert.equal((await server.stop()).code, 0);
});

test('without -m a database of 0.4.5 and a missing one end with the command to run', async () => {
  await using database = await oldDatabase();
  const empty = await freshFolder();
  for (const cwd of [database.folder, empty]) {
    const end = await runCommand(['-e', 'production', 'serve'], { cwd, env: { CHRONOLOGER_PORT: '0' } });
    assert.equal(end.code, 1, end.stderr);
    assert.match(end.stderr, /\bchronologer .*\bmigrate\b/);
    assert.doesNotMatch(end.stderr, /^\s+at /m, 'no stack');
  }
  await rm(empty, { recursive: true });
});

test('migrate twice is as good as once, and no server needs -m then', async () => {
  await using database = await oldDatabase();
  for (const _time of ['first', 'second']) {
    const end = await runCommand(['migrate'], { cwd: database.folder });
    assert.equal(end.code, 0, end.stderr);
  }
  await using server = await startServer({ cwd: database.folder, args: ['serve'] });
  await holds(server.address, 0);
});

test('two processes that migrate at once do it once', async () => {
  await using database = await oldDatabase();
  const ends = await Promise.all([1, 2].map(() => runCommand(['migrate'], { cwd: database.folder })));
  for (const end of ends) assert.equal(end.code, 0, end.stderr);
  await using server = await startServer({ cwd: database.folder, args: ['serve'] });
  await holds(server.address, 0);
  assert.equal(await post(server.address, 'first'), 3001n);
  await holds(server.address, 1);
});
