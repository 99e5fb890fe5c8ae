import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { pino } from 'pino';
import { AuthfileUsers, readAuthfile } from './authfile.ts';
import { hashPassword, type PasswordHash } from './password.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronologer-authfile-'));
  file = join(folder, 'users.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function entry(username: string, password: string, roles: readonly string[], iterations = 2) {
  const parameters = { hashname: 'sha256', salt: `salt of ${username}`, iterations };
  const pbkdf2 = (await hashPassword(password, parameters)).toString('hex');
  return { username, pbkdf2, ...parameters, roles };
}

function save(...entries: readonly unknown[]): void {
  writeFileSync(`${file}.new`, JSON.stringify(entries));
  renameSync(`${file}.new`, file);
}

/** The users of the file, with a clock that a test moves and a log that it reads. */
function open(compute?: (password: string, hash: PasswordHash) => Promise<boolean>) {
  const state = { now: 0 };
  const lines: string[] = [];
  const log = pino(
    {
      base: null,
      timestamp: false,
    },
    { write: (line: string) => void lines.push(line) },
  );
  const users = new AuthfileUsers(file, log, { now: () => state.now, ...(compute && { compute }) });
  return { users, state, log: () => lines.join('') };
}

test('users sign in with their own passwords and have their own roles', async () => {
  save(await entry('bob', 'cheese', ['writer']), await entry('uñi', 'zoë: ', []));
  const { users } = open();
  assert.deepEqual(await users.verify('bob', 'cheese'), { username: 'bob', roles: new Set(['writer']) });
  assert.deepEqual(await users.verify('uñi', 'zoë: '), { username: 'uñi', roles: new Set() });
  for (const [name, password] of [
    ['bob', 'zoë: '],
    ['uñi', 'cheese'],
    ['bob', ''],
    ['zed', 'cheese'],
    ['', ''],
  ])
    assert.equal(await users.verify(name ?? '', password ?? ''), undefined);
  assert.deepEqual(users.find('bob'), { username: 'bob', roles: new Set(['writer']) });
  assert.equal(users.find('zed'), undefined);
});

test('a change counts a second later at the latest, also for passwords that were verified', async () => {
  save(await entry('bob', 'cheese', ['writer']), await entry('zoe', 'cake', []));
  const { users, state, log } = open();
  assert.ok(await users.verify('bob', 'cheese'));
  save(await entry('bob', 'ham', ['basic-reader']));
  state.now += 999;
  assert.ok(await users.verify('bob', 'cheese'));
  state.now += 1;
  assert.equal(await users.verify('bob', 'cheese'), undefined);
  assert.deepEqual(await users.verify('bob', 'ham'), { username: 'bob', roles: new Set(['basic-reader']) });
  assert.equal(users.find('zoe'), undefined);
  assert.match(log(), /"users":1,"msg":"The authfile has changed and was read again"/);
});

test('a bad new version, or none, is logged once; the users stay until there is a good one', async () => {
  save(await entry('bob', 'cheese', ['writer']));
  const { users, state, log } = open();
  const stays = async () => {
    for (let round = 0; round < 3; round += 1) {
      state.now += 1000;
      assert.ok(await users.verify('bob', 'cheese'));
    }
  };
  writeFileSync(file, '[{"username": "b');
  await stays();
  assert.equal(log().match(/cannot be used; the users stay as they were/g)?.length, 1);
  assert.match(log(), /"reason":"it is no JSON"/);
  rmSync(file);
  await stays();
  assert.equal(log().match(/cannot be used/g)?.length, 2);
  save(await entry('bob', 'ham', []));
  state.now += 1000;
  assert.ok(await users.verify('bob', 'ham'));
});

test('an unknown user costs what a known one does: the same hash, which nothing can match', async () => {
  save(await entry('bob', 'cheese', [], 7), await entry('zoe', 'cake', [], 9));
  const computed: PasswordHash[] = [];
  const { users } = open(async (_password, hash) => {
    computed.push(hash);
    return true;
  });
  for (let name = 0; name < 64; name += 1)
    assert.equal(await users.verify(`nobody ${name}`, 'cheese'), undefined);
  assert.deepEqual([...new Set(computed.map(({ iterations }) => iterations))].sort(), [7, 9]);
  const real = [...readAuthfile(file).values()].map(({ hash }) => Buffer.from(hash.key).toString('hex'));
  assert.ok(computed.every(({ key }) => !real.includes(Buffer.from(key).toString('hex'))));
});

test('a bad file at the start is an error that says what is wrong', () => {
  assert.throws(() => open(), { code: 'ENOENT' });
  save({ username: 'bob' });
  assert.throws(() => open(), { message: "entry 1 ('bob'): roles is missing" });
});
