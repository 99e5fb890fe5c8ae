import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { Database } from '../packages/server/src/store/clickhouse/database.ts';
import { ClickhouseEngine } from '../packages/server/src/store/clickhouse/engine.ts';
import { statementsOf } from '../packages/server/src/store/clickhouse/schema.ts';
import { skipWithoutChdb } from '../packages/server/src/store/clickhouse/testing/chdb-installed.ts';
import { TEST_SERVERS, temporaryDatabase } from '../packages/server/src/store/mysql/temporary.ts';
import { oldMysqlDatabase } from './old-mysql.ts';
import { freshFolder, runCommand, startServer } from './server-process.ts';

/** A folder with migrations, and commands that use it. */
async function own(dsn?: string) {
  const cwd = await freshFolder();
  const folder = join(cwd, 'migrations');
  await mkdir(folder);
  const env = {
    CHRONOLOGER_SECRET: 'of the tests of migrations',
    CHRONOLOGER_MIGRATIONS: folder,
    ...(dsn !== undefined && { CHRONOLOGER_STORAGE_DSN: dsn }),
  };
  return {
    cwd,
    env,
    write: (name: string, text: string | Uint8Array) => writeFile(join(folder, name), text),
    run: (...args: string[]) => runCommand(args, { cwd, env }),
    [Symbol.asyncDispose]: () => rm(cwd, { recursive: true }),
  };
}

