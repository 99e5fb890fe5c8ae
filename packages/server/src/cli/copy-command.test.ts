import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { cannotMount, mountFolder } from '../../../../test/faults/mounted-folder.ts';
import { holds, postLater } from '../../../../test/old-answers.ts';
import { freshFolder, runCommand, startCommand, startServer } from '../../../../test/server-process.ts';
import { SqliteEngine } from '../store/sqlite/engine.ts';

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
});
afterEach(() => rmSync(folder, { recursive: true }));

const FROM = 'sqlite:///from.sqlite';
const TO = 'sqlite:///to.sqlite';
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCommand(['copy', ...args], { cwd: folder, env });

/** A database with so many records a second apart. */
function fill(count: number, { name = 'from.sqlite', textOf = (number: number) => `${number}` } = {}): void {
  const engine = new SqliteEngine(join(folder, name), '');
  engine.migrate(() => undefined);
  const writer = engine.openWriter();
  const start = 1_790_000_000_000_000;
  for (let first = 0; first < count; first += 4096) {
    const records = Array.from({ length: Math.min(4096, count - first) }, (_, index) => ({
      ...{ name: 'n', ts: start + (first + index) * 1e6, level: 20, message: `m ${first + index}` },
      logrec: `{"data": {"x": "${textOf(first + index)}"}}`,
    }));
    writer.insert([records]);
  }
  writer.close();
}

function change(name: string, sql: string): void {
  const database = new DatabaseSync(join(folder, name));
  database.exec(sql);
  database.close();
}

const SUMS =
  /^Of the ids (\d+) to (\d+):\n {2}(\S+): (\d+) records?, SHA-256 (\w{64})\n {2}(\S+): (\d+) records?, SHA-256 (\w{64})\n/;

