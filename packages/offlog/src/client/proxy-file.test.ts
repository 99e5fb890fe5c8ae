import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from '../../../../test/offlog/daemon-process.ts';
import { OfflogError } from './errors.ts';
import { ProxyFile } from './proxy-file.ts';
import { countNumbered, numbered } from './testing/numbered.ts';
import { freshFolder, textOf, until } from './testing/scene.ts';

const SIGNALS = ['exit', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const;

test('text and bytes are appended, in order', async () => {
  await using daemon = await startDaemon();
  const path = join(daemon.folder, 'a.log');
  await writeFile(path, 'before\n');
  {
    await using file = await ProxyFile.open(path, { sockPath: daemon.socket });
    file.write('täxt ☃\n');
    const bytes = Buffer.from([0, 255, 10]);
    file.write(bytes);
    bytes.fill(1);
    file.write('');
    file.write('end');
  }
  const due = [Buffer.from('before\ntäxt ☃\n'), Buffer.from([0, 255, 10]), Buffer.from('end')];
  assert.deepEqual(await readFile(path), Buffer.concat(due));
});

test('data is handed over at the end of the turn, with flush: write at once', async () => {
  await using daemon = await startDaemon();
  for (const flush of ['tick', 'write'] as const) {
    await using file = await ProxyFile.open(join(daemon.folder, 'a.log'), { sockPath: daemon.socket, flush });
    file.write('x');
    assert.equal(file.waitingBytes, flush === 'tick' ? 1 : 0);
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    assert.equal(file.waitingBytes, 0);
    for (let round = 0; round < 1000; round++) file.write(numbered(round));
    assert.ok(file.waitingBytes < 65_536 + 100, 'much data does not wait for the end of the turn');
  }
});

test('closing answers the same each time, and writing afterwards throws', async () => {
  await using daemon = await startDaemon();
  const path = join(daemon.folder, 'a.log');
  const file = await ProxyFile.open(path, { sockPath: daemon.socket });
  file.write('x');
  const closing = file.close();
  assert.throws(() => file.write('y'), { name: 'ValueError', message: 'write to a closed file' });
  assert.equal(file.close(), closing);
  await closing;
  await file.close();
  assert.equal(await readFile(path, 'utf8'), 'x');
  file.flushSync();
});

test('handlers of the process come with the first file and go with the last', async () => {
  await using daemon = await startDaemon();
  const counts = () => SIGNALS.map((name) => process.listenerCount(name));
  const before = counts();
  const open = (name: string) => ProxyFile.open(join(daemon.folder, name), { sockPath: daemon.socket });
  const files = await Promise.all(Array.from({ length: 20 }, (_, index) => open(`${index}.log`)));
  assert.deepEqual(
    counts(),
    before.map((count) => count + 1),
  );
  await Promise.all(files.map((file) => file.close()));
  assert.deepEqual(counts(), before);
  await assert.rejects(open('none/a.log'));
  assert.deepEqual(counts(), before);
});

test('what opening says when it fails', async () => {
  await using daemon = await startDaemon();
  const { folder, socket: sockPath } = daemon;
  const none = join(folder, 'none.sock');
  await assert.rejects(ProxyFile.open('/tmp/a.log', { sockPath: none }), {
    name: 'FileNotFoundError',
    message: `server socket ${none} not found`,
    code: 'ENOENT',
    errno: 2,
  });
  await assert.rejects(ProxyFile.open(join(folder, 'no', 'a.log'), { sockPath }), {
    name: 'FileNotFoundError',
    message: `[Errno 2] No such file or directory: '${join(folder, 'no', 'a.log')}'`,
    code: 'ENOENT',
    errno: 2,
  });
  await assert.rejects(ProxyFile.open(folder, { sockPath }), { name: 'IsADirectoryError', code: 'EISDIR' });
  await assert.rejects(ProxyFile.open('a\0b', { sockPath }), { name: 'ValueError' });
  for (const wrong of [{ flush: 'x' }, { timeout: 0 }, { bufferLimit: 'x' }, { sockPath: 5 }]) {
    await assert.rejects(ProxyFile.open('/tmp/a.log', { sockPath, ...wrong } as object), TypeError);
  }
  daemon.process.kill('SIGKILL');
  await daemon.stop();
  await assert.rejects(ProxyFile.open('/tmp/a.log', { sockPath }), {
    name: 'ConnectionRefusedError',
    code: 'ECONNREFUSED',
  });
});

test('a daemon that does not answer in time, or goes without an answer', async () => {
  await using folder = await freshFolder();
  const sockPath = join(folder.path, 's.sock');
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (answers) socket.end();
  });
  let answers = false;
  await new Promise<void>((resolve) => server.listen(sockPath, resolve));
  try {
    const started = performance.now();
    await assert.rejects(ProxyFile.open('/tmp/a.log', { sockPath, timeout: 100 }), {
      name: 'TimeoutError',
      code: 'ETIMEDOUT',
    });
    const took = performance.now() - started;
    assert.ok(took > 90 && took < 5000, `${took} ms`);
    answers = true;
    await assert.rejects(ProxyFile.open('/tmp/a.log', { sockPath }), {
      name: /^(BrokenPipe|ConnectionReset)Error$/,
    });
  } finally {
    server.close();
  }
});

