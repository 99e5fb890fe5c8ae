import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OFFLOG, startDaemon } from './daemon-process.ts';
import { until } from './until.ts';
import { Wire } from './wire.ts';

/** What systemd tells the daemon, and the daemon systemd. */

const script = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const works = (program: string): boolean => spawnSync(program, ['--version']).status === 0;
const withoutPython = works('python3') ? false : 'there is no python3, which can make such sockets';
const withoutNotify = works('systemd-notify') ? withoutPython : 'there is no systemd-notify';

async function freshFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'offlog-test-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

describe('systemd', { concurrency: 3 }, () => {
  test('is told that the daemon listens, and that it ends', { skip: withoutNotify }, async (t) => {
    const folder = await freshFolder(t);
    const path = join(folder, 'notify');
    const manager = spawn('python3', [script('notify_socket.py'), path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => manager.kill('SIGKILL'));
    let told = '';
    manager.stdout.setEncoding('utf8').on('data', (text) => (told += text));
    await until('it is bound', () => told === 'bound\n');
    await using daemon = await startDaemon({ args: ['--notify'], env: { NOTIFY_SOCKET: path } });
    await until('it is ready', () => told.includes('READY=1'));
    assert.ok(!told.includes('STOPPING=1'));
    assert.equal((await daemon.stop()).code, 0);
    await until('it is stopping', () => told.includes('STOPPING=1'));
    assert.doesNotMatch(await daemon.log(), /WARNING/);
  });

  test('cannot be told without NOTIFY_SOCKET, which is a warning', async () => {
    await using daemon = await startDaemon({ args: ['-n'], env: { NOTIFY_SOCKET: undefined } });
    await until('it is said', async () =>
      (await daemon.log()).includes('WARNING] systemd cannot be told: NOTIFY_SOCKET is not set\n'),
    );
    assert.equal((await daemon.stop()).code, 0);
  });

  test('passes the socket, which stays when the daemon goes', { skip: withoutPython }, async (t) => {
    const folder = await freshFolder(t);
    const path = join(folder, 'passed.sock');
    const logfile = join(folder, 'log');
    const ignored = join(folder, 'ignored.sock');
    const args = [script('pass_socket.py'), path, OFFLOG, '-l', logfile, '-s', ignored];
    const child = spawn('python3', args, { stdio: ['ignore', 'inherit', 'inherit'] });
    t.after(() => child.kill('SIGKILL'));
    // Before the daemon is there: the connection waits.
    await until('the socket is there', () => existsSync(path));
    const file = join(folder, 'x.log');
    const wire = await Wire.to(path, file);
    await wire.send('x\n');
    wire.end();
    assert.equal(await wire.receive(), 'BYE\0');
    assert.equal(readFileSync(file, 'utf8'), 'x\n');
    await until('it is said', () =>
      readFileSync(logfile, 'utf8').includes('Listening on socket of descriptor 3\n'),
    );
    child.kill('SIGTERM');
    await until('it has ended', () => child.exitCode === 0);
    assert.ok(existsSync(path));
    assert.ok(!existsSync(ignored));
  });

  test('may have passed sockets to another process, which are not ours', async () => {
    await using daemon = await startDaemon({ env: { LISTEN_PID: '1', LISTEN_FDS: '1' } });
    await until('it is said', async () => (await daemon.log()).includes('Listening'));
    assert.match(await daemon.log(), /Listening on socket \//);
  });
});