describe('chronologer copy', () => {
  test('copies into a new store, says what both sides hold, and finds nothing to do the next time', async () => {
    fill(300);
    const { code, stdout, stderr } = await run([FROM, TO]);
    assert.equal(code, 0, stderr);
    const [, first, last, source, count, sum, target, otherCount, otherSum] = SUMS.exec(stdout) ?? [];
    assert.deepEqual(
      [first, last, source, count, target, otherCount],
      ['1', '300', FROM, '300', TO, '300'],
      stdout,
    );
    assert.equal(sum, otherSum);
    assert.match(stdout, /\nCopied 300 records in \d+ s \(\d+ a second\); both sides hold the same\n$/);
    assert.match(stderr, /^(Applying migration \S+\n)+$/);
    const again = await run([FROM, TO]);
    assert.deepEqual([again.code, again.stderr], [0, '']);
    assert.match(
      again.stdout,
      /\nNothing to do, with 300 records already there; both sides hold the same\n$/,
    );
    assert.equal(SUMS.exec(again.stdout)?.[8], sum);
  });

  test('takes times as the HTTP API does, the edges too', async () => {
    fill(100);
    const times = ['--after', '2026-09-21T14:13:30Z', '--before=2026-09-21T16:13:39+02:00'];
    const { code, stdout } = await run([...times, FROM, TO]);
    assert.equal(code, 0);
    assert.match(stdout, /^Copied 10 records in /m);
  });

  test('of a server that runs: what comes meanwhile or later, the same command copies too', async () => {
    await using server = await startServer({ cwd: folder, environment: 'development' });
    const post = async () => {
      const body = JSON.stringify({ name: 'n', created: 1, levelno: 20, msg: 'm' });
      const headers = { 'content-type': 'application/json' };
      const { status } = await fetch(`${server.address}/api/v1/record`, { method: 'POST', headers, body });
      assert.equal(status, 201);
    };
    await post();
    const from = 'sqlite:///chronologer.sqlite';
    assert.match((await run([from, TO])).stdout, /^Copied 1 record in /m);
    await post();
    const later = await run([from, TO]);
    assert.match(
      later.stdout,
      /^Copied 1 record in .*, behind 1 record already there; both sides hold the same$/m,
    );
    assert.equal(later.code, 0);
    // The other way round the target has a server.
    const refused = await run([TO, from]);
    assert.deepEqual(
      [refused.code, refused.stdout.includes('Nothing to do')],
      [0, true],
      'there was nothing to write',
    );
    fill(5, { name: 'third.sqlite' });
    const busy = await run(['sqlite:///third.sqlite', from]);
    assert.equal(busy.code, 1);
    assert.match(busy.stderr, /^chronologer: The target, .*the id 2, and they are not those of the source/m);
  });

  test('a target that a server has open is refused, with what to do', async () => {
    fill(10);
    await using server = await startServer({ cwd: folder, environment: 'development' });
    assert.equal((await fetch(`${server.address}/api/v1/record?left=0&right=9`)).status, 200);
    const { code, stderr, stdout } = await run([FROM, 'sqlite:///chronologer.sqlite']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(
      stderr,
      /^chronologer: The target, sqlite:\/\/\/chronologer.sqlite: .*open elsewhere: stop the server.*\n$/,
    );
  });

  test('a target that has records of another version is not touched', async () => {
    const sample = new URL('../../../../test/data/chronologer-0.4.5.sqlite', import.meta.url);
    await copyFile(sample, join(folder, 'old.sqlite'));
    const before = readFileSync(join(folder, 'old.sqlite'));
    for (const count of [0, 3]) {
      rmSync(join(folder, 'from.sqlite'), { force: true });
      fill(count);
      const { code, stderr } = await run([FROM, 'sqlite:///old.sqlite']);
      assert.equal(code, 1);
      assert.match(
        stderr,
        /target, sqlite:\/\/\/old\.sqlite, has records, .*chronologer migrate.*Nothing was written/,
      );
      assert.deepEqual(readFileSync(join(folder, 'old.sqlite')), before);
    }
  });

  test("a target that is made gets the user's own migrations, which its server insists on", async () => {
    fill(3);
    mkdirSync(join(folder, 'mine'));
    writeFileSync(join(folder, 'mine', '1.sql'), 'CREATE TABLE mine (n INT)');
    const { code, stderr } = await run([FROM, TO], { CHRONOLOGER_MIGRATIONS: 'mine' });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /Applying your migration 1\.sql\n/);
    change('to.sqlite', 'INSERT INTO mine VALUES (1)');
    writeFileSync(join(folder, 'mine', '2.sql'), Buffer.from([0xff]));
    rmSync(join(folder, 'to.sqlite'));
    const end = await run([FROM, TO], { CHRONOLOGER_MIGRATIONS: 'mine' });
    assert.equal(end.code, 1);
    assert.match(end.stderr, /mine\/2\.sql cannot be read/);
    assert.ok(!existsSync(join(folder, 'to.sqlite')));
  });

  test('what 0.4.5 answered of its sample database, a server on the copy answers too', async () => {
    const sample = new URL('../../../../test/data/chronologer-0.4.5.sqlite', import.meta.url);
    await copyFile(sample, join(folder, 'from.sqlite'));
    const early = await run([FROM, TO]);
    assert.equal(early.code, 1);
    assert.match(early.stderr, /^chronologer: The source, .*of an older version; run "chronologer migrate"/);
    assert.equal(existsSync(join(folder, 'to.sqlite')), false);
    const migrated = await runCommand(['migrate'], { cwd: folder, env: { CHRONOLOGER_STORAGE_DSN: FROM } });
    assert.equal(migrated.code, 0);
    const { code, stdout } = await run([FROM, TO]);
    assert.equal(code, 0);
    assert.match(stdout, /^Copied 3000 records in /m);
    const env = { CHRONOLOGER_STORAGE_DSN: TO };
    await using server = await startServer({ cwd: folder, env, args: ['serve'] });
    await holds(server.address, 0);
    assert.equal(await postLater(server.address, 'first'), 3001n);
  });

  test('a difference is told and exits with 1: a record that was changed in the target', async () => {
    fill(20);
    assert.equal((await run([FROM, TO])).code, 0);
    change('to.sqlite', "UPDATE recent SET message = 'other' WHERE record_id = 7");
    const { code, stderr, stdout } = await run([FROM, TO]);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /: 7 is not the same\. Nothing was written\. Copy into a new store\n$/);
  });

  test('what is damaged in the source is told, and exits with 1', async () => {
    fill(300);
    change('from.sqlite', "UPDATE block_logrec SET part = x'00'");
    const { code, stderr, stdout } = await run([FROM, TO]);
    assert.equal(code, 1);
    assert.match(stderr, /^warning: sqlite:\/\/\/from.sqlite: The records 1 to 300 are left out/m);
    assert.match(stdout, /^Damaged records were left out, see the warnings/m);
  });

  test('a source that is no database, and one that is not there', async () => {
    writeFileSync(join(folder, 'from.sqlite'), 'x'.repeat(8192));
    const { code, stderr } = await run([FROM, TO]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^chronologer: The source, sqlite:\/\/\/from.sqlite: The store is no SQLite database/,
    );
    const none = await run(['sqlite:///none.sqlite', TO]);
    assert.equal(none.code, 1);
    assert.match(none.stderr, /^chronologer: The source, .*: There is no database yet/);
    assert.equal(existsSync(join(folder, 'to.sqlite')), false, 'no target was made');
  });

  test('the same store on both sides is refused, by whichever name', async () => {
    fill(3);
    for (const other of [FROM, 'sqlite:///./from.sqlite', `sqlite:///${join(folder, 'from.sqlite')}`]) {
      const { code, stderr } = await run([FROM, other]);
      assert.deepEqual([code, stderr], [1, 'chronologer: Source and target are the same store\n']);
    }
  });

  test('a file in the place of the folder of chdb is told', async () => {
    fill(1);
    for (const [args, role] of [
      [['chdb:///from.sqlite', TO], 'source'],
      [[FROM, 'chdb:///from.sqlite'], 'target'],
    ] as const) {
      const { code, stderr } = await run(args);
      assert.equal(code, 1);
      assert.match(
        stderr,
        new RegExp(`^chronologer: The ${role}, chdb:///from\\.sqlite: ENOTDIR: [^\n]*\n$`),
      );
    }
    const env = { CHRONOLOGER_STORAGE_DSN: 'chdb:///from.sqlite' };
    const status = await runCommand(['migrate', '--status'], { cwd: folder, env });
    assert.equal(status.code, 1);
    assert.match(status.stderr, /^chronologer: The store cannot be read: It cannot be started: [^\n]*\n$/);
  });

  test('a data source name may be in a variable; a wrong one is told, without its password', async () => {
    fill(3);
    const found = await run(['OLD_STORE', TO], { OLD_STORE: FROM });
    assert.equal(found.code, 0, found.stderr);
    const missing = await run(['NO_SUCH_STORE', TO]);
    assert.deepEqual(
      [missing.code, missing.stderr],
      [1, 'chronologer: FROM_DSN: there is no environment variable NO_SUCH_STORE\n'],
    );
    const wrong = await run([FROM, 'oracle://me:secret@host/x']);
    assert.equal(wrong.code, 1);
    assert.match(
      wrong.stderr,
      /^chronologer: TO_DSN cannot be read: 'oracle' is no known kind of store; known: sqlite, /,
    );
    assert.doesNotMatch(wrong.stderr, /secret/);
  });

  test('a full disk is told; with space again the same command goes on', { skip: cannotMount }, async () => {
    await using mounted = await mountFolder(48 * 2 ** 20);
    const filler = join(mounted.path, 'filler');
    writeFileSync(filler, Buffer.alloc(36 * 2 ** 20));
    fill(12_000, { textOf: () => randomBytes(1500).toString('base64url') });
    const target = `sqlite:///${join(mounted.path, 'to.sqlite')}`;
    const { code, stderr, stdout } = await run([FROM, target]);
    assert.deepEqual([code, stdout], [1, ''], stderr);
    const told =
      /^chronologer: The target, .*: The disk is full\. Copied until then: (\d+) records; the same/m;
    const copied = Number(told.exec(stderr)?.[1]);
    assert.ok(copied > 0, stderr);
    rmSync(filler);
    const again = await run([FROM, target]);
    assert.equal(again.code, 0, again.stderr);
    const due = `Copied ${12_000 - copied} records in .*, behind ${copied} records already there; both`;
    assert.match(again.stdout, new RegExp(`^${due} sides hold the same$`, 'm'));
  });

  test('SIGINT and SIGTERM end it behind the portion that is under way', async () => {
    fill(120_000, { textOf: (number) => `${number}`.padEnd(600, '~ab') });
    let there = 0;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const before = sizeOf('to.sqlite');
      const { child, ended } = startCommand(['copy', FROM, TO], { cwd: folder });
      while (sizeOf('to.sqlite') < before + 200_000 && child.exitCode === null) await sleep(1);
      child.kill(signal);
      const { code, stderr } = await ended;
      assert.equal(code, 1, stderr);
      const copied = Number(
        /^chronologer: Stopped\. Copied until then: (\d+) records; the/m.exec(stderr)?.[1],
      );
      assert.ok(copied > 0 && there + copied < 120_000, stderr);
      there += copied;
    }
    const { code, stdout } = await run([FROM, TO]);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`behind ${there} records already there; both sides hold the same\n$`));
  });
});

/** Of a database with its log. */
function sizeOf(name: string): number {
  const files = [join(folder, name), join(folder, `${name}-wal`)];
  return files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);
}
