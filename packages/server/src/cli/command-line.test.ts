import assert from 'node:assert/strict';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import { freshFolder, runCommand, startServer } from '../../../../test/server-process.ts';
import { VERSION } from '../version.ts';

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCommand(args, { env, cwd: folder });

/** The start failed for this reason, in plain words, and nothing was made. */
async function fails(args: readonly string[], env: Record<string, string>, reason: RegExp): Promise<void> {
  const before = readdirSync(folder);
  const { code, stderr, stdout } = await run(args, env);
  assert.equal(code, 1, stderr);
  assert.match(stderr, reason);
  assert.doesNotMatch(stderr, /^\s+at /m, 'no stack');
  assert.equal(stdout, '');
  assert.deepEqual(readdirSync(folder), before);
}

test('--version tells the version', async () => {
  const { code, stdout } = await run(['--version']);
  assert.deepEqual([code, stdout], [0, `chronologer ${VERSION}\n`]);
});

for (const args of [['-h'], ['--help'], ['-e', 'production', '-h']]) {
  test(`${args.join(' ')} tells the commands on standard output`, async () => {
    const { code, stdout, stderr } = await run(args);
    assert.deepEqual([code, stderr], [0, '']);
    for (const word of ['--config', '--environment', 'serve', 'migrate', 'check', 'stats', 'hash-password']) {
      assert.ok(stdout.includes(word), word);
    }
  });
}

for (const [command, words] of [
  ['serve', ['--daemonise', '--pidfile', '--user', '--group', '--migrate']],
  ['migrate', ['--help', '--print']],
  ['check', ['--repair']],
  ['stats', ['--json']],
  ['hash-password', ['--username', '--roles', '--iterations']],
] as const) {
  test(`${command} -h tells its options on standard output`, async () => {
    const { code, stdout, stderr } = await run([command, '-h']);
    assert.deepEqual([code, stderr], [0, '']);
    for (const word of [`usage: chronologer ${command}`, ...words]) assert.ok(stdout.includes(word), word);
  });
}

for (const args of [
  [],
  ['-x'],
  ['--serve'],
  ['start'],
  ['-e', 'staging', 'serve'],
  ['-e'],
  ['-c'],
  ['serve', '-x'],
  ['serve', '-e', 'production'],
  ['serve', 'now'],
  ['serve', '-p'],
  ['serve', '-p', ''],
  ['serve', '--daemonise=yes'],
  ['migrate', '-m'],
  ['check', '--json'],
  ['check', 'now'],
  ['check', '--repair=yes'],
  ['stats', '--repair'],
  ['hash-password', '--iterations', '0'],
  ['hash-password', '--iterations', '1.5'],
  ['hash-password', '--username', 'a:b'],
]) {
  test(`"chronologer ${args.join(' ')}" is wrong: usage on standard error, exit code 2`, async () => {
    const { code, stdout, stderr } = await run(args);
    assert.deepEqual([code, stdout], [2, ''], stderr);
    assert.match(stderr, /^usage: chronologer/);
    assert.match(stderr, /error: /);
    assert.doesNotMatch(stderr, /^\s+at /m, 'no stack');
    assert.deepEqual(readdirSync(folder), []);
  });
}

test('a variable that cannot be read is named, by serve and migrate, before anything is opened', async () => {
  await fails(['serve', '-m'], { CHRONOLOGER_PORT: 'http' }, /CHRONOLOGER_PORT cannot be read/);
  await fails(['migrate'], { CHRONOLOGER_BODY_LIMIT: 'big' }, /CHRONOLOGER_BODY_LIMIT cannot be read/);
  await fails(
    ['serve', '-m'],
    { CHRONOLOGER_STORAGE_DSN: 'mongodb://x/y' },
    /CHRONOLOGER_STORAGE_DSN.*'mongodb'.*known: sqlite/,
  );
});

test('-c takes settings from a module', async () => {
  const text = `export default { port: 0, host: '127.0.0.1', storageDsn: 'sqlite:///by-module.sqlite' };`;
  writeFileSync(join(folder, 'settings.mjs'), text);
  await using server = await startServer({
    cwd: folder,
    args: ['-c', 'settings.mjs', 'serve', '-m'],
    env: { CHRONOLOGER_STORAGE_DSN: 'sqlite:///by-variable.sqlite' },
  });
  assert.match(server.log, /by-module\.sqlite/);
  assert.ok(readdirSync(folder).includes('by-module.sqlite'));
  assert.ok(!readdirSync(folder).includes('by-variable.sqlite'));
});

for (const [what, text, reason] of [
  ['a name that is no setting', 'export default { prot: 1 };', /'prot' is no setting/],
  ['a value that cannot be read', 'export default { port: "x" };', /port cannot be read/],
  ['no default export', 'export const port = 1;', /default export/],
  ['a list', 'export default [];', /default export/],
  ['a fault', 'export default { port: 1 ', /settings\.mjs cannot be loaded: /],
  ['an exception', 'throw new Error("of its own");', /cannot be loaded: .*of its own/],
] as const) {
  test(`a module with ${what} is refused`, async () => {
    writeFileSync(join(folder, 'settings.mjs'), text);
    await fails(['-c', 'settings.mjs', 'serve', '-m'], {}, reason);
  });
}

