import assert from 'node:assert/strict';
import { copyFile, mkdir, open, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { LOGGER, send, textOf } from '../http-request.ts';
import { freshFolder, runCommand, startServer } from '../server-process.ts';
import { assertPlainError, countOf, fill, post, recordText } from './posts.ts';
import { seededRandom } from './seeded-random.ts';

const NAME = 'chronologer.sqlite';
const SERVE = ['-e', 'production', 'serve', '-m'];
const ENV = { CHRONOLOGER_PORT: '0', CHRONOLOGER_HOST: '127.0.0.1' };

async function overwrite(file: string, position: number, bytes: Uint8Array): Promise<void> {
  await using handle = await open(file, 'r+');
  await handle.write(bytes, 0, bytes.length, position);
}

/** The ids of the records that are read, ascending. */
async function readableIds(address: string): Promise<number[]> {
  const answer = await send(address, { path: '/api/v1/record?left=0&right=999999', headers: LOGGER });
  assert.equal(answer.status, 200, textOf(answer).slice(0, 300));
  return (JSON.parse(textOf(answer)) as { id: number }[]).map(({ id }) => id).reverse();
}

/** The same, and that they agree with the count. */
async function idsOf(address: string): Promise<number[]> {
  const ids = await readableIds(address);
  assert.equal(await countOf(address), ids.length);
  return ids;
}

/** The start fails with exit code 1 and says why in one line, without a stack. */
async function refusesToStart(folder: string, message: RegExp, args = SERVE): Promise<void> {
  const { code, stderr, stdout } = await runCommand(args, { cwd: folder, env: ENV });
  assert.equal(code, 1, stderr);
  assert.match(stdout + stderr, message);
  assert.doesNotMatch(stdout + stderr, /^\s+at .*:\d+|Node\.js v/m);
}

test('a torn or flipped WAL: the store opens with what came before, whole and in order', async (t) => {
  const random = seededRandom();
  t.diagnostic(`CHRONOLOGER_SEED=${random.seed}`);
  await using server = await startServer();
  await fill(server.address, 300);
  // A stop writes everything into the database itself; what follows stands in the WAL.
  await server.stop();
  await server.restart();
  for (let batch = 0; batch < 10; batch++) await fill(server.address, 100);
  await server.kill();
  const file = join(server.folder, NAME);
  const kept = join(server.folder, 'kept');
  await copyFile(file, kept);
  await copyFile(`${file}-wal`, `${kept}-wal`);
  const { size } = await stat(`${kept}-wal`);
  assert.ok(size > 100_000, 'there is hardly a WAL: nothing is tested');
  const found = new Set<number>();
  for (let round = 0; round < 16; round++) {
    await copyFile(kept, file);
    await copyFile(`${kept}-wal`, `${file}-wal`);
    await rm(`${file}-shm`, { force: true });
    const place = random.between(0, size - 1);
    if (round % 2 === 0) await truncate(`${file}-wal`, place);
    else await overwrite(`${file}-wal`, place, Buffer.from([random.between(0, 255), 0x5a, 0xa5]));
    await server.restart();
    const ids = await idsOf(server.address);
    assert.deepEqual(
      ids,
      Array.from(ids, (_, index) => index + 1),
    );
    assert.ok(ids.length >= 300 && ids.length <= 1300 && ids.length % 100 === 0, `${ids.length} records`);
    found.add(ids.length);
    await fill(server.address, 10);
    assert.equal((await idsOf(server.address)).length, ids.length + 10);
    await server.kill();
  }
  assert.ok(found.size > 1, 'no damage ever cost a batch: nothing was tested');
});

test('damaged pages in the middle: they cost the records on them, which is said, and the rest goes on', async () => {
  await using server = await startServer();
  // Three times the records of the largest block: small ones may be merged by now, or not yet.
  for (let first = 0; first < 12_000; first += 400) await fill(server.address, 400, 1000);
  await server.stop();
  const file = join(server.folder, NAME);
  const { size } = await stat(file);
  // Texts of records take nearly all of the file, so that hits in its middle leave the tables' own pages alone.
  await overwrite(file, 4096 * Math.floor((size * 0.5) / 4096), Buffer.alloc(20 * 4096, 0xee));
  await server.restart();
  const lost: number[] = [];
  for (let id = 1; id <= 12_000; id += 60) {
    const answer = await send(server.address, { path: `/api/v1/record/${id}`, headers: LOGGER });
    if (answer.status === 200) continue;
    assertPlainError(answer, 503, /damaged/i);
    lost.push(id);
  }
  // No more than two blocks.
  assert.ok(lost.length > 0 && lost.length <= 140, `${lost.length} of 200 records are lost`);
  const ids = new Set(await readableIds(server.address));
  assert.ok(ids.size >= 3600 && ids.size < 12_000, `${ids.size} of 12,000 records are served`);
  for (let id = 1; id <= 12_000; id += 60) assert.equal(ids.has(id), !lost.includes(id), `record ${id}`);
  const told = [
    ...server.log.matchAll(/The records (\d+) to (\d+) are left out, for their block is damaged/g),
  ];
  for (let id = 1; id <= 12_000; id++) {
    const isTold = told.some(([, first, last]) => Number(first) <= id && id <= Number(last));
    assert.ok(isTold || ids.has(id), `record ${id} is left out`);
  }
  assert.ok(told.length > 0);
  assert.equal((await send(server.address, { path: '/health' })).status, 200);
  assert.equal((await post(server.address, recordText(1))).status, 201);
  assert.equal((await server.stop()).code, 0);
});

test('a file that is no database: the start ends with exit code 1 and says so', async (t) => {
  await using server = await startServer();
  await fill(server.address, 1000);
  await server.stop();
  await t.test('the first page is overwritten', async () => {
    await overwrite(join(server.folder, NAME), 0, Buffer.alloc(4096, 0xee));
    await refusesToStart(server.folder, /no SQLite database|damaged/i);
    await refusesToStart(server.folder, /no SQLite database|damaged/i, ['-e', 'production', 'serve']);
    await refusesToStart(server.folder, /no SQLite database|damaged/i, ['-e', 'production', 'migrate']);
  });
  const folder = await freshFolder();
  t.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, NAME);
  await t.test('a text', async () => {
    await writeFile(file, 'this is no database\n'.repeat(1000));
    await refusesToStart(folder, /no SQLite database/i);
  });
  await t.test('a folder', async () => {
    await rm(file);
    await mkdir(file);
    await refusesToStart(folder, /folder|directory|cannot be opened/i);
  });
  await t.test('a file where its folder should be', async () => {
    await writeFile(join(folder, 'plain'), '');
    const dsn = { CHRONOLOGER_STORAGE_DSN: 'sqlite:///plain/logs.sqlite' };
    const { code, stderr } = await runCommand(SERVE, { cwd: folder, env: { ...ENV, ...dsn } });
    assert.equal(code, 1, stderr);
    assert.doesNotMatch(stderr, /^\s+at .*:\d+|Node\.js v/m);
  });
  await t.test('nothing, and no -m: the command to run is named', async () => {
    await rm(file, { recursive: true });
    await refusesToStart(folder, /chronologer migrate/, ['-e', 'production', 'serve']);
  });
});

test('an empty file and a missing folder become a store', async () => {
  const folder = await freshFolder();
  await writeFile(join(folder, NAME), '');
  for (const dsn of [`sqlite:///${NAME}`, 'sqlite:///not/there/yet.sqlite']) {
    await using server = await startServer({ cwd: folder, env: { CHRONOLOGER_STORAGE_DSN: dsn } });
    await fill(server.address, 10);
    assert.equal(await countOf(server.address), 10);
  }
  await rm(folder, { recursive: true });
});

test('a database that another process holds: 503 on writes, reads go on, and writing when it is free', async () => {
  await using server = await startServer();
  await fill(server.address, 10);
  const other = new DatabaseSync(join(server.folder, NAME));
  other.exec('BEGIN EXCLUSIVE');
  const refused = post(server.address, recordText(1));
  assert.equal(await countOf(server.address), 10);
  assertPlainError(await refused, 503, /busy/i);
  const waiting = post(server.address, recordText(2));
  await sleep(500);
  other.exec('ROLLBACK');
  other.close();
  assert.equal((await waiting).status, 201);
  assert.equal(await countOf(server.address), 11);
});
