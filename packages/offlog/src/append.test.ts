import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDaemon } from '../../../test/offlog/daemon-process.ts';

const entry = new URL('append.ts', import.meta.url).href;

/** `offlog append`, as the command starts it. */
function startAppend(...args: string[]) {
  const source = `import { runAppend } from '${entry}'; process.exitCode = await runAppend(process.argv.slice(1));`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', source, '--', ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  // It may end before it has read everything.
  child.stdin.on('error', () => {});
  const ended = once(child, 'close').then(([code]) => ({ code, out, complaints }));
  return { child, ended };
}

test('standard input is appended, to its last byte', async () => {
  await using daemon = await startDaemon();
  const path = join(daemon.folder, 'a.log');
  const data = Buffer.alloc(
    5_000_000,
    Uint8Array.from({ length: 251 }, (_, index) => index),
  );
  for (const each of [data, Buffer.from('more')]) {
    const { child, ended } = startAppend('-s', daemon.socket, path);
    child.stdin.end(each);
    assert.deepEqual(await ended, { code: 0, out: '', complaints: '' });
  }
  assert.ok((await readFile(path)).equals(Buffer.concat([data, Buffer.from('more')])));
});

test('a slow daemon makes the command before the pipe wait', async () => {
  await using daemon = await startDaemon();
  const path = join(daemon.folder, 'a.log');
  const { child, ended } = startAppend(`--socket-file=${daemon.socket}`, path);
  child.stdin.write('x');
  while ((await readFile(path).catch(() => '')).length === 0) await sleep(10);
  daemon.process.kill('SIGSTOP');
  const data = Buffer.alloc(20_000_000, 'y');
  child.stdin.end(data);
  await sleep(500);
  assert.ok(child.stdin.writableLength > 15_000_000, `${child.stdin.writableLength} bytes were not taken`);
  assert.equal(child.exitCode, null);
  daemon.process.kill('SIGCONT');
  assert.deepEqual(await ended, { code: 0, out: '', complaints: '' });
  assert.equal((await readFile(path)).length, 20_000_001);
});

test('what could not be written is said, with exit code 1', async () => {
  await using daemon = await startDaemon();
  const none = join(daemon.folder, 'none', 'a.log');
  const missing = startAppend('-s', daemon.socket, none);
  assert.deepEqual(await missing.ended, {
    code: 1,
    out: '',
    complaints: `offlog append: ${none}: FileNotFoundError: [Errno 2] No such file or directory: '${none}'\n`,
  });
  const full = startAppend('-s', daemon.socket, '/dev/full');
  full.child.stdin.end(Buffer.alloc(1_000_000));
  assert.deepEqual(await full.ended, {
    code: 1,
    out: '',
    complaints: 'offlog append: /dev/full: OSError: [Errno 28] No space left on device\n',
  });
});

test('the daemon going away ends it, though the command before the pipe goes on', async () => {
  await using daemon = await startDaemon();
  const file = join(daemon.folder, 'a.log');
  const { child, ended } = startAppend('-s', daemon.socket, file);
  const feed = setInterval(() => child.stdin.write('x'), 10);
  while (!existsSync(file)) await sleep(20);
  await daemon.stop();
  const { code, complaints } = await ended;
  clearInterval(feed);
  assert.equal(code, 1);
  assert.match(complaints, /OSError: offlog server exited\n$/);
});

test('help, and wrong command lines', async () => {
  const help = await startAppend('--help').ended;
  assert.equal(help.code, 0);
  assert.match(help.out, /^usage: offlog append/);
  for (const args of [[], ['a', 'b'], ['--none', 'a'], ['']]) {
    const { code, complaints } = await startAppend(...args).ended;
    assert.equal(code, 2);
    assert.match(complaints, /usage: offlog append/);
  }
});
