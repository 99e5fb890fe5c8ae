import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { OFFLOG, startDaemon } from './daemon-process.ts';
import { until } from './until.ts';
import { Wire } from './wire.ts';

/** The daemon as a service: its socket, log, signals, command line. */

const MAIN = fileURLToPath(new URL('../../packages/offlog/src/main.ts', import.meta.url));

async function freshFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'offlog-test-'));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** Runs the command to its end. */
function command(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(OFFLOG, args, { encoding: 'utf8', timeout: 20_000 });
}

async function append(socket: string, file: string, text: string): Promise<void> {
  const wire = await Wire.to(socket, file);
  await wire.send(text);
  wire.end();
  assert.equal(await wire.receive(), 'BYE\0');
}

describe('the socket', { concurrency: 3 }, () => {
  test('one that a killed daemon left is replaced, a living one is refused', async (t) => {
    const folder = await freshFolder(t);
    await using killed = await startDaemon({ folder });
    await killed.kill();
    assert.ok(existsSync(killed.socket));
    await using daemon = await startDaemon({ folder });
    const { status, stderr } = command('-s', daemon.socket);
    assert.equal(status, 1);
    assert.equal(stderr, `offlog: another daemon listens on ${daemon.socket}\n`);
    await append(daemon.socket, join(folder, 'x.log'), 'still there\n');
  });

  test('a file in its place is left alone', async (t) => {
    const path = join(await freshFolder(t), 'precious');
    writeFileSync(path, 'precious');
    const { status, stderr } = command('-s', path);
    assert.equal(status, 1);
    assert.equal(stderr, `offlog: ${path} is there and is no socket\n`);
    assert.equal(readFileSync(path, 'utf8'), 'precious');
  });

  test('a folder that is not there', async (t) => {
    const folder = await freshFolder(t);
    const { status, stderr } = command('-s', join(folder, 'no', 's.sock'));
    assert.equal(status, 1);
    assert.equal(stderr, `offlog: ${folder}/no is not there\n`);
  });
});

test('wrong options end with 2 and the usage', () => {
  for (const args of [['--nonsense'], ['-r', '0'], ['--fsync', 'x'], ['file']]) {
    const { status, stdout, stderr } = command(...args);
    assert.equal(status, 2);
    assert.match(stderr, /^usage: offlog .*\nofflog: error: /ms);
    assert.equal(stdout, '');
  }
});

describe('the log', { concurrency: 3 }, () => {
  test('is rotated like any file', async () => {
    await using daemon = await startDaemon({ args: ['-r', '50'] });
    const log = join(daemon.folder, 'server.log');
    await rename(log, `${log}.1`);
    await until('it is there anew', () => existsSync(log));
    await append(daemon.socket, join(daemon.folder, 'x.log'), 'x\n');
    await until('it goes on', async () => (await daemon.log()).includes('Closed'));
    assert.match(readFileSync(`${log}.1`, 'utf8'), /This is offlog server\n/);
    assert.ok(!readFileSync(`${log}.1`, 'utf8').includes('Closed'));
  });

  test('a path cannot forge a line of it', async () => {
    await using daemon = await startDaemon();
    const forged = '[2026-01-01 00:00:00.000 offlog ERROR] forged';
    const file = join(daemon.folder, `x\n${forged}`);
    await append(daemon.socket, file, 'x\n');
    await until('all is said', async () => (await daemon.log()).includes('Closed'));
    const lines = (await daemon.log()).split('\n');
    assert.equal(lines.filter((line) => line.startsWith('[2026-01-01')).length, 0);
    assert.equal(lines.filter((line) => line.endsWith(`for '${daemon.folder}/x\\n${forged}'`)).length, 1);
  });

  test('without a file it is on standard output, warnings on standard error', async (t) => {
    const folder = await freshFolder(t);
    const socket = join(folder, 's.sock');
    const child = spawn(OFFLOG, ['-s', socket], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'close');
    t.after(() => child.kill('SIGKILL'));
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    await until('it listens', () => stdout.includes('Listening'));
    const wire = await Wire.open(socket);
    await wire.send('relative\0');
    assert.equal(await wire.receive(), 'ValueError: not an absolute path\0');
    await append(socket, join(folder, 'x.log'), 'x\n');
    child.kill('SIGINT');
    assert.deepEqual(await ended, [0, null]);
    const stamp = String.raw`\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} offlog`;
    const expected = [
      'This is offlog server',
      `Listening on socket ${socket}`,
      `New client 1 (total: 1) for ${folder}/x.log`,
      `Closed ${folder}/x.log`,
      `Client 1 done (remaining: 0) with ${folder}/x.log`,
      'Received signal, shutting down',
      'Exit',
    ];
    assert.match(stdout, new RegExp(`^(${stamp} INFO\\] .*\\n){${expected.length}}$`));
    assert.deepEqual(
      stdout
        .split('\n')
        .slice(0, -1)
        .map((line) => line.slice(line.indexOf('] ') + 2))
        .toSorted(),
      expected.toSorted(),
    );
    assert.match(
      stderr,
      new RegExp(`^${stamp} WARNING\\] Client 0 for no file: ValueError: not an absolute path\\n$`),
    );
    assert.ok(!existsSync(socket));
  });
});

