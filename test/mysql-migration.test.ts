import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { TEST_SERVERS } from '../packages/server/src/store/mysql/temporary.ts';
import { holds, postLater } from './old-answers.ts';
import { oldMysqlDatabase } from './old-mysql.ts';
import { freshFolder, runCommand, startServer } from './server-process.ts';

const SECRET = { CHRONOLOGER_SECRET: 'of the tests of taking over a database' };

for (const server of TEST_SERVERS) {
  describe(`a database of 0.4.5 on ${server.name}`, { skip: server.skip }, () => {
    test('is served with -m: every answer stays, before and after new records', async () => {
      await using database = await oldMysqlDatabase(server);
      await using running = await startServer({
        env: { ...SECRET, CHRONOLOGER_STORAGE_DSN: database.dsn },
      });
      assert.match(running.log, /002-level: the table record \(up to 3000 records\) is copied/);
      await holds(running.address, 0);
      const ids = [await postLater(running.address, 'first'), await postLater(running.address, 'second')];
      assert.deepEqual(ids, [3001n, 3002n], 'ids continue after the old ones');
      await holds(running.address, 2);
      await running.stop();
      await running.restart();
      await holds(running.address, 2);
      assert.equal(await postLater(running.address, 'third'), 3003n);
      assert.equal((await running.stop()).code, 0);
    });

    test('keeps what is not ours to change', async () => {
      await using database = await oldMysqlDatabase(server);
      await using session = await database.open();
      const versions = await session.rows('SELECT * FROM schema_version');
      const collation = `SELECT COLLATION_NAME FROM information_schema.COLUMNS
        WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'record' AND COLUMN_NAME = 'name'`;
      const before = await session.rows(collation);
      await session.run('ALTER TABLE record KEY_BLOCK_SIZE = 8');
      await database.engine.migrate(() => undefined);
      assert.deepEqual(await session.rows('SELECT * FROM schema_version'), versions);
      assert.deepEqual(await session.rows(collation), before);
      const [created] = await session.rows('SHOW CREATE TABLE record');
      assert.match(String(created?.[1]), /ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8/);
      assert.match(String(created?.[1]), /"level" int(\(11\))? NOT NULL/);
    });

    test('times that are none become the nearest', async () => {
      await using database = await oldMysqlDatabase(server);
      await using session = await database.open();
      const mode = (value: string) => session.run(`SET SESSION sql_mode = '${value}'`);
      const insert = (id: number, ts: string) =>
        session.run(
          `INSERT INTO record (record_id, name, ts, level, logrec) VALUES (${id}, 'a', '${ts}', 10, '{}')`,
        );
      const times = [
        ['0000-00-00 00:00:00', '0001-01-01 00:00:00+00:00'],
        ['2020-00-10 12:01:02.5', '2020-01-10 12:01:02.500000+00:00'],
        ['2020-10-00 01:00:00', '2020-10-01 01:00:00+00:00'],
        ['0000-05-06 07:08:09', '0001-01-01 00:00:00+00:00'],
        ['2020-02-31 01:02:03', '2020-03-02 01:02:03+00:00'],
      ] as const;
      await mode('ALLOW_INVALID_DATES');
      for (const [index, [ts]] of times.entries()) await insert(3001 + index, ts);
      await mode('STRICT_TRANS_TABLES');
      const said: string[] = [];
      await database.engine.migrate((message) => said.push(message));
      assert.match(said.join('\n'), /^5 records had a ts that no calendar has/m);
      const rows = async () =>
        (
          await session.rows(
            'SELECT COUNT(*), SUM(YEAR(ts) = 1), (SELECT SUM(count) FROM rollup) FROM record',
          )
        )
          .flat()
          .map(Number);
      assert.deepEqual(await rows(), [3005, 2, 3005]);
      // By plain SQL, behind the server's back.
      await mode('ALLOW_INVALID_DATES');
      for (const [index, [ts]] of times.entries()) await insert(3006 + index, ts);
      const reader = database.engine.openReader();
      const { bytes, count } = await reader.page({ names: [] }, { skip: 0, take: 10 }, 1e6);
      assert.equal(count, 10);
      const found = JSON.parse(`[${new TextDecoder().decode(bytes)}]`).map(({ ts }: { ts: string }) => ts);
      const expected = times.map(([, ts]) => ts).reverse();
      assert.deepEqual(found, [...expected, ...expected]);
      assert.equal(await reader.count({ names: [], before: Date.UTC(1900, 0) * 1000 }), 2);
      await reader.close();
    });

    test('what the server says against a migration is told', async () => {
      await using database = await oldMysqlDatabase(server);
      await using session = await database.open();
      await session.run('CREATE TABLE rollup (other INT)');
      await assert.rejects(
        database.engine.migrate(() => undefined),
        /003-rollup failed: .*Column count/,
      );
    });

    test('without -m ends with the command to run', async () => {
      await using database = await oldMysqlDatabase(server);
      const cwd = await freshFolder();
      const env = { CHRONOLOGER_PORT: '0', CHRONOLOGER_STORAGE_DSN: database.dsn };
      const end = await runCommand(['-e', 'production', 'serve'], { cwd, env });
      await rm(cwd, { recursive: true });
      assert.equal(end.code, 1, end.stderr);
      assert.match(end.stderr, /\bchronologer .*\bmigrate\b/);
      assert.doesNotMatch(end.stderr, /^\s+at /m, 'no stack');
    });

    test('three processes that migrate at once do it once', async () => {
      await using database = await oldMysqlDatabase(server);
      const cwd = await freshFolder();
      const env = { CHRONOLOGER_STORAGE_DSN: database.dsn };
      const ends = await Promise.all([1, 2, 3].map(() => runCommand(['migrate'], { cwd, env })));
      await rm(cwd, { recursive: true });
      for (const end of ends) assert.equal(end.code, 0, end.stderr);
      const applied = ends.map(({ stderr }) => stderr.match(/Applying migration/g)?.length ?? 0);
      assert.deepEqual(applied.sort(), [0, 0, 4]);
      await using running = await startServer({
        args: ['serve'],
        env: { ...SECRET, CHRONOLOGER_STORAGE_DSN: database.dsn },
      });
      await holds(running.address, 0);
    });

    test('killed while it is migrated: the next start finishes it', async () => {
      for (const delay of [250, 320, 400, 500]) {
        await using database = await oldMysqlDatabase(server);
        const env = { ...SECRET, CHRONOLOGER_STORAGE_DSN: database.dsn };
        await using running = await startServer({ env: SECRET });
        await running.kill();
        const starting = running.restart(env).catch(() => undefined);
        await sleep(delay);
        await running.kill();
        await starting;
        await running.restart(env);
        await holds(running.address, 0);
      }
    });
  });
}
