import assert from 'node:assert/strict';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, LOGGER, send, textOf } from '../http-request.ts';
import { startServer } from '../server-process.ts';
import { cannotFailDisk, cannotMount, mountFailingDisk, mountFolder } from './mounted-folder.ts';
import { assertPlainError, countOf, fill, post, recordText } from './posts.ts';

const MEBIBYTE = 2 ** 20;
const NDJSON = 'application/x-ndjson';
/** Within so long the server goes on by itself when the cause is gone. */
const RECOVERY_MS = 10_000;

function batch(lines: number): string {
  return Array.from({ length: lines }, (_, index) => `${recordText(index, 1000)}\n`).join('');
}

/** The ids of a whole or partial success. */
function idsIn(answer: Answer): number[] {
  const body = JSON.parse(textOf(answer));
  if (answer.status === 201) return Array.isArray(body) ? body : [body.id];
  if (answer.status !== 207) return [];
  const { multistatus }: { multistatus: { status: number; body: number[] }[] } = body;
  return multistatus.filter(({ status }) => status === 201).flatMap((part) => part.body);
}

async function assertReads(address: string, ids: readonly number[]): Promise<void> {
  assert.equal((await send(address, { path: '/health' })).status, 200);
  assert.equal(await countOf(address), ids.length);
  const answer = await send(address, { path: '/api/v1/record?left=0&right=999999', headers: LOGGER });
  assert.equal(answer.status, 200);
  const records: { id: number }[] = JSON.parse(textOf(answer));
  assert.deepEqual(
    records.map(({ id }) => id),
    ids.toSorted((one, other) => other - one),
  );
}

/** POSTs until it is stored; what it is told until then is a plain 503. */
async function recovers(address: string): Promise<number[]> {
  const deadline = performance.now() + RECOVERY_MS;
  for (;;) {
    const answer = await post(address, recordText(1));
    if (answer.status === 201) return idsIn(answer);
    assertPlainError(answer, 503);
    assert.ok(performance.now() < deadline, `the server does not write again: ${textOf(answer)}`);
    await sleep(200);
  }
}

test('a full disk: 503, reads go on, nothing acknowledged is lost, writing goes on by itself', {
  skip: cannotMount,
}, async () => {
  await using mounted = await mountFolder(48 * MEBIBYTE);
  await using server = await startServer({ cwd: mounted.path });
  const filler = join(mounted.path, 'filler');
  const ids: number[] = [];
  // Full twice: what recovered once must recover again.
  for (let round = 1; round <= 2; round++) {
    const { bavail, bsize } = await statfs(mounted.path);
    await writeFile(filler, Buffer.alloc(bavail * bsize - 4 * MEBIBYTE));
    let refused: Answer | undefined;
    for (let sent = 0; refused === undefined && sent < 100; sent++) {
      const answer = await post(server.address, batch(500), NDJSON);
      ids.push(...idsIn(answer));
      if (answer.status !== 201) refused = answer;
    }
    assert.ok(refused !== undefined, 'the disk was never full: nothing was tested');
    assertPlainError(refused, 503, /full/i);
    assertPlainError(await post(server.address, batch(500), NDJSON), 503, /full/i);
    await assertReads(server.address, ids);
    await rm(filler);
    ids.push(...(await recovers(server.address)));
    const answer = await post(server.address, batch(500), NDJSON);
    assert.equal(answer.status, 201, textOf(answer));
    ids.push(...idsIn(answer));
    await assertReads(server.address, ids);
  }
  assert.ok(ids.length > 1000);
  await server.kill();
  await server.restart();
  await assertReads(server.address, ids);
});

test('a disk that is full when the server starts: reads go on, writing goes on when there is space', {
  skip: cannotMount,
}, async () => {
  await using mounted = await mountFolder(16 * MEBIBYTE);
  await using server = await startServer({ cwd: mounted.path });
  const ids = idsIn(await post(server.address, batch(200), NDJSON));
  await server.kill();
  const { bavail, bsize } = await statfs(mounted.path);
  await writeFile(join(mounted.path, 'filler'), Buffer.alloc(bavail * bsize));
  await server.restart();
  await assertReads(server.address, ids);
  assertPlainError(await post(server.address, batch(1000), NDJSON), 503);
  await rm(join(mounted.path, 'filler'));
  ids.push(...(await recovers(server.address)));
  await assertReads(server.address, ids);
});

test('a store on a read-only file system: reads, 503 on writes, and writes when it is writable again', {
  skip: cannotMount,
}, async () => {
  await using mounted = await mountFolder(16 * MEBIBYTE);
  await using server = await startServer({ cwd: mounted.path });
  await fill(server.address, 1000);
  const ids = Array.from({ length: 1000 }, (_, index) => index + 1);
  await server.stop();
  await mounted.remount('ro');
  await server.restart();
  await assertReads(server.address, ids);
  assertPlainError(await post(server.address, recordText(1)), 503, /read-only|cannot be opened/i);
  assertPlainError(await post(server.address, batch(2), NDJSON), 503);
  await assertReads(server.address, ids);
  await mounted.remount('rw');
  ids.push(...(await recovers(server.address)));
  await assertReads(server.address, ids);
});

test('a store that was killed and is read-only at the next start: what was acknowledged is read', {
  skip: cannotMount,
}, async () => {
  await using mounted = await mountFolder(16 * MEBIBYTE);
  await using server = await startServer({ cwd: mounted.path });
  await fill(server.address, 1000);
  const ids = Array.from({ length: 1000 }, (_, index) => index + 1);
  await server.kill();
  await mounted.remount('ro');
  const started = await server.restart().catch((error: Error) => error);
  if (started instanceof Error) {
    // The log of the killed server can be neither applied nor left out: to refuse it plainly is right too.
    assert.match(started.message, /exit code 1/);
    assert.match(started.message, /read-only|cannot be opened/i);
    await mounted.remount('rw');
    await server.restart();
  } else await mounted.remount('rw');
  await assertReads(server.address, ids);
});

test('a file system that turns read-only while the server runs: 503 on writes, reads go on', {
  skip: cannotFailDisk,
}, async () => {
  await using disk = await mountFailingDisk(64 * MEBIBYTE);
  await using server = await startServer({ cwd: disk.path });
  const ids = idsIn(await post(server.address, batch(1000), NDJSON));
  await disk.fail();
  assertPlainError(await post(server.address, batch(10), NDJSON), 503);
  assertPlainError(await post(server.address, recordText(1)), 503);
  await assertReads(server.address, ids);
  assertPlainError(await post(server.address, recordText(1)), 503);
  // The kernel lets such a file system be written only after it was mounted anew.
  await server.kill();
  await disk.unmount();
  await disk.mount();
  await server.restart();
  await assertReads(server.address, ids);
  ids.push(...(await recovers(server.address)));
  await assertReads(server.address, ids);
});
