import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startDaemon } from '../../../../test/offlog/daemon-process.ts';
import type { Reconnected } from './options.ts';
import { ProxyFile } from './proxy-file.ts';
import { numbered } from './testing/numbered.ts';
import { freshFolder, textOf, until } from './testing/scene.ts';

/** At most so much is under way between `write` and the file: a socket's buffer, a packet, and 1 MiB in the daemon. */
const MOST_UNDER_WAY = 212_992 + 65_536 + 1_048_576;

async function scene(folder: string, options: { timeout?: number; bufferLimit?: number } = {}) {
  const daemon = await startDaemon({ folder });
  const path = join(folder, 'a.log');
  const told: Reconnected[] = [];
  const file = await ProxyFile.open(path, {
    sockPath: daemon.socket,
    reconnect: true,
    onReconnect: (reconnected) => told.push(reconnected),
    ...options,
  });
  return { daemon, path, told, file };
}

/** The numbers of the whole lines in a text, and how many lines are not whole. */
function linesOf(text: string): { numbers: number[]; broken: number } {
  const lines = text.split('\n').slice(0, -1);
  const whole = lines.filter((line) => `${line}\n` === numbered(Number(line.slice(0, 8))));
  return { numbers: whole.map((line) => Number(line.slice(0, 8))), broken: lines.length - whole.length };
}

test('a daemon that stops and is started again: no write throws, and every line is there once', async () => {
  await using folder = await freshFolder();
  const { daemon, path, told, file } = await scene(folder.path);
  for (let index = 0; index < 1000; index++) file.write(numbered(index));
  await textOf(path, 100_000);
  await daemon.stop('SIGTERM');
  for (let index = 1000; index < 3000; index++) file.write(numbered(index));
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (let index = 3000; index < 4000; index++) file.write(numbered(index));
  await using again = await startDaemon({ folder: folder.path });
  await until(() => told.length > 0, 'a new connection');
  assert.deepEqual(
    told.map(({ uncertainBytes, unsentBytes, error }) => [uncertainBytes, unsentBytes, error.message]),
    [[0, 300_000, 'offlog server exited']],
  );
  file.write(numbered(4000));
  await file.close();
  const { numbers, broken } = linesOf(await readFile(path, 'utf8'));
  assert.deepEqual(
    numbers,
    Array.from({ length: 4001 }, (_, index) => index),
  );
  assert.equal(broken, 0);
  assert.equal(again.process.exitCode, null);
});

test('a daemon that stops while lines are under way: none is lost, none is there twice', async () => {
  await using folder = await freshFolder();
  const { daemon, path, told, file } = await scene(folder.path);
  let index = 0;
  const burst = setInterval(() => {
    for (let end = index + 500; index < end; index++) file.write(numbered(index));
  }, 1);
  await textOf(path, 200_000);
  await daemon.stop('SIGTERM');
  await using again = await startDaemon({ folder: folder.path });
  await until(() => told.length > 0, 'a new connection');
  clearInterval(burst);
  await file.close();
  const { numbers, broken } = linesOf(await readFile(path, 'utf8'));
  assert.equal(told[0]?.uncertainBytes, 0);
  assert.equal(broken, 0, 'a line that was half sent goes on where it stopped');
  assert.deepEqual(
    numbers,
    Array.from({ length: index }, (_, each) => each),
  );
  assert.equal(again.process.exitCode, null);
});

test('a daemon that is killed while lines wait in it: what is lost is less than what is said, none is there twice', async () => {
  await using folder = await freshFolder();
  const { daemon, path, told, file } = await scene(folder.path);
  let index = 0;
  const write = (lines: number) => {
    for (let end = index + lines; index < end; index++) file.write(numbered(index));
  };
  write(30_000);
  await file.drained();
  await textOf(path, 3_000_000);
  daemon.process.kill('SIGSTOP');
  write(10_000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await daemon.stop('SIGKILL');
  write(10);
  await using again = await startDaemon({ folder: folder.path });
  await until(() => told.length > 0, 'a new connection');
  await file.close();
  const [{ uncertainBytes = 0, unsentBytes = 0 } = {}] = told;
  const text = await readFile(path, 'utf8');
  const lost = index * 100 - Buffer.byteLength(text);
  assert.ok(lost > 100_000, `what lay in the socket is gone: ${lost}`);
  assert.ok(lost <= uncertainBytes && uncertainBytes <= MOST_UNDER_WAY, `${lost} of ${uncertainBytes}`);
  assert.ok(unsentBytes > 500_000 && unsentBytes < 1_001_000, `${unsentBytes} bytes were kept`);
  const { numbers, broken } = linesOf(text);
  assert.ok(broken <= 1, 'only the line at the break is not whole');
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((one, other) => one - other),
  );
  assert.equal(again.process.exitCode, null);
});

test('little was sent: no more than that is uncertain', async () => {
  await using folder = await freshFolder();
  const { daemon, told, file } = await scene(folder.path);
  file.write('12345');
  await file.drained();
  await daemon.stop('SIGKILL');
  await using again = await startDaemon({ folder: folder.path });
  await until(() => told.length > 0, 'a new connection');
  assert.equal(told[0]?.uncertainBytes, 5);
  await file.close();
  assert.equal(again.process.exitCode, null);
});

test('while the daemon is away data waits up to the limit, and closing says how much was not sent', async () => {
  await using folder = await freshFolder();
  const { daemon, file } = await scene(folder.path, { timeout: 300, bufferLimit: 50_000 });
  await daemon.stop('SIGKILL');
  for (let index = 0; index < 1000; index++) file.write(numbered(index));
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(file.waitingBytes, 50_000);
  assert.deepEqual(file.dropped, { bytes: 50_000, writes: 500 });
  await assert.rejects(file.close(), { name: 'TimeoutError', unsentBytes: 50_000 });
});

test('closing while the daemon is away waits for its return', async () => {
  await using folder = await freshFolder();
  const { daemon, path, file } = await scene(folder.path);
  await daemon.stop('SIGKILL');
  file.write('kept\n');
  const closing = file.close();
  await new Promise((resolve) => setTimeout(resolve, 150));
  await using again = await startDaemon({ folder: folder.path });
  await closing;
  assert.equal(await readFile(path, 'utf8'), 'kept\n');
  assert.equal(again.process.exitCode, null);
});

test('an error of the file itself is thrown: connecting anew would not mend it', async () => {
  await using daemon = await startDaemon();
  const file = await ProxyFile.open('/dev/full', { sockPath: daemon.socket, reconnect: true });
  await until(() => {
    try {
      file.write('x');
      return false;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'ENOSPC';
    }
  }, 'an error');
});
