import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from './daemon-process.ts';
import { freshFolder, startPythonClient, VERSIONS, without } from './pythons.ts';
import { until } from './until.ts';

/** The Python clients of offlog 0.1.0 and 0.3.1, as they come from PyPI, on this daemon. */

const BIG = 50 * 1024 * 1024;

/** A file that can be opened by nobody, root neither, and yet is there. */
const FORBIDDEN = '/proc/sys/kernel/ostype';

const hash = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

/** How often each byte occurs. */
function countBytes(data: Buffer): number[] {
  const counts = new Array<number>(256).fill(0);
  for (const byte of data) counts[byte] = (counts[byte] ?? 0) + 1;
  return counts;
}

for (const version of VERSIONS) {
  const skip = without(version);

  test(`ProxyFile of offlog ${version}: text, bytes, a second client, close twice`, { skip }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startDaemon();
    await using client = startPythonClient(version);
    const path = join(folder.path, 'a.log');
    const options = { sock_path: daemon.socket };
    assert.deepEqual(await client.call('ProxyFile', [path], options), {});
    assert.deepEqual(await client.call('write', ['täxt ☃\n']), {});
    assert.deepEqual(await client.call('write', [{ bytes: '\0\xff\0\n' }]), {});
    await until('what was written is in the file', async () => (await readFile(path)).length > 10);
    await using other = startPythonClient(version);
    assert.deepEqual(await other.call('ProxyFile', [path], options), {});
    assert.deepEqual(await other.call('write', ['of another\n']), {});
    assert.deepEqual(await other.call('close', []), {});
    assert.deepEqual(await client.call('write', ['last']), {});
    assert.deepEqual(await client.call('close', []), {});
    assert.deepEqual(await client.call('close', []), {});
    const due = [Buffer.from('täxt ☃\n'), Buffer.from('\0\xff\0\n', 'latin1'), 'of another\n', 'last'];
    assert.deepEqual(await readFile(path), Buffer.concat(due.map((each) => Buffer.from(each))));
  });

  test(`ProxyFile of offlog ${version}: what is not closed is written all the same`, { skip }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startDaemon();
    await using client = startPythonClient(version);
    const path = join(folder.path, 'a.log');
    await client.call('ProxyFile', [path], { sock_path: daemon.socket });
    await client.call('write', [{ bytes: 'x'.repeat(99).concat('\n'), times: 1000 }]);
    assert.equal(await client.end(), 0);
    await until('all is in the file', async () => (await readFile(path)).length === 100_000);
  });

  test(`Logger of offlog ${version}: the file gets each level, and a traceback`, { skip }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startDaemon();
    await using client = startPythonClient(version);
    const path = join(folder.path, 'a.log');
    await client.call('Logger', ['my app', path], { offlog_socket_path: daemon.socket });
    for (const level of ['debug', 'info', 'warning', 'error', 'critical']) {
      assert.deepEqual(await client.call(level, ['params are %s %d', level, 7]), {});
    }
    assert.deepEqual(await client.call('exception', ['Got an error']), {});
    assert.deepEqual(await client.call('close', []), {});
    const lines = (await readFile(path, 'utf8')).replaceAll(
      /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}/gm,
      '[TIME',
    );
    assert.match(
      lines,
      new RegExp(
        [
          '^\\[TIME my app DEBUG\\] params are debug 7',
          '\\[TIME my app INFO\\] params are info 7',
          '\\[TIME my app WARNING\\] params are warning 7',
          '\\[TIME my app ERROR\\] params are error 7',
          '\\[TIME my app CRITICAL\\] params are critical 7',
          '\\[TIME my app ERROR\\] Got an error',
          'Traceback \\(most recent call last\\):',
          '(  .*\n)+ZeroDivisionError: division by zero\n$',
        ].join('\n'),
      ),
    );
    assert.match(client.printed(), /my app INFO\] params are info 7/);
  });

  test(`ProxyFile of offlog ${version}: the daemon's errors are Python's own`, { skip }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startDaemon();
    await using client = startPythonClient(version);
    const none = join(folder.path, 'none', 'a.log');
    const dir = join(folder.path, "a dir, 'quoted'");
    await mkdir(dir);
    const open = (path: string) => client.call('ProxyFile', [path], { sock_path: daemon.socket });
    assert.deepEqual(await open(none), {
      error: 'FileNotFoundError',
      text: `[Errno 2] No such file or directory: '${none}'`,
    });
    assert.deepEqual(await open(dir), {
      error: 'IsADirectoryError',
      text: `[Errno 21] Is a directory: "${dir}"`,
    });
    assert.deepEqual(await open(FORBIDDEN), {
      error: 'PermissionError',
      text: `[Errno 13] Permission denied: '${FORBIDDEN}'`,
    });
    assert.deepEqual(await open(`/${'x'.repeat(5000)}`), {
      error: 'ValueError',
      text: 'path longer than PATH_MAX',
    });
    assert.deepEqual(await open(`/tmp/${'x'.repeat(300)}`), {
      error: 'OSError',
      text: `[Errno 36] File name too long: '/tmp/${'x'.repeat(300)}'`,
    });
  });

  test(`ProxyFile of offlog ${version}: a full disk is told at a later write`, { skip }, async () => {
    await using daemon = await startDaemon();
    await using client = startPythonClient(version);
    await client.call('ProxyFile', ['/dev/full'], { sock_path: daemon.socket });
    let answer: { error?: string } = {};
    await until('a write fails', async () => {
      answer = await client.call('write', ['x']);
      return answer.error !== undefined;
    });
    assert.deepEqual(answer, { error: 'OSError', text: '[Errno 28] No space left on device' });
  });

  test(`ProxyFile of offlog ${version}: 50 MB, in one piece and in many`, { skip }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startDaemon();
    const block = Array.from({ length: 1024 }, (_, i) => String.fromCharCode(i % 251)).join('');
    const due = Buffer.from(block.repeat(BIG / 1024), 'latin1');
    const append = async (path: string, pieces: number) => {
      await using client = startPythonClient(version);
      await client.call('ProxyFile', [path], { sock_path: daemon.socket, timeout: 60_000 });
      for (let i = 0; i < pieces; i++) {
        const answer = await client.call('write', [{ bytes: block, times: BIG / 1024 / pieces }]);
        assert.deepEqual(answer, {});
      }
      assert.deepEqual(await client.call('close', []), {});
      return readFile(path);
    };
    assert.equal(hash(await append(join(folder.path, 'one'), 1)), hash(due));
    // A client whose socket was full may send a later piece first (0.1.0 and 0.3.1 do, with their own daemons too), so
    // that of several pieces only which bytes they are can be compared.
    assert.deepEqual(countBytes(await append(join(folder.path, 'many'), 800)), countBytes(due));
  });

  test(`ProxyFile of offlog ${version}: a daemon that stops says so, and has written all`, {
    skip,
  }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startDaemon();
    await using client = startPythonClient(version);
    const path = join(folder.path, 'a.log');
    await client.call('ProxyFile', [path], { sock_path: daemon.socket });
    await client.call('write', ['last words']);
    assert.equal((await daemon.stop()).code, 0);
    assert.deepEqual(await client.call('write', ['too late']), {
      error: 'OSError',
      text: 'offlog server exited',
    });
    assert.equal(await readFile(path, 'utf8'), 'last words');
  });

  test(`ProxyFile of offlog ${version}: a daemon that is killed is noticed`, { skip }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startDaemon();
    await using client = startPythonClient(version);
    await client.call('ProxyFile', [join(folder.path, 'a.log')], { sock_path: daemon.socket });
    await daemon.kill();
    const { error } = await client.call('write', ['too late']);
    assert.match(error ?? '', /^(EOFError|BrokenPipeError|ConnectionResetError)$/);
  });

  test(`Logger of offlog ${version}: goes on under the name when its file is renamed`, { skip }, async () => {
    await using folder = await freshFolder();
    await using daemon = await startDaemon({ args: ['-r', '100'] });
    await using client = startPythonClient(version);
    const path = join(folder.path, 'a.log');
    await client.call('Logger', ['app', path], { offlog_socket_path: daemon.socket, stdout_level: null });
    for (let i = 0; i < 300; i++) {
      assert.deepEqual(await client.call('info', ['number %d', i]), {});
      if (i === 100) await rename(path, `${path}.1`);
      await sleep(3);
    }
    assert.deepEqual(await client.call('close', []), {});
    const read = async (file: string) => (await readFile(file, 'utf8')).match(/number \d+/g) ?? [];
    const [old, current] = [await read(`${path}.1`), await read(path)];
    assert.ok(old.length > 100 && current.length > 0, `${old.length} before and ${current.length} after`);
    assert.deepEqual(
      [...old, ...current],
      Array.from({ length: 300 }, (_, i) => `number ${i}`),
    );
  });
}