test('SIGUSR1 writes counters, and opens no debugger', async (t) => {
  const folder = await freshFolder(t);
  const socket = join(folder, 's.sock');
  const child = spawn(OFFLOG, ['-s', socket], { stdio: ['ignore', 'pipe', 'pipe'] });
  t.after(() => child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
  await until('it listens', () => stdout.includes('Listening'));
  const file = join(folder, 'x.log');
  const wire = await Wire.to(socket, file);
  await wire.send('12345678\n');
  await until('it is written', () => readFileSync(file).length === 9);
  const refused = await Wire.to(socket, '/dev/full');
  await refused.send('x');
  await refused.receive();
  // A file counts until its descriptor is closed, which is some time after its client has gone.
  await until(
    '/dev/full is closed',
    () => child.kill('SIGUSR1') && / files 1,.*\n.*Counters of/.test(stdout),
  );
  assert.match(
    stdout,
    /Counters: clients 1 of 2, refused 0, errors 1, lost 1 bytes, files 1, waiting 0 bytes, memory \d+ MB\n/,
  );
  assert.match(stdout, /Counters of .*x\.log: 9 bytes in 1 writes, waiting 0 bytes\n/);
  assert.doesNotMatch(stderr, /Debugger/);
});

test('started without its shim it has as many threads for files', async (t) => {
  const folder = await freshFolder(t);
  await using daemon = await startDaemon({
    command: [process.execPath, MAIN],
    folder,
    env: { UV_THREADPOOL_SIZE: undefined },
  });
  await append(daemon.socket, join(folder, 'x.log'), 'x\n');
  assert.ok(readdirSync(`/proc/${daemon.pid}/task`).length >= 128);
});

const withoutStrace = spawnSync('strace', ['-V']).status === 0 ? false : 'there is no strace to look on with';

test('--fsync: BYE comes when the data is on the disk, which is synced once for all lines', {
  skip: withoutStrace,
}, async (t) => {
  const folder = await freshFolder(t);
  const trace = join(folder, 'trace');
  const command = ['strace', '-f', '-qq', '-e', 'trace=fdatasync', '-o', trace, OFFLOG];
  const daemon = await startDaemon({ command, folder, args: ['--fsync', '200'] });
  const file = join(folder, 'x.log');
  const wire = await Wire.to(daemon.socket, file);
  const synced = () =>
    readFileSync(trace, 'utf8')
      .split('\n')
      .filter((line) => /fdatasync.* = 0$/.test(line)).length;
  for (let number = 0; number < 50; number++) await wire.send(`${number}\n`);
  await until('it was synced', () => synced() > 0);
  const before = synced();
  await wire.send('last\n');
  wire.end();
  assert.equal(await wire.receive(), 'BYE\0');
  await until('the trace has it', () => synced() > before);
  assert.ok(synced() < 20);
  process.kill(daemonBelow(daemon.pid), 'SIGTERM');
  await once(daemon.process, 'exit');
});

/** The one child of a process. */
function daemonBelow(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim());
}
