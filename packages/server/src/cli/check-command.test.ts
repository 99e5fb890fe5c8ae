import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { cannotMount, mountFolder } from '../../../../test/faults/mounted-folder.ts';
import { freshFolder, runCommand, startServer } from '../../../../test/server-process.ts';
import { SqliteEngine } from '../store/sqlite/engine.ts';

let folder: string;
beforeEach(async () => {
  folder = await freshFolder();
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (args: readonly string[], cwd = folder) => runCommand(args, { cwd });

/** A database with a block of 300 records of one day, 300 to level 20, and a recent one of level 40 the day after. */
function fill(cwd = folder): string {
  const file = join(cwd, 'chronologer.sqlite');
  const engine = new SqliteEngine(file, '');
  engine.migrate(() => undefined);
  const writer = engine.openWriter();
  const record = { name: 'n', ts: 1_790_000_000_000_000, level: 20, message: 'm', logrec: '{}' };
  writer.insert([Array.from({ length: 300 }, () => record)]);
  writer.insert([[{ ...record, ts: record.ts + 86_400e6, level: 40 }]]);
  writer.close();
  return file;
}

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

describe('chronologer check', () => {
  test('says that all is sound, and exits with 0', async () => {
    fill();
    assert.deepEqual(await run(['check']), {
      code: 0,
      signal: null,
      stdout: 'sqlite:///chronologer.sqlite is sound: 301 records, 1 block\n',
      stderr: '',
    });
  });

  test('says what is wrong, what it costs and what a repair does, and exits with 1; --repair does it', async () => {
    change(fill(), 'DELETE FROM block_head');
    const found = await run(['check']);
    assert.equal(found.code, 1);
    assert.equal(
      found.stdout,
      [
        'Block 1 to 300: its ids and times are missing',
        '  costs the records 1 to 300',
        '  repair: Removes it',
        'sqlite:///chronologer.sqlite is not sound: 1 finding; 1 record, 1 block',
        'To repair it: stop the server, make a copy of the database, run "chronologer check --repair"',
        '',
      ].join('\n'),
    );
    const repaired = await run(['check', '--repair']);
    assert.equal(repaired.code, 0, repaired.stderr);
    assert.match(repaired.stdout, /without a copy of .*chronologer\.sqlite end this now/i);
    assert.match(repaired.stdout, /is sound: 1 record, 0 blocks\n$/);
    assert.equal((await run(['check'])).code, 0);
  });

  test('works beside a server, which has to be stopped for a repair', async () => {
    const file = fill();
    await using server = await startServer({ cwd: folder, environment: 'development' });
    assert.equal((await fetch(`${server.address}/api/v1/record?left=0&right=9`)).status, 200);
    change(file, 'DELETE FROM total');
    const found = await run(['check']);
    assert.match(
      found.stdout,
      /by level and name are wrong in 2 rows: they tell of 0 records, and there are 301/,
    );
    const refused = await run(['check', '--repair']);
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /^chronologer: The store cannot be checked: .*open elsewhere: stop the server.*\n$/,
    );
    await server.stop();
    assert.equal((await run(['check', '--repair'])).code, 0);
  });

  test('a store that is not there, or not migrated, is said plainly', async () => {
    const { code, stderr, stdout } = await run(['check']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^chronologer: The store cannot be checked: There is no database yet.*\n$/);
  });

  test('works on a read-only file system; a repair is refused', { skip: cannotMount }, async () => {
    await using mounted = await mountFolder(16 * 2 ** 20);
    const cwd = await mkdtemp(join(mounted.path, 'x'));
    change(fill(cwd), 'DELETE FROM total');
    await mounted.remount('ro');
    const { code, stdout } = await run(['check'], cwd);
    assert.deepEqual([code, /1 finding/.test(stdout)], [1, true], stdout);
    const refused = await run(['check', '--repair'], cwd);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /read-only|cannot be opened/);
    assert.doesNotMatch(refused.stderr, /^\s+at /m);
    assert.equal((await run(['stats'], cwd)).code, 0);
  });
});

describe('chronologer stats', () => {
  test('prints figures, days and levels', async () => {
    fill();
    const { code, stdout, stderr } = await run(['stats']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /^records +301, of them in recent rows 1$/m);
    assert.match(stdout, /^blocks +1$/m);
    assert.match(stdout, /^oldest, newest +2026-09-21T14:13:20\.000Z, 2026-09-22T14:13:20\.000Z$/m);
    assert.match(stdout, /^2026-09-21 +300 +\d+ B$/m);
    assert.match(stdout, /^2026-09-22 +1 +0 B$/m);
    assert.match(stdout, /^20 +300$/m);
  });

  test('prints JSON for machines, beside a server', async () => {
    fill();
    await using server = await startServer({ cwd: folder, environment: 'development' });
    assert.equal((await fetch(`${server.address}/api/v1/record?left=0&right=9`)).status, 200);
    const { code, stdout } = await run(['stats', '--json']);
    assert.equal(code, 0);
    const { store, records, recent, blocks, oldest, newest, days, levels, bytes, parts, unpacked } =
      JSON.parse(stdout);
    assert.deepEqual(
      { store, records, recent, blocks, oldest, newest, levels },
      {
        store: 'sqlite:///chronologer.sqlite',
        records: 301,
        recent: 1,
        blocks: 1,
        oldest: 1_790_000_000_000_000,
        newest: 1_790_086_400_000_000,
        levels: [
          { level: 20, records: 300 },
          { level: 40, records: 1 },
        ],
      },
    );
    const sum = parts.kinds + parts.heads + parts.messages + parts.logrecs;
    assert.deepEqual(days, [
      { day: '2026-09-21', records: 300, bytes: sum },
      { day: '2026-09-22', records: 1, bytes: 0 },
    ]);
    assert.ok(bytes.file > sum && bytes.free === 0);
    assert.equal(unpacked, 900);
  });

  test('of an empty store', async () => {
    assert.equal((await run(['migrate'])).code, 0);
    const { code, stdout } = await run(['stats']);
    assert.equal(code, 0);
    assert.match(stdout, /^oldest, newest +none, none$/m);
    assert.deepEqual(JSON.parse((await run(['stats', '--json'])).stdout).days, []);
  });

  test('of a store that is not there', async () => {
    const { code, stderr, stdout } = await run(['stats']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^chronologer: The store cannot be read: There is no database yet/);
  });
});
