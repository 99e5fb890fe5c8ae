import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { send } from '../../../../test/http-request.ts';
import { freshFolder, runCommand } from '../../../../test/server-process.ts';

let folder: string;
let pidFile: string;
beforeEach(async () => {
  folder = await freshFolder();
  pidFile = join(folder, 'server.pid');
});
afterEach(() => {
  // A test that fails half-way must not leave its server behind.
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Of this test file alone: the log of a daemon goes nowhere, so that its port has to be known. */
const PORT = String(20_000 + (process.pid % 10_000));
const ADDRESS = `http://127.0.0.1:${PORT}`;

const serve = (...args: string[]) =>
  runCommand(['serve', ...args], { cwd: folder, env: { CHRONOLOGER_PORT: PORT } });

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(what: () => boolean): Promise<void> {
  for (let waited = 0; !what(); waited += 20) {
    assert.ok(waited < 10_000, `${what} within 10 s`);
    await sleep(20);
  }
}

test('-d returns when the server is ready; SIGHUP does nothing, SIGTERM ends it and removes the pid file', async () => {
  const { code, stdout, stderr } = await serve('-d', '-m', '-p', 'server.pid');
  assert.deepEqual([code, stdout, stderr], [0, '', '']);
  assert.equal((await send(ADDRESS, { path: '/health' })).body.toString(), 'OK');
  assert.match(readFileSync(pidFile, 'utf8'), /^[1-9]\d*\n$/);
  assert.equal(statSync(pidFile).mode & 0o777, 0o644);

  const pid = Number(readFileSync(pidFile, 'utf8'));
  process.kill(pid, 'SIGHUP');
  await sleep(200);
  assert.equal((await send(ADDRESS, { path: '/health' })).status, 200);

  const second = await serve('-d', '-p', 'server.pid');
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`process ${pid}, which is running`));

  const third = await serve('-d');
  assert.equal(third.code, 1);
  assert.match(third.stderr, /something listens there already/);

  process.kill(pid, 'SIGTERM');
  await until(() => !isAlive(pid));
  assert.ok(!existsSync(pidFile));
});

test('-d tells why the server cannot start, and leaves no pid file', async () => {
  const { code, stderr } = await serve('-d', '-p', 'server.pid');
  assert.equal(code, 1);
  assert.match(stderr, /chronologer migrate/);
  assert.ok(!existsSync(pidFile));
});

test('a pid file of a server that was killed is replaced', async () => {
  writeFileSync(pidFile, '4194300\n');
  const { code, stderr } = await serve('-d', '-m', '-p', 'server.pid');
  assert.equal(code, 0, stderr);
  const pid = Number(readFileSync(pidFile, 'utf8'));
  assert.notEqual(pid, 4_194_300);
  process.kill(pid, 'SIGTERM');
  await until(() => !isAlive(pid));
});