/** A daemon that knows nothing but OK, and keeps few connections waiting. */
const CROWDED = `require('node:net')
  .createServer((socket) => socket.on('error', () => {}).once('data', () => socket.write('OK\\0')))
  .listen({ path: process.argv[1], backlog: 1 }, () => console.log('ready'));`;

test('a daemon with too many connections waiting is tried again until the timeout', async () => {
  await using folder = await freshFolder();
  const sockPath = join(folder.path, 's.sock');
  const server = spawn(process.execPath, ['-e', CROWDED, sockPath], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    await once(server.stdout, 'data');
    server.kill('SIGSTOP');
    const open = (timeout: number) => ProxyFile.open('/tmp/a.log', { sockPath, timeout });
    const opened = Promise.all(Array.from({ length: 8 }, () => open(10_000)));
    await assert.rejects(open(100), { name: 'TimeoutError' });
    server.kill('SIGCONT');
    for (const file of await opened) await file.close({ timeout: 1 }).catch(() => {});
  } finally {
    server.kill('SIGKILL');
  }
});

for (const [how, signal, name, message] of [
  ['stops', 'SIGTERM', /^OSError$/, /^offlog server exited$/],
  ['is killed', 'SIGKILL', /^(BrokenPipe|ConnectionReset)Error$/, /closed the connection/],
] as const) {
  test(`when the daemon ${how}, the next write throws, and so does each one after it`, async () => {
    await using daemon = await startDaemon();
    const path = join(daemon.folder, 'a.log');
    const file = await ProxyFile.open(path, { sockPath: daemon.socket });
    file.write('before\n');
    await textOf(path, 7);
    await daemon.stop(signal);
    assert.throws(() => file.write('after'), { name, message });
    assert.throws(() => file.write('again'), { name, message });
    await assert.rejects(file.close(), { name, message, unsentBytes: 0 });
  });

  test(`when the daemon ${how} and the event loop could not see it yet, writing throws all the same`, async () => {
    await using daemon = await startDaemon();
    const path = join(daemon.folder, 'a.log');
    const file = await ProxyFile.open(path, { sockPath: daemon.socket });
    daemon.process.kill(signal);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
    assert.throws(
      () => {
        for (let round = 0; round < 10_000; round++) file.write(numbered(round));
      },
      { name, message },
    );
    await assert.rejects(file.close(), (error) => {
      assert.ok(error instanceof OfflogError);
      assert.match(error.name, name);
      assert.ok((error.unsentBytes ?? 0) >= 65_536, `${error.unsentBytes} bytes were taken, and not sent`);
      return true;
    });
  });
}

test('a full disk is told at a later write', async () => {
  await using daemon = await startDaemon();
  const file = await ProxyFile.open('/dev/full', { sockPath: daemon.socket });
  file.write('x');
  let thrown: unknown;
  await until(() => {
    try {
      file.write('x');
      return false;
    } catch (error) {
      thrown = error;
      return true;
    }
  }, 'an error');
  assert.ok(thrown instanceof OfflogError);
  assert.deepEqual([thrown.name, thrown.code, thrown.errno], ['OSError', 'ENOSPC', 28]);
  await assert.rejects(file.close(), { code: 'ENOSPC' });
});

