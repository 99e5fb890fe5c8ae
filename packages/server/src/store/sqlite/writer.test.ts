import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { LogRecord } from '@chronologer/record';
import fc from 'fast-check';
import { StoreError } from '../store-error.ts';
import { Blocks } from './blocks/blocks.ts';
import { USUAL_SIZES } from './blocks/sealing.ts';
import { SqliteEngine } from './engine.ts';
import { RecordView } from './record-view.ts';
import { temporaryFolder } from './temporary.ts';
import { SqliteWriter } from './writer.ts';

async function store(sizes = USUAL_SIZES) {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'store.sqlite');
  const engine = new SqliteEngine(file, 'sqlite:///store');
  engine.migrate(() => undefined);
  const writer = new SqliteWriter(file, sizes);
  return {
    file,
    engine,
    writer,
    async [Symbol.asyncDispose]() {
      writer.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function record(index: number, size = 0): LogRecord {
  // Random, so that it takes its room when it is compressed too.
  const logrec = `{"data": {"text": "${randomBytes(size).toString('base64').slice(0, size)}"}}`;
  return {
    name: `n${index % 3}`,
    ts: 1e15 + index * 60_000_000,
    level: 10 * (index % 5),
    message: 'm',
    logrec,
  };
}

const many = (count: number, size = 0) => Array.from({ length: count }, (_, index) => record(index, size));
const unavailable = (message: RegExp) => (error: unknown) =>
  error instanceof StoreError && error.fault === 'unavailable' && message.test(error.message);

/** The rollup and the totals against a recount of the records. */
function assertCounted(file: string): void {
  const database = new DatabaseSync(file, { readOnly: true });
  const blocks = new Blocks(database, (firstId) => assert.fail(`block ${firstId} is damaged`));
  blocks.refresh();
  new RecordView(database, blocks, { lift: (work) => work() });
  const bucket = '(ts - (ts % 900000000 + 900000000) % 900000000) / 900000000';
  const all = (sql: string) => database.prepare(sql).all();
  assert.deepEqual(
    all('SELECT bucket, level, name, count FROM rollup ORDER BY 1, 2, 3'),
    all(
      `SELECT ${bucket} AS bucket, level, name, count(*) AS count FROM record GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
    ),
  );
  assert.deepEqual(
    all('SELECT level, name, count FROM total ORDER BY 1, 2'),
    all('SELECT level, name, count(*) AS count FROM record GROUP BY 1, 2 ORDER BY 1, 2'),
  );
  database.close();
}

/** Does `work` with a pragma of each writing connection that is opened meanwhile, such as a limit of pages. */
function withPragma(pragma: string, work: () => void): void {
  const execute = DatabaseSync.prototype.exec;
  DatabaseSync.prototype.exec = function exec(sql) {
    execute.call(this, sql);
    if (sql.includes('synchronous = FULL')) execute.call(this, `PRAGMA ${pragma}`);
  };
  try {
    work();
  } finally {
    DatabaseSync.prototype.exec = execute;
  }
}

/** Does `work` while neither the file nor its folder may be written; root may whatever their mode, so not as root. */
function readOnly(file: string, work: () => void): void {
  const isRoot = process.geteuid?.() === 0;
  chmodSync(file, 0o444);
  chmodSync(dirname(file), 0o555);
  if (isRoot) process.seteuid?.(65534);
  try {
    work();
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(dirname(file), 0o755);
    chmodSync(file, 0o644);
  }
}

describe('the writer', () => {
  test('inserts and purges keep the rollup equal to a recount', async () => {
    await using one = await store({ large: 9, enough: 12, block: 7 });
    const anyRecord = fc.record({
      name: fc.constantFrom('a', 'b', 'a 1', '1 a'),
      ts: fc.integer({ min: -4_000_000_000, max: 4_000_000_000 }),
      level: fc.constantFrom(-1, 1, 10),
      message: fc.constant(''),
      logrec: fc.constant('{}'),
    });
    const anyStep = fc.oneof(
      fc.record({ batch: fc.array(anyRecord, { maxLength: 20 }) }),
      fc.record({
        limit: fc.nat(30),
        before: fc.option(fc.integer({ min: -4e9, max: 4e9 }), { nil: undefined }),
      }),
    );
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 8 }), (steps) => {
        for (const step of steps) {
          if ('batch' in step) one.writer.insert([step.batch]);
          else one.writer.purge(step.limit, step.before);
        }
        assertCounted(one.file);
      }),
      { numRuns: 60 },
    );
  });

  test('records with ids of their own: none that was given out before, and nothing of the call then', async () => {
    await using one = await store({ large: 9, enough: 12, block: 7 });
    const given = (ids: readonly number[]) => ids.map((id) => ({ ...record(id % 100), id }));
    one.writer.insertWithIds(given([5, 6, 2 ** 40]));
    one.writer.insertWithIds(given(Array.from({ length: 20 }, (_, index) => 2 ** 41 + 3 * index)));
    assert.deepEqual(one.writer.insert([many(1)]), [[2 ** 41 + 58]]);
    for (const ids of [[1], [2 ** 41 + 58], [2 ** 42, 2 ** 42], [2 ** 42 + 1, 2 ** 42]])
      assert.throws(() => one.writer.insertWithIds(given(ids)), unavailable(/and none is given twice/));
    assertCounted(one.file);
    const reader = one.engine.openReader();
    assert.equal(reader.count({ names: [] }), 24);
    reader.close();
    one.writer.purge(100);
    assert.throws(() => one.writer.insertWithIds(given([7])), unavailable(/ids up to 2199023255610,/));
  });

  test('a full disk: nothing of the call is stored, reads go on, and so do writes when there is space', async () => {
    await using one = await store();
    one.writer.insert([many(100)]);
    one.writer.close();
    withPragma('max_page_count = 60', () => {
      assert.throws(() => one.writer.insert([[record(1)], many(2000, 500)]), unavailable(/The disk is full/));
      const reader = one.engine.openReader();
      assert.equal(reader.count({ names: [] }), 100);
      assert.deepEqual(one.writer.insert([[record(1)]]), [[101]]);
      assert.throws(() => one.writer.insert([many(2000, 500)]), unavailable(/The disk is full/));
      assert.equal(reader.count({ names: [] }), 101);
      reader.close();
      one.writer.close();
    });
    assert.equal(one.writer.insert([many(2000, 500)])[0]?.[0], 102);
    assertCounted(one.file);
  });

  test('a file held by another process: waited for, then busy, and afterwards well', async () => {
    await using one = await store();
    one.writer.insert([[record(1)]]);
    one.writer.close();
    const other = new DatabaseSync(one.file);
    withPragma('busy_timeout = 200', () => {
      one.writer.size();
      other.exec('BEGIN IMMEDIATE');
      const started = performance.now();
      assert.throws(() => one.writer.insert([[record(2)]]), unavailable(/busy/));
      assert.ok(performance.now() - started > 150);
      other.exec('ROLLBACK');
    });
    other.close();
    assert.deepEqual(one.writer.insert([[record(2)]]), [[2]]);
    assertCounted(one.file);
  });

  test('a read-only file: told so, and written again when it may be', async () => {
    await using one = await store();
    one.writer.close();
    readOnly(one.file, () => {
      assert.throws(() => one.writer.insert([[record(1)]]), unavailable(/read-only|cannot be opened/));
    });
    assert.deepEqual(one.writer.insert([[record(1)]]), [[1]]);
  });

  test('a database that is gone or garbage: told so, and well when it is back', async () => {
    await using one = await store();
    one.writer.insert([[record(1)]]);
    one.writer.close();
    const copy = new DatabaseSync(one.file);
    copy.exec(`VACUUM INTO '${one.file}.copy'`);
    copy.close();
    truncateSync(one.file, 0);
    writeFileSync(one.file, 'garbage '.repeat(1000));
    assert.throws(() => one.writer.insert([[record(2)]]), unavailable(/no SQLite database/));
    assert.throws(() => one.writer.size(), unavailable(/no SQLite database/));
    rmSync(one.file);
    const back = new DatabaseSync(`${one.file}.copy`);
    back.exec(`VACUUM INTO '${one.file}'`);
    back.close();
    assert.deepEqual(one.writer.insert([[record(2)]]), [[2]]);
  });

  test('records that another connection wrote are no lasting hindrance', async () => {
    await using one = await store();
    one.writer.insert([[record(1)]]);
    const other = one.engine.openWriter();
    other.insert([[record(2), record(3)]]);
    other.close();
    const ids = [1, 2].flatMap(() => {
      try {
        return one.writer.insert([[record(4)]]);
      } catch {
        return [];
      }
    });
    assert.deepEqual(ids.at(-1), [ids.length === 2 ? 5 : 4]);
    assertCounted(one.file);
  });

  test('retention frees space to the file system', async () => {
    await using one = await store();
    one.writer.insert([many(6000, 1500)]);
    const [before, size] = [statSync(one.file).size, one.writer.size()];
    let gone = 0;
    for (let count = 1; count > 0; gone += count) count = one.writer.purge(1000, 1e15 + 5000 * 60_000_000);
    assert.equal(gone, 5000);
    assert.ok(one.writer.size() < size / 4);
    let steps = 1;
    while (one.writer.reclaim()) steps++;
    assert.ok(steps >= 2, `${steps} small steps`);
    assert.ok(statSync(one.file).size < Math.max(before, size) / 4);
    assertCounted(one.file);
  });

  test('a reader that stays in an old state holds up neither writing nor giving back', async () => {
    await using one = await store();
    one.writer.insert([many(2000, 1500)]);
    const reader = new DatabaseSync(one.file, { readOnly: true });
    reader.exec('BEGIN; SELECT count(*) FROM block');
    one.writer.purge(1500);
    const started = performance.now();
    while (one.writer.reclaim());
    one.writer.insert([[record(1)]]);
    assert.ok(performance.now() - started < 2000);
    assert.equal(reader.prepare('SELECT sum(count) AS n FROM block').get()?.n, 2000);
    reader.close();
  });
});