describe('migrations of the user', () => {
  test('are applied behind the built-in ones, in order, once; shown and told', async () => {
    await using mine = await own();
    await mine.write('2.sql', "INSERT INTO mine VALUES ('second');\n");
    await mine.write(
      '1.py',
      "from yoyo import step\nstep('CREATE TABLE mine (text TEXT)')\nstep('SELECT 1')\n",
    );
    await mine.write('README.md', 'Not SQL at all');
    const before = await mine.run('migrate', '--status');
    assert.match(
      before.stdout,
      /^001-record +outstanding\n[\s\S]*1\.py +outstanding\n2\.sql +outstanding\n$/,
    );
    const printed = await mine.run('migrate', '--print');
    assert.match(
      printed.stdout,
      /^-- migration 001-record\n[\s\S]*-- migration 1\.py\nCREATE TABLE mine[\s\S]*-- migration 2/,
    );
    for (const _time of ['first', 'second']) {
      const end = await mine.run('migrate');
      assert.equal(end.code, 0, end.stderr);
    }
    const database = new DatabaseSync(join(mine.cwd, 'chronologer.sqlite'), { readOnly: true });
    assert.deepEqual(database.prepare('SELECT text FROM mine').all().length, 1);
    database.close();
    const after = await mine.run('migrate', '--status');
    assert.match(after.stdout, /^001-record +20\d\d-[\s\S]*1\.py +20\d\d-.*Z\n2\.sql +20\d\d-.*Z\n$/);
    await using server = await startServer({ cwd: mine.cwd, args: ['serve'], env: mine.env });
    assert.equal((await server.stop()).code, 0);
  });

  test('one that fails, was changed, or is no plain steps is told by name, and changes nothing', async () => {
    await using mine = await own();
    await mine.write('1.sql', 'CREATE TABLE mine (text TEXT);');
    assert.equal((await mine.run('migrate')).code, 0);
    for (const [name, text, reason] of [
      [
        '1.sql',
        'CREATE TABLE other (text TEXT);',
        /The migration 1\.sql was changed after it had been applied/,
      ],
      ['2.sql', 'CREATE TABLE half (n); NO SQL;', /The migration 2\.sql failed: .*near "NO"/],
      ['2.py', "import os\nstep('SELECT 1')", /2\.py cannot be read: line 1 holds more than step/],
      ['2.sql', 'COMMIT; SELECT 1;', /The migration 2\.sql failed: it ended the transaction/],
    ] as const) {
      await mine.write(name, text);
      const end = await mine.run('migrate');
      assert.equal(end.code, 1, end.stderr);
      assert.match(end.stderr, reason);
      assert.doesNotMatch(end.stderr, /^\s+at /m, 'no stack');
      const start = await runCommand(['serve'], {
        cwd: mine.cwd,
        env: { ...mine.env, CHRONOLOGER_PORT: '0' },
      });
      assert.equal(start.code, 1, start.stderr);
      await mine.write('1.sql', 'CREATE TABLE mine (text TEXT);');
      await mine.write('2.sql', '');
      await mine.write('2.py', '');
    }
    const database = new DatabaseSync(join(mine.cwd, 'chronologer.sqlite'), { readOnly: true });
    const tables = database
      .prepare("SELECT name FROM sqlite_master WHERE name IN ('other', 'half', 'mine')")
      .all();
    database.close();
    assert.deepEqual(
      tables.map(({ name }) => name),
      ['mine'],
    );
  });

  test('a folder that is not there is told, and the two ways to look exclude each other', async () => {
    await using mine = await own();
    const env = { CHRONOLOGER_MIGRATIONS: join(mine.cwd, 'nowhere') };
    const end = await runCommand(['migrate'], { cwd: mine.cwd, env });
    assert.equal(end.code, 1);
    assert.match(end.stderr, /CHRONOLOGER_MIGRATIONS, .*nowhere, cannot be read: ENOENT/);
    assert.equal((await mine.run('migrate', '--print', '--status')).code, 2);
  });

  test('are applied to ClickHouse too, also told without a server beside them', {
    skip: skipWithoutChdb,
  }, async () => {
    await using mine = await own('chdb:///store');
    const nothing = await mine.run('migrate', '--status');
    assert.match(nothing.stdout, /^001-record +outstanding\n$/);
    assert.ok(!existsSync(join(mine.cwd, 'store')), 'looking makes nothing');
    await mine.write(
      '1.sql',
      "-- Mine.\nCREATE TABLE mine (text String) ENGINE = Log;\nINSERT INTO mine VALUES ('it;');\n",
    );
    for (const _time of ['first', 'second']) {
      const end = await mine.run('migrate');
      assert.equal(end.code, 0, end.stderr);
    }
    await mine.write('2.sql', 'INSERT INTO mine SELECT count(1, 2, 3) FROM mine;');
    const end = await mine.run('migrate');
    assert.equal(end.code, 1);
    assert.match(end.stderr, /The migration 2\.sql failed: .*count/);
    const status = await mine.run('migrate', '--status');
    assert.match(status.stdout, /^001-record +20\d\d-.*Z\n1\.sql +20\d\d-.*Z\n2\.sql +outstanding\n$/);
  });

  test('what is printed ends each migration, whether its last semicolon is there or not', async () => {
    await using mine = await own();
    await mine.write('1.sql', 'CREATE TABLE mine (text TEXT) -- mine\n');
    await mine.write('2.sql', 'CREATE TABLE yours (text TEXT)');
    const printed = (await mine.run('migrate', '--print')).stdout;
    const database = new DatabaseSync(':memory:');
    database.exec(printed.slice(printed.indexOf('-- migration 1.sql')));
    assert.deepEqual(database.prepare('SELECT name FROM sqlite_master').all().length, 2);
    database.close();
  });

  test('what 0.4.5 undid migrations with is not looked at; a step may end in a comment', async () => {
    await using mine = await own();
    await mine.write(
      '1.py',
      "step('CREATE TABLE mine (n INT) -- mine')\nstep('INSERT INTO mine VALUES (1)')\n",
    );
    await mine.write('1.rollback.sql', 'DROP TABLE mine;');
    const end = await mine.run('migrate');
    assert.equal(end.code, 0, end.stderr);
    const database = new DatabaseSync(join(mine.cwd, 'chronologer.sqlite'), { readOnly: true });
    assert.deepEqual(database.prepare('SELECT n FROM mine').all().length, 1);
    database.close();
  });

  test('what is printed for ClickHouse makes the store and its journals', {
    skip: skipWithoutChdb,
  }, async () => {
    await using mine = await own('chdb:///store');
    await mine.write("it's.sql", 'CREATE TABLE chronologer.mine (text String) ENGINE = Log -- mine');
    const printed = (await mine.run('migrate', '--print')).stdout;
    const engine = new ClickhouseEngine({ scheme: 'chdb', folder: join(mine.cwd, 'store') });
    engine.prepare();
    await engine.start((message) => console.error(message));
    const database = new Database({ scheme: 'chdb', folder: join(mine.cwd, 'store') }, { inDatabase: false });
    for (const statement of statementsOf(printed)) await database.run(statement);
    await database.close();
    await engine.checkSchema();
    await engine.stop();
    const status = await mine.run('migrate', '--status');
    assert.match(status.stdout, /^001-record +20\d\d-.*Z\nit's\.sql +20\d\d-.*Z\n$/);
  });

  test('those that 0.4.5 has applied are not applied again', async () => {
    await using mine = await own();
    const database = new DatabaseSync(join(mine.cwd, 'chronologer.sqlite'));
    database.exec(`CREATE TABLE schema_version (id VARCHAR(255) NOT NULL PRIMARY KEY, ctime TIMESTAMP);
      INSERT INTO schema_version VALUES ('1_mine', '2020-01-01 00:00:00')`);
    await mine.write('1_mine.py', "from yoyo import step\nstep('NO SQL')\n");
    await mine.write('2_mine.py', "from yoyo import step\nstep('CREATE TABLE mine (n INT)')\n");
    for (const _time of ['first', 'second']) {
      const end = await mine.run('migrate');
      assert.equal(end.code, 0, end.stderr);
    }
    assert.equal(database.prepare('SELECT count(*) AS n FROM mine').get()?.n, 0);
    database.close();
    assert.match((await mine.run('migrate', '--status')).stdout, /1_mine\.py +20.*\n2_mine\.py +20/);
  });

  test('only texts in UTF-8 are taken, their byte order mark is not, and hidden files are not looked at', async () => {
    await using mine = await own();
    await mine.write('.1.sql', 'NO SQL');
    await mine.write('1.sql', '\ufeffCREATE TABLE mine (text TEXT);');
    const printed = await mine.run('migrate', '--print');
    assert.match(printed.stdout, /-- migration 1\.sql\nCREATE TABLE mine/);
    assert.equal((await mine.run('migrate')).code, 0);
    const latin = Buffer.from("INSERT INTO mine VALUES ('café');", 'latin1');
    for (const bytes of [latin, Buffer.from('SELECT 1;', 'utf16le'), Buffer.from('SELECT 1;\0NO SQL')]) {
      await mine.write('2.sql', bytes);
      const end = await mine.run('migrate');
      assert.equal(end.code, 1);
      assert.match(end.stderr, /2\.sql cannot be read: it is not a text in UTF-8\n$/);
    }
  });

  for (const server of TEST_SERVERS) {
    test(`what a migration sets on ${server.name} neither reaches the journal nor the next one`, {
      skip: server.skip,
    }, async () => {
      await using database = await temporaryDatabase(server);
      await using mine = await own(database.dsn);
      await mine.write(
        '1.sql',
        'SET AUTOCOMMIT = 0; CREATE TABLE mine (n INT); INSERT INTO mine VALUES (1); COMMIT;',
      );
      await mine.write('2.sql', 'INSERT INTO mine VALUES (2); LOCK TABLES mine WRITE;');
      await mine.write('3.sql', 'SET NAMES latin1; INSERT INTO mine VALUES (3); USE information_schema;');
      // To a collation that takes no account of case and accents these are the same.
      await mine.write('Ä.sql', 'INSERT INTO mine VALUES (4);');
      await mine.write('ä.sql', 'INSERT INTO mine VALUES (5);');
      await mine.write(`${'x'.repeat(240)}.sql`, 'INSERT INTO mine VALUES (6);');
      for (const _time of ['first', 'second']) {
        const end = await mine.run('migrate');
        assert.equal(end.code, 0, end.stderr);
      }
      await using session = await database.open();
      assert.deepEqual(await session.rows('SELECT n FROM mine ORDER BY n'), [[1], [2], [3], [4], [5], [6]]);
    });

    test(`what is printed for ${server.name} can be applied by hand`, { skip: server.skip }, async () => {
      await using database = await temporaryDatabase(server);
      await using mine = await own(database.dsn);
      await mine.write("it's.sql", 'CREATE TABLE mine (n INT) -- mine');
      await mine.write('more.sql', 'START TRANSACTION; INSERT INTO mine VALUES (1)');
      const printed = (await mine.run('migrate', '--print')).stdout;
      await using session = await database.open();
      // As in the mysql program.
      await session.run("SET SESSION sql_mode = ''");
      await session.run(printed);
      const status = await mine.run('migrate', '--status');
      assert.match(
        status.stdout,
        /^(00\d-\w+ +20\d\d-.*Z\n){4}it's\.sql +20\d\d-.*Z\nmore\.sql +20\d\d-.*Z\n$/,
      );
      await using running = await startServer({ cwd: mine.cwd, args: ['serve'], env: mine.env });
      assert.equal((await running.stop()).code, 0);
      await using later = await database.open();
      assert.deepEqual(await later.rows('SELECT n FROM mine'), [[1]]);
      const end = await mine.run('migrate');
      assert.deepEqual([end.code, end.stderr.includes('Applying')], [0, false], end.stderr);
    });

    test(`0.4.5's way to larger pages works on ${server.name}`, { skip: server.skip }, async () => {
      await using database = await oldMysqlDatabase(server);
      await using mine = await own(database.dsn);
      await mine.write('20181215T2140_pages.py', "step('ALTER TABLE record KEY_BLOCK_SIZE = 8')\n");
      await mine.write('3.sql', "CREATE TABLE mine (\n  text TEXT\n); INSERT INTO mine VALUES ('it\\'s');");
      await using session = await database.open();
      await session.run("INSERT INTO schema_version VALUES ('20181216_done', NOW())");
      await mine.write('20181216_done.py', "step('NO SQL')\n");
      for (const _time of ['first', 'second']) {
        const end = await mine.run('migrate');
        assert.equal(end.code, 0, end.stderr);
      }
      const [created] = await session.rows('SHOW CREATE TABLE record');
      assert.match(String(created?.[1]), /KEY_BLOCK_SIZE=8/);
      assert.deepEqual(await session.rows('SELECT text FROM mine'), [["it's"]]);
      await mine.write('4.sql', 'NO SQL');
      const end = await mine.run('migrate');
      assert.match(end.stderr, /The migration 4\.sql failed: .*SQL syntax/);
      const status = await mine.run('migrate', '--status');
      assert.match(
        status.stdout,
        /20181215T2140_pages\.py +20\d\d-.*\n20181216_done\.py +20\d\d-.*\n3\.sql +20\d\d-.*\n4\.sql +outstanding\n$/,
      );
    });
  }
});
