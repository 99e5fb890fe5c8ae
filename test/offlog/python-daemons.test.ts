import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, ProxyFile } from '../../packages/offlog/src/mod.ts';
import { freshFolder, startPythonDaemon, VERSIONS, without } from './pythons.ts';

/** This package's client on the daemons of the Python package offlog 0.1.0 and 0.3.1, as they come from PyPI. */

const BIG = 50 * 1024 * 1024;
/** A file that can be opened by nobody, root neither, and yet is there. */
const FORBIDDEN = '/proc/sys/kernel/ostype';

const hash = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** What a later write throws once the daemon has gone; fails when none does within ten seconds. */
async function thrownByWrites(file: ProxyFile): Promise<Error> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    try {
      file.write('too late');
    } catch (error) {
      assert.ok(error instanceof Error);
      return error;
    }
    await sleep(10);
  }
  throw new Error('ten seconds of writes were taken');
}

for (const version of VERSIONS) {
  const skip = without(version);

  test(`ProxyFile on the daemon of offlog ${version}: text, bytes, two files, close twice`, {
    skip,
  }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startPythonDaemon(version, folder.path);
    const path = join(folder.path, 'a.log');
    const options = { sockPath: daemon.socket };
    const file = await ProxyFile.open(path, options);
    file.write('täxt ☃\n');
    file.write(Uint8Array.of(0, 255, 0, 10));
    const other = await ProxyFile.open(path, options);
    await sleep(100);
    other.write('of another\n');
    await other.close();
    file.write('last');
    await Promise.all([file.close(), file.close()]);
    await file.close();
    const due = [Buffer.from('täxt ☃\n'), Uint8Array.of(0, 255, 0, 10), Buffer.from('of another\nlast')];
    assert.deepEqual(await readFile(path), Buffer.concat(due));
  });

  test(`ProxyFile on the daemon of offlog ${version}: its errors`, { skip }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startPythonDaemon(version, folder.path);
    const open = (path: string) => ProxyFile.open(path, { sockPath: daemon.socket });
    const none = join(folder.path, 'none', 'a.log');
    const dir = join(folder.path, 'dir');
    await mkdir(dir);
    await assert.rejects(open(none), {
      name: 'FileNotFoundError',
      code: 'ENOENT',
      message: `[Errno 2] No such file or directory: '${none}'`,
    });
    await assert.rejects(open(dir), { name: 'IsADirectoryError', code: 'EISDIR' });
    await assert.rejects(open(FORBIDDEN), { name: 'PermissionError', code: 'EACCES' });
    await assert.rejects(open(`/tmp/${'x'.repeat(300)}`), { name: 'OSError', code: 'ENAMETOOLONG' });
    await assert.rejects(open(`/${'x'.repeat(5000)}`), {
      name: 'ValueError',
      message: 'path longer than PATH_MAX',
    });
    await assert.rejects(ProxyFile.open('/tmp/a.log', { sockPath: join(folder.path, 'none.sock') }), {
      name: 'FileNotFoundError',
      code: 'ENOENT',
    });
  });

  test(`ProxyFile on the daemon of offlog ${version}: a full disk is told at a later write`, {
    skip,
  }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startPythonDaemon(version, folder.path);
    const file = await ProxyFile.open('/dev/full', { sockPath: daemon.socket });
    const error = await thrownByWrites(file);
    assert.equal(error.name, 'OSError');
    assert.equal(error.message, '[Errno 28] No space left on device');
    assert.equal('code' in error && error.code, 'ENOSPC');
  });

  test(`ProxyFile on the daemon of offlog ${version}: 50 MB, in one piece and in many`, {
    skip,
  }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startPythonDaemon(version, folder.path);
    const data = Buffer.alloc(
      BIG,
      Uint8Array.from({ length: 251 }, (_, i) => i),
    );
    for (const piece of [BIG, 65_521, 100]) {
      const path = join(folder.path, `${piece}.log`);
      const file = await ProxyFile.open(path, { sockPath: daemon.socket });
      for (let at = 0; at < data.length; at += piece) file.write(data.subarray(at, at + piece));
      await file.close();
      assert.equal(hash(await readFile(path)), hash(data), `in pieces of ${piece} bytes`);
    }
  });

  test(`ProxyFile on the daemon of offlog ${version}: a daemon that stops says so, and has written all`, {
    skip,
  }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startPythonDaemon(version, folder.path);
    const path = join(folder.path, 'a.log');
    const file = await ProxyFile.open(path, { sockPath: daemon.socket, flush: 'write' });
    file.write('last words');
    assert.equal(await daemon.signal('SIGTERM'), 0);
    const error = await thrownByWrites(file);
    assert.equal(error.name, 'OSError');
    assert.equal(error.message, 'offlog server exited');
    await assert.rejects(file.close());
    assert.equal(await readFile(path, 'utf8'), 'last words');
  });

  test(`ProxyFile on the daemon of offlog ${version}: a daemon that is killed is noticed`, {
    skip,
  }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startPythonDaemon(version, folder.path);
    const file = await ProxyFile.open(join(folder.path, 'a.log'), { sockPath: daemon.socket });
    await daemon.signal('SIGKILL');
    const error = await thrownByWrites(file);
    assert.match(error.name, /^(EOFError|BrokenPipeError|ConnectionResetError)$/);
    await assert.rejects(file.close());
  });

  test(`Logger on the daemon of offlog ${version}: each level, and an error with its stack`, {
    skip,
  }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startPythonDaemon(version, folder.path);
    const path = join(folder.path, 'a.log');
    const quiet = { stdoutLevel: null, stderrLevel: null };
    const log = await Logger.open('my app', path, { sockPath: daemon.socket, ...quiet });
    log.debug('params are %s %d', 'foo', 7);
    log.info('info');
    log.warning('warning');
    log.critical('critical');
    log.exception('Got an error', new RangeError('out of it'));
    await log.close();
    const text = (await readFile(path, 'utf8')).replaceAll(
      /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/gm,
      '[TIME',
    );
    assert.match(
      text,
      new RegExp(
        [
          '^\\[TIME my app DEBUG\\] params are foo 7',
          '\\[TIME my app INFO\\] info',
          '\\[TIME my app WARNING\\] warning',
          '\\[TIME my app CRITICAL\\] critical',
          '\\[TIME my app ERROR\\] Got an error',
          'RangeError: out of it',
          '(    at .*\n)+$',
        ].join('\n'),
      ),
    );
  });

  test(`ProxyFile on the daemon of offlog ${version}: a renamed file is no error`, { skip }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startPythonDaemon(version, folder.path);
    const path = join(folder.path, 'a.log');
    const file = await ProxyFile.open(path, { sockPath: daemon.socket });
    file.write('before\n');
    await sleep(100);
    await rename(path, `${path}.1`);
    // 0.3.1 looks every 200 ms here and tells its clients, 0.1.0 never looks; both go on in the renamed file.
    await sleep(600);
    file.write('after\n');
    await file.close();
    assert.equal(await readFile(`${path}.1`, 'utf8'), 'before\nafter\n');
  });
}
