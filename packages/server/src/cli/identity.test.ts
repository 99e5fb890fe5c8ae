import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { LOGGER, send } from '../../../../test/http-request.ts';
import { freshFolder, runCommand, type ServerProcess, startServer } from '../../../../test/server-process.ts';

const isRoot = process.getuid?.() === 0;
const hasNobody = ['passwd nobody', 'group nogroup'].every(
  (query) => spawnSync('getent', query.split(' ')).status === 0,
);
const skip = isRoot && hasNobody ? false : 'it takes root, a user nobody and a group nogroup';
const AS_NOBODY = ['-u', 'nobody', '-g', 'nogroup'];

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true }));

const roles = { CHRONOLOGER_ROLES: 'basic-reader query-reader writer' };

/** Writes a record, and reads all of them in a thread, and with a query in a process. */
async function works({ address }: ServerProcess, due: number): Promise<void> {
  const headers = { ...LOGGER, 'Content-Type': 'application/json' };
  const posted = await send(address, {
    method: 'POST',
    path: '/api/v1/record?raw=1',
    headers,
    body: '{"message": "x"}',
  });
  assert.equal(posted.status, 201, posted.body.toString());
  for (const path of ['/api/v1/record', '/api/v1/record?query=level%3E%3D0']) {
    const counted = await send(address, { method: 'HEAD', path, headers: LOGGER });
    assert.deepEqual([counted.status, counted.headers['x-record-count']], [200, String(due)], path);
  }
}

/** Real, effective and saved user and group of a process, and its further groups. */
function statusOf(pid: number): string {
  const lines = readFileSync(`/proc/${pid}/status`, 'utf8').split('\n');
  return lines.filter((line) => /^(Uid|Gid|Groups):/.test(line)).join('\n');
}

for (const [where, dsn, given] of [
  ['in a folder of root', 'sqlite:///logs.sqlite', '.'],
  ['in a folder that the server makes', 'sqlite:///made/here/logs.sqlite', 'made'],
] as const) {
  test(`-u and -g, with a database ${where}: writes, reads, queries, and again after a restart`, {
    skip,
  }, async () => {
    const env = { ...roles, CHRONOLOGER_STORAGE_DSN: dsn };
    const args = ['serve', '-m', '-p', 'server.pid', ...AS_NOBODY];
    await using server = await startServer({ cwd: folder, env, args });
    const status = statusOf(server.pid);
    assert.doesNotMatch(status, /^Uid:.*\b0\b|^Gid:.*\b0\b|^Groups:.*\b0\b/m);

    await works(server, 1);
    assert.equal((await server.stop()).code, 0);
    await server.restart();
    await works(server, 2);
    await server.kill();
    await server.restart();
    await works(server, 3);
    const { code, stderr } = await server.stop();
    assert.equal(code, 0, stderr);

    // Of what the server made, nothing is root's; the folder it found stays root's.
    assert.equal(statSync(folder).uid, 0);
    const made = readdirSync(join(folder, given), { recursive: true, encoding: 'utf8' });
    assert.ok(made.some((name) => name.endsWith('logs.sqlite')));
    const ofServer = made.filter((name) => name !== 'server.pid');
    for (const name of ofServer) assert.notEqual(statSync(join(folder, given, name)).uid, 0, name);
    // Folder and pid file are root's: the file had to stay, and keeps nobody from starting again.
    assert.equal(statSync(join(folder, 'server.pid')).uid, 0);
  });
}

test('a database that "chronologer migrate" made as root works with -u, too', { skip }, async () => {
  assert.equal((await runCommand(['migrate'], { cwd: folder })).code, 0);
  await using server = await startServer({ cwd: folder, env: roles, args: ['serve', ...AS_NOBODY] });
  await works(server, 1);
  await server.stop();
  await server.restart();
  await works(server, 2);
});

test('numbers are taken, also of nobody known', { skip }, async () => {
  await using server = await startServer({
    cwd: folder,
    args: ['serve', '-m', '-u', '12345', '-g', '12346'],
  });
  assert.match(
    statusOf(server.pid),
    /Uid:\t12345\t12345\t12345\t.*\nGid:\t12346\t12346\t12346\t.*\nGroups:\t12346/,
  );
});

for (const [args, reason] of [
  [['-u', 'no-such-user'], /no-such-user.*no such user/],
  [['-g', 'no-such-group'], /no-such-group.*no such group/],
  [['-u', '12345'], /12345.*group/],
] as const) {
  test(`${args.join(' ')} ends the start before anything is opened`, {
    skip: isRoot ? false : 'it takes root',
  }, async () => {
    const { code, stderr } = await runCommand(['serve', '-m', ...args], { cwd: folder });
    assert.equal(code, 1);
    assert.match(stderr, reason);
    assert.deepEqual(readdirSync(folder), []);
  });
}
