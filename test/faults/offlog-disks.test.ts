import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type RunningDaemon, startDaemon } from '../offlog/daemon-process.ts';
import { line, upTo } from '../offlog/numbered-lines.ts';
import { until } from '../offlog/until.ts';
import { Wire } from '../offlog/wire.ts';
import { cannotFailDisk, cannotMount, mountFailingDisk, mountFolder } from './mounted-folder.ts';

/** The daemon on disks that are full, and on one that does not answer. */

const run = promisify(execFile);
const MEBIBYTE = 2 ** 20;

/** A line through the daemon into a file on the disk that works, in milliseconds. */
async function roundTrip(daemon: RunningDaemon): Promise<number> {
  const started = performance.now();
  const wire = await Wire.to(daemon.socket, join(daemon.folder, 'other.log'));
  await wire.send('x\n');
  wire.end();
  assert.equal(await wire.receive(), 'BYE\0');
  return performance.now() - started;
}

test('a full disk: its own clients are told, others go on; with room again new ones write', {
  skip: cannotMount,
}, async () => {
  await using mounted = await mountFolder(MEBIBYTE);
  await using daemon = await startDaemon();
  const filler = join(mounted.path, 'filler');
  await writeFile(filler, Buffer.alloc(MEBIBYTE / 2));
  const file = join(mounted.path, 'x.log');
  const wires = [await Wire.to(daemon.socket, file), await Wire.to(daemon.socket, file)];
  const idle = await Wire.to(daemon.socket, file);
  for (const wire of wires) {
    let said: string | undefined;
    const hearing = wire.receive(20_000).then((message) => {
      said = message;
    });
    for (let number = 0; said === undefined; number++) {
      if ((await wire.send(line(1, number))) !== undefined) break;
      if (number % 20 === 19) await sleep(1);
    }
    await hearing;
    // A socket of Node's that still sends when the other end closes does not read any more.
    assert.match(said ?? '', /^(OSError: \[Errno 28\] No space left on device\0|<EPIPE>)$/);
  }
  const log = await daemon.log();
  assert.equal(log.split('x.log: OSError: [Errno 28] No space left on device').length - 1, wires.length);
  assert.ok((await roundTrip(daemon)) < 1000);
  await rm(filler);
  await idle.send('room again\n');
  idle.end();
  assert.equal(await idle.receive(), 'BYE\0');
  const found = readFileSync(file, 'latin1');
  let expected = '';
  for (let number = 0; expected.length < found.length; number++) expected += line(1, number);
  assert.ok(found.endsWith('room again\n'));
  // What fitted of the first is there from the beginning, and nothing after it is torn out of order.
  assert.ok(expected.startsWith(found.slice(0, 100_000)));
});

const withoutFreeze =
  cannotFailDisk || (spawnSync('fsfreeze', ['--version']).status === 0 ? false : 'there is no fsfreeze');

/** A disk whose writers and openers hang until it is thawed. */
async function frozen(
  path: string,
): Promise<{ thaw(): Promise<void>; [Symbol.asyncDispose](): Promise<void> }> {
  await run('fsfreeze', ['--freeze', path]);
  let isFrozen = true;
  const thaw = async () => {
    if (isFrozen) await run('fsfreeze', ['--unfreeze', path]);
    isFrozen = false;
  };
  return { thaw, [Symbol.asyncDispose]: thaw };
}

describe('a disk that does not answer', { skip: withoutFreeze, concurrency: 1 }, () => {
  for (const files of [1, 200]) {
    test(`${files} files that are open on it: others go on, and after the thaw so do they`, async () => {
      await using disk = await mountFailingDisk(64 * MEBIBYTE);
      await using daemon = await startDaemon({ args: ['-r', '200'] });
      const paths = upTo(files).map((number) => join(disk.path, `${number}.log`));
      const wires = await Promise.all(paths.map((path) => Wire.to(daemon.socket, path)));
      await using freeze = await frozen(disk.path);
      const size = files === 1 ? 4 * MEBIBYTE : 50_000;
      const bytes = Buffer.alloc(size, 'x');
      const sent = Promise.all(wires.map((wire) => wire.send(bytes)));
      await sleep(1500);
      for (let times = 0; times < 5; times++) assert.ok((await roundTrip(daemon)) < 1000);
      const other = await Wire.to(daemon.socket, join(daemon.folder, 'big.log'));
      await other.send(Buffer.alloc(8 * MEBIBYTE));
      other.end();
      assert.equal(await other.receive(), 'BYE\0');
      await freeze.thaw();
      await sent;
      for (const wire of wires) wire.end();
      for (const wire of wires) assert.equal(await wire.receive(20_000), 'BYE\0');
      for (const path of paths) assert.equal(readFileSync(path).length, size);
    });
  }

  test('300 clients that open new files on it: others open and write, and after the thaw so do they', async () => {
    await using disk = await mountFailingDisk(64 * MEBIBYTE);
    await using daemon = await startDaemon({ args: ['-r', '200'] });
    await using freeze = await frozen(disk.path);
    const paths = upTo(300).map((number) => join(disk.path, `${number}.log`));
    const wires = await Promise.all(
      paths.map(async (path) => {
        const wire = await Wire.open(daemon.socket);
        await wire.send(`${path}\0x\n`);
        return wire;
      }),
    );
    // Longer than it takes until calls are thought stuck, again and again.
    for (let times = 0; times < 12; times++) {
      await sleep(700);
      assert.ok((await roundTrip(daemon)) < 1000);
    }
    await freeze.thaw();
    for (const wire of wires) {
      assert.equal(await wire.receive(20_000), 'OK\0');
      wire.end();
      assert.equal(await wire.receive(20_000), 'BYE\0');
    }
    for (const path of paths) assert.equal(readFileSync(path, 'utf8'), 'x\n');
  });

  test('SIGTERM: given up after some seconds, and said', async () => {
    await using disk = await mountFailingDisk(64 * MEBIBYTE);
    await using daemon = await startDaemon();
    const wire = await Wire.to(daemon.socket, join(disk.path, 'x.log'));
    await using freeze = await frozen(disk.path);
    await wire.send('seven b');
    await sleep(1500);
    const started = performance.now();
    const stopped = daemon.stop();
    await until('it has said its last', async () => (await daemon.log()).endsWith('INFO] Exit\n'));
    assert.ok(performance.now() - started < 8000);
    assert.match(await daemon.log(), /ERROR\] 7 bytes could not be written\n/);
    assert.equal(await wire.receive(), 'OSError: offlog server exited\0');
    // Not before the disk is back can the kernel clear a process away that waits for it.
    await freeze.thaw();
    assert.equal((await stopped).code, 1);
  });
});
