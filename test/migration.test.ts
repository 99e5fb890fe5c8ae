import assert from 'node:assert/strict';
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { holds, postLater } from './old-answers.ts';
import { freshFolder, runCommand, startServer } from './server-process.ts';

const data = new URL('data/', import.meta.url);

/** A folder with a copy of the database of 0.4.5 under the name that a server opens by default. */
async function oldDatabase(): Promise<AsyncDisposable & { folder: string }> {
  const folder = await freshFolder();
  await copyFile(new URL('chronologer-0.4.5.sqlite', data), join(folder, 'chronologer.sqlite'));
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

test('a database of 0.4.5 is served with -m: every answer stays, before and after new records', async () => {
  await using database = await oldDatabase();
  await using server = await startServer({ cwd: database.folder });
  await holds(server.address, 0);
  const ids = [await postLater(server.address, 'first'), await postLater(server.address, 'second')];
  assert.deepEqual(ids, [3001n, 3002n], 'ids continue after the old ones');
  await holds(server.address, 2);
  await server.stop();
  await server.restart();
  await holds(server.address, 2);
  assert.equal(await postLater(server.address, 'third'), 3003n);
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
  assert.equal(await postLater(server.address, 'first'), 3001n);
  await holds(server.address, 1);
});