test('a daemon that stands still: data waits, up to the limit, and every write is taken whole or not at all', async () => {
  await using daemon = await startDaemon();
  const path = join(daemon.folder, 'a.log');
  const told: { bytes: number; writes: number }[] = [];
  const file = await ProxyFile.open(path, {
    sockPath: daemon.socket,
    bufferLimit: 1_000_000,
    onDrop: (dropped) => told.push(dropped),
  });
  daemon.process.kill('SIGSTOP');
  const started = performance.now();
  let taken = 0;
  for (let round = 0; round < 40_000; round++) {
    const { writes } = file.dropped;
    file.write(numbered(taken));
    if (file.dropped.writes === writes) taken += 1;
  }
  const took = performance.now() - started;
  assert.ok(took < 4000, `writing never waits: ${took} ms`);
  assert.ok(file.waitingBytes <= 1_000_000 && file.waitingBytes > 999_000, String(file.waitingBytes));
  assert.deepEqual(file.dropped, { bytes: (40_000 - taken) * 100, writes: 40_000 - taken });
  assert.deepEqual(told, [], 'the application is told later, not within write');
  await sleep(20);
  assert.deepEqual(told, [file.dropped]);
  assert.throws(() => file.write(5 as unknown as string), TypeError);
  daemon.process.kill('SIGCONT');
  await file.drained();
  file.write(numbered(taken));
  await file.close();
  assert.equal(countNumbered(await readFile(path, 'utf8')), taken + 1);
});

test('closing while the daemon stands still ends in time and says how much was not sent', async () => {
  await using daemon = await startDaemon();
  const path = join(daemon.folder, 'a.log');
  const file = await ProxyFile.open(path, { sockPath: daemon.socket, timeout: 300 });
  daemon.process.kill('SIGSTOP');
  for (let round = 0; round < 10_000; round++) file.write(numbered(round));
  assert.throws(() => file.flushSync(), { name: 'TimeoutError', code: 'ETIMEDOUT' });
  const unsent = file.waitingBytes;
  const started = performance.now();
  await assert.rejects(file.close(), { name: 'TimeoutError', unsentBytes: unsent });
  const took = performance.now() - started;
  assert.ok(took > 250 && took < 5000, `${took} ms`);
  await assert.rejects(file.close(), { name: 'TimeoutError' });
  daemon.process.kill('SIGCONT');
  assert.ok(1_000_000 - unsent > 100_000, 'a good part was in the socket');
  await textOf(path, 1_000_000 - unsent);
});

test('all was sent, and the daemon does not say that it is written: closing rejects with nothing unsent', async () => {
  await using daemon = await startDaemon();
  const file = await ProxyFile.open(join(daemon.folder, 'a.log'), { sockPath: daemon.socket, timeout: 200 });
  daemon.process.kill('SIGSTOP');
  file.write('x');
  await assert.rejects(file.close(), { name: 'TimeoutError', unsentBytes: 0 });
});

test('flushSync sends before it returns', async () => {
  await using daemon = await startDaemon();
  const path = join(daemon.folder, 'a.log');
  await using file = await ProxyFile.open(path, { sockPath: daemon.socket });
  for (let round = 0; round < 20_000; round++) file.write(numbered(round));
  file.flushSync();
  assert.equal(file.waitingBytes, 0);
  assert.equal(countNumbered(await textOf(path, 2_000_000)), 20_000);
});

test('a stream for loggers passes on at once; its end closes the file, its error is the file’s', async () => {
  await using daemon = await startDaemon();
  const path = join(daemon.folder, 'a.log');
  const file = await ProxyFile.open(path, { sockPath: daemon.socket });
  const stream = file.writable();
  for (let round = 0; round < 500; round++) stream.write(numbered(round));
  assert.equal(file.waitingBytes, 50_000, 'nothing is kept in the stream');
  stream.write('3030', 'hex');
  await new Promise<void>((resolve) => stream.end('\n', resolve));
  assert.equal((await readFile(path)).toString('utf8', 50_000), '00\n');
  const late = file.writable();
  const failed = new Promise((resolve) => late.once('error', resolve));
  late.write('x');
  assert.ok((await failed) instanceof OfflogError);
});
