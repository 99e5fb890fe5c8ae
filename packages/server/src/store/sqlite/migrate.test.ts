import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { SchemaError, StoreError } from '../store-error.ts';
import { SqliteEngine } from './engine.ts';
import { temporaryFolder } from './temporary.ts';

/** The schema of 0.4.5, as its databases have it. */
const OLD_SCHEMA = `CREATE TABLE record(
  record_id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, ts DATETIME NOT NULL, level INTEGER NOT NULL,
  message TEXT, logrec JSON);
  CREATE INDEX level_name ON record(level, name);
  CREATE INDEX ts ON record(ts);`;

const MODULE = new URL('./engine.ts', import.meta.url).href;

async function fresh() {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'folder', 'old.sqlite');
  const engine = new SqliteEngine(file, 'sqlite:///old');
  engine.prepare();
  return { file, engine, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

function change(file: string, sql: string): void {
  const database = new DatabaseSync(file);
  database.exec(sql);
  database.close();
}

function ask(file: string, sql: string): Record<string, unknown>[] {
  const database = new DatabaseSync(file, { readOnly: true });
  const rows = database.prepare(sql).all();
  database.close();
  return rows.map((row) => ({ ...row }));
}

/** Migrates in a process of its own, which kills itself in the middle of the migration that is named. */
function migrateElsewhere(file: string, dieAt = 'never'): Promise<unknown[]> {
  const script = `const { SqliteEngine } = await import(${JSON.stringify(MODULE)});
    new SqliteEngine(${JSON.stringify(file)}, '').migrate((message) => {
      console.log(message);
      if (message.includes(${JSON.stringify(dieAt)})) process.kill(process.pid, 'SIGKILL');
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return once(child, 'exit');
}

describe('migrations', () => {
  test('a new file and its folder are made, migrated and found in order, twice over', async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'a', 'b', 'new.sqlite');
    const engine = new SqliteEngine(file, 'sqlite:///new');
    assert.throws(() => engine.checkSchema(), SchemaError);
    assert.equal(existsSync(file), false);
    assert.deepEqual(engine.prepare(), [join(folder.path, 'a'), file]);
    assert.deepEqual(engine.prepare(), []);
    assert.throws(() => engine.checkSchema(), /chronologer migrate/);
    const said: string[] = [];
    engine.migrate((message) => said.push(message));
    assert.deepEqual(
      said.map((message) => message.replace(/^Applying migration /, '')),
      ['001-record', '002-normalise', '003-rollup', '004-blocks'],
    );
    engine.checkSchema();
    engine.migrate((message) => said.push(message));
    assert.equal(said.length, 4);
    engine.checkSchema();
  });

  test('rows of 0.4.5 that hold what their columns do not say', async () => {
    await using old = await fresh();
    change(
      old.file,
      `${OLD_SCHEMA}
      INSERT INTO record VALUES
        (1, 'text level', 1000000, 'x', 'm', '{}'), (2, 'real level', 1000000, 20.5, 'm', '{}'),
        (3, 'no message', 1000000, 20, NULL, '{}'), (4, 'NaN', 1000000, 20, 'm', '{"data": {"x": NaN, "y": -Infinity}}'),
        (5, 'real time', 1000000.5, 20, 'm', '{}'), (6, 'huge level', 1000000, 9223372036854775807, 'm', '{}'),
        (7, 'infinite', 1000000, -1e999, 'm', '{}'), (8, 'no JSON', 1000000, 20, 'm', 'broken {'),
        (9, 'no logrec', 1000000, 20, 'm', NULL), (10, 'year 9999', 253402300799000001, 20, 'm', '{}'),
        (11, 'year 1', -62135596800000000, 20, 'm', '{}'), (12, 'blob', 1000000, 20, x'616263', '{}'),
        (1000, 'last', -1, 20, 'm', '{}');
      DELETE FROM record WHERE record_id = 1000;
      INSERT INTO record VALUES (500, 'last', -1, 20, 'm', '{}');`,
    );
    old.engine.migrate(() => undefined);
    const reader = old.engine.openReader();
    const page = reader.page({ names: [] }, { skip: 0, take: 100 }, 1e6);
    const records: { id: number; level: number; ts: string; message: string; logrec: unknown }[] = JSON.parse(
      `[${new TextDecoder().decode(page.bytes)}]`,
    );
    const byId = new Map(records.map((record) => [record.id, record]));
    assert.equal(byId.size, 13);
    assert.equal(byId.get(1)?.level, 0);
    assert.equal(byId.get(2)?.level, 20);
    assert.equal(byId.get(3)?.message, '');
    assert.equal(byId.get(5)?.ts, '1970-01-01 00:00:01+00:00');
    assert.equal(byId.get(6)?.level, Number.MAX_SAFE_INTEGER);
    assert.equal(byId.get(7)?.level, Number.MIN_SAFE_INTEGER);
    assert.deepEqual(byId.get(8)?.logrec, { data: { unreadable: 'broken {' } });
    assert.deepEqual(byId.get(9)?.logrec, {});
    assert.equal(byId.get(11)?.ts, '0001-01-01 00:00:00+00:00');
    assert.equal(byId.get(12)?.message, 'abc');
    assert.equal(reader.count({ names: [] }), 13);
    assert.equal(reader.count({ names: [], before: 0 }), 2);
    assert.equal(reader.count({ names: [], level: 21 }), 1);
    assert.equal(reader.timeline({ names: [] }, 'day', 'UTC').length, 4);
    const typed = `typeof(level) = 'integer' AND typeof(ts) = 'integer' AND typeof(message) = 'text'
      AND json_type(logrec) = 'object'`;
    assert.equal(reader.count({ names: [], query: typed }), 13);
    reader.close();
    const writer = old.engine.openWriter();
    assert.deepEqual(writer.insert([[{ name: 'n', ts: 0, level: 0, message: '', logrec: '{}' }]]), [[501]]);
    writer.close();
  });

  test('a file of 0.4.5 is rewritten once, so that it can shrink', async () => {
    await using old = await fresh();
    change(old.file, `PRAGMA auto_vacuum = 0; ${OLD_SCHEMA}`);
    const said: string[] = [];
    old.engine.migrate((message) => said.push(message));
    assert.equal(said.filter((message) => message.startsWith('Rewriting the file once')).length, 1);
    assert.deepEqual(ask(old.file, 'PRAGMA auto_vacuum'), [{ auto_vacuum: 2 }]);
  });

  test("0.4.5's own database", async (context) => {
    const original = new URL('../../../../../test/data/chronologer-0.4.5.sqlite', import.meta.url);
    if (!existsSync(original)) return context.skip('the database of 0.4.5 is not in test/data');
    await using old = await fresh();
    copyFileSync(original, old.file);
    const before = ask(old.file, 'SELECT record_id AS id, name, level, message, logrec FROM record');
    old.engine.migrate(() => undefined);
    old.engine.checkSchema();
    const reader = old.engine.openReader();
    assert.equal(reader.count({ names: [] }), before.length);
    for (const row of before) {
      const { id, name, level, message, logrec } = row;
      const text = new TextDecoder().decode(reader.get(Number(id)));
      const head = `{"name": ${JSON.stringify(name)}, "ts": "`;
      const tail = `", "level": ${level}, "message": ${JSON.stringify(message)}, "logrec": ${logrec}, "id": ${id}}`;
      assert.ok(text.startsWith(head) && text.endsWith(tail), text);
    }
    reader.close();
  });

  test('two processes at once do it once', async () => {
    await using old = await fresh();
    change(
      old.file,
      `${OLD_SCHEMA} WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 20000)
      INSERT INTO record SELECT n, 'name', n * 1000000, 'x', NULL, '{"data": {"x": NaN}}' FROM n`,
    );
    const ends = await Promise.all([
      migrateElsewhere(old.file),
      migrateElsewhere(old.file),
      migrateElsewhere(old.file),
    ]);
    assert.deepEqual(ends, [
      [0, null],
      [0, null],
      [0, null],
    ]);
    old.engine.checkSchema();
    assert.deepEqual(ask(old.file, 'SELECT sum(count) AS count FROM total'), [{ count: 20_000 }]);
  });

  for (const where of ['001', '002', '003', '004', 'Moving', 'Rewriting']) {
    test(`killed in ${where}: the next start goes on`, async () => {
      await using old = await fresh();
      change(
        old.file,
        `PRAGMA auto_vacuum = 0; ${OLD_SCHEMA} INSERT INTO record VALUES (7, 'n', 1, 'x', NULL, '{}')`,
      );
      assert.deepEqual(await migrateElsewhere(old.file, where), [null, 'SIGKILL']);
      old.engine.migrate(() => undefined);
      old.engine.checkSchema();
      assert.deepEqual(ask(old.file, 'SELECT level, count FROM total'), [{ level: 0, count: 1 }]);
      const reader = old.engine.openReader();
      assert.ok(reader.get(7));
      reader.close();
      assert.deepEqual(ask(old.file, 'PRAGMA auto_vacuum'), [{ auto_vacuum: 2 }]);
    });
  }

  for (const [what, sql] of [
    ['with a migration more', "INSERT INTO schema_migration VALUES (999, 'later', 'x', 'now')"],
    ['with another text of a migration', "UPDATE schema_migration SET checksum = 'x' WHERE number = 2"],
  ] as const) {
    test(`a database of a newer version, ${what}, is neither used nor changed`, async () => {
      await using old = await fresh();
      old.engine.migrate(() => undefined);
      change(old.file, sql);
      const before = ask(old.file, 'SELECT * FROM schema_migration');
      assert.throws(() => old.engine.checkSchema(), /newer version/);
      assert.throws(() => old.engine.migrate(() => undefined), /newer version/);
      assert.deepEqual(ask(old.file, 'SELECT * FROM schema_migration'), before);
    });
  }

  test('what is no SQLite database is told so', async () => {
    await using old = await fresh();
    copyFileSync(new URL(import.meta.url), old.file);
    const isPlain = (error: unknown) =>
      error instanceof StoreError && /no SQLite database/.test(error.message);
    assert.throws(() => old.engine.migrate(() => undefined), isPlain);
    assert.throws(() => old.engine.checkSchema(), isPlain);
  });
});