test('a module that is not there is named', async () => {
  await fails(['-c', 'none.mjs', 'serve', '-m'], {}, /none\.mjs: there is no such file/);
});

test('a Python module of 0.4.5 is refused, with what to write instead', async () => {
  writeFileSync(join(folder, 'config.py'), 'config = {}');
  await fails(['-c', 'config.py', 'serve'], {}, /config\.py[\s\S]*ES module[\s\S]*export default/);
});

test('a taken port is said plainly', async () => {
  await using taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  assert.ok(address !== null && typeof address === 'object');
  const { code, stderr } = await run(['serve', '-m'], { CHRONOLOGER_PORT: String(address.port) });
  assert.equal(code, 1);
  assert.match(stderr, new RegExp(`127\\.0\\.0\\.1 port ${address.port}: something listens there already`));
  assert.doesNotMatch(stderr, /^\s+at /m);
});

test('a missing database is said, with the command to run, and is not made', async () => {
  await fails(['serve'], {}, /chronologer migrate/);
});

test('an outdated schema is said, with the command to run; migrate mends it', async () => {
  const first = await run(['migrate']);
  assert.equal(first.code, 0, first.stderr);
  const database = new DatabaseSync(join(folder, 'chronologer.sqlite'));
  const newest = database.prepare('SELECT max(number) AS number FROM schema_migration').get()?.number;
  assert.ok(typeof newest === 'number' && newest > 1);
  database.exec('DELETE FROM schema_migration WHERE number > 1');
  database.close();
  const { code, stderr } = await run(['serve'], { CHRONOLOGER_PORT: '0' });
  assert.equal(code, 1, stderr);
  assert.match(stderr, /schema .* older version; run .*chronologer migrate/);
});

test('migrate can be done again', async () => {
  for (const time of ['first', 'second']) {
    const { code, stderr } = await run(['migrate']);
    assert.equal(code, 0, `${time}: ${stderr}`);
  }
});

test('a bad entry of the authfile is named', async () => {
  writeFileSync(join(folder, 'users.json'), '[{"username": "zoe", "pbkdf2": "00"}]');
  const { code, stderr } = await run(['serve', '-m'], { CHRONOLOGER_AUTHFILE: 'users.json' });
  assert.equal(code, 1);
  assert.match(stderr, /CHRONOLOGER_AUTHFILE.*'zoe'/);
});

/** What is logged until the server is ready, of at least `level`. */
function messages(log: string, level: number): string[] {
  const lines: { level: number; msg: string }[] = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return lines.filter((line) => line.level >= level).map(({ msg }) => msg);
}

const WARN = 40;

test('the log tells address, store and environment, and nothing is risky about ordinary settings', async () => {
  await using server = await startServer({ env: { CHRONOLOGER_PASSWORD: 'x' } });
  const line = server.log.split('\n').find((each) => each.includes('"address"')) ?? '{}';
  const { level, address, store, environment } = JSON.parse(line);
  assert.deepEqual(
    { level, address, store, environment },
    { level: 30, address: server.address, store: 'sqlite:///chronologer.sqlite', environment: 'production' },
  );
  assert.deepEqual(messages(server.log, WARN), []);
});

test('risky settings are warned of', async () => {
  await using server = await startServer({
    env: { CHRONOLOGER_SECRET: 'short', CHRONOLOGER_ROLES: 'writer admin' },
  });
  const warnings = messages(server.log, WARN);
  assert.equal(warnings.length, 3, warnings.join('\n'));
  for (const pattern of [
    /CHRONOLOGER_PASSWORD is empty/,
    /CHRONOLOGER_SECRET is shorter than 32/,
    /'admin'/,
  ]) {
    assert.ok(
      warnings.some((warning) => pattern.test(warning)),
      `${pattern} in ${warnings.join('\n')}`,
    );
  }
});

test('development that others can reach is warned of', async () => {
  await using server = await startServer({
    environment: 'development',
    env: { CHRONOLOGER_HOST: '0.0.0.0' },
  });
  const warnings = messages(server.log, WARN);
  assert.equal(warnings.length, 1, warnings.join('\n'));
  assert.match(warnings[0] ?? '', /0\.0\.0\.0/);
});

test('an authfile that everybody can read, and a role in it that is unknown, are warned of', async () => {
  const entry = {
    username: 'zoe',
    hashname: 'sha1',
    salt: '',
    iterations: 1,
    pbkdf2: '0'.repeat(40),
    roles: ['root'],
  };
  const file = join(folder, 'users.json');
  writeFileSync(file, JSON.stringify([entry]), { mode: 0o644 });
  await using server = await startServer({ cwd: folder, env: { CHRONOLOGER_AUTHFILE: file } });
  const warnings = messages(server.log, WARN);
  assert.equal(warnings.length, 2, warnings.join('\n'));
  assert.match(warnings.join('\n'), /authfile.*can be read by every/i);
  assert.match(warnings.join('\n'), /'root'.*zoe|zoe.*'root'/);
});
