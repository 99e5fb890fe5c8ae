import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { LogRecord } from '@chronologer/record';
import type { Cursor, Page } from '../store.ts';
import { SqliteEngine } from './engine.ts';
import { beforeEachStatement } from './statements.ts';
import { temporaryFolder } from './temporary.ts';
import { SqliteWriter } from './writer.ts';

const SIZES = { large: 6, enough: 10, block: 24 };
const HOUR = 3_600_000_000;

const record = (index: number): LogRecord => ({
  name: `n${index % 3}`,
  ts: index * 60_000_000,
  level: 10 * (index % 5),
  message: `message ${index}`,
  logrec: `{"data": {"index": ${index}}}`,
});
const some = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => record(from + index));

interface Contents {
  /** Ids and messages, newest first. */
  readonly records: readonly string[];
  readonly counts: readonly number[];
  readonly queried: number;
}

/** All that a reader finds, in the different ways that it has. */
function contents(file: string): Contents {
  const reader = new SqliteEngine(file, '').openReader();
  const text = new TextDecoder();
  const found: { id: number; message: string }[] = [];
  for (let cursor: Cursor | undefined = { skip: 0, take: 1e6 }; cursor !== undefined; ) {
    const page: Page = reader.page({ names: [] }, cursor, 1e6);
    found.push(...JSON.parse(`[${text.decode(page.bytes)}]`));
    cursor = page.next;
  }
  for (let index = 0; index < found.length; index += Math.ceil(found.length / 100)) {
    const one = found[index];
    assert.equal(JSON.parse(text.decode(reader.get(one?.id ?? 0))).message, one?.message);
  }
  const counts = [0, 10, 20, 30, 40].map((level) => reader.count({ names: [], level }));
  const queried = reader.count({ names: [], query: 'json_valid(logrec)' });
  assert.deepEqual(reader.takeWarnings(), []);
  reader.close();
  return { records: found.map(({ id, message }) => `${id} ${message}`), counts, queried };
}

function blocksIn(file: string): unknown {
  const database = new DatabaseSync(file, { readOnly: true });
  const count = database.prepare('SELECT count(*) AS count FROM block').get()?.count;
  database.close();
  return count;
}

/**
 * Does `work` and takes, before each statement and at the end, a copy of the files as a process that is killed there
 * would leave them: what it had not written yet is lost with its memory, and the index of the log is made anew.
 */
function filesAtEachStatement(file: string, folder: string, work: () => void): string[] {
  const copies: string[] = [];
  let isCopying = false;
  const copy = () => {
    if (isCopying) return;
    isCopying = true;
    const at = join(folder, `${copies.length}`);
    mkdirSync(at, { recursive: true });
    const copied = join(at, 'store.sqlite');
    for (const suffix of ['', '-wal']) {
      if (existsSync(file + suffix)) copyFileSync(file + suffix, copied + suffix);
    }
    copies.push(copied);
    isCopying = false;
  };
  {
    using _ = beforeEachStatement(copy);
    work();
  }
  copy();
  return copies;
}

/** What comes before, and what is killed; done once more it must find nothing of it or all. */
interface Work {
  readonly prepare: (writer: SqliteWriter) => void;
  readonly work: (writer: SqliteWriter) => void;
  /** How many there are before and after. */
  readonly blocks: readonly [number, number];
}

const WORKS: Readonly<Record<string, Work>> = {
  'sealing rows with a batch': {
    prepare: (writer) => writer.insert([some(0, 3)]),
    work: (writer) => writer.insert([some(3, 30)]),
    blocks: [0, 2],
  },
  'sealing rows that are old': {
    prepare: (writer) => {
      writer.insert([some(0, 5)]);
      writer.insert([some(5, 3)]);
      writer.tidy(HOUR);
    },
    work: (writer) => writer.tidy(2 * HOUR),
    blocks: [0, 1],
  },
  merging: {
    prepare: (writer) => {
      for (let batch = 0; batch < 5; batch++) writer.insert([some(7 * batch, 7)]);
    },
    work: (writer) => writer.tidy(0),
    blocks: [5, 3],
  },
  'purging that drops blocks, cuts one and takes a row': {
    prepare: (writer) => {
      writer.insert([some(10, 50)]);
      writer.insert([[record(0), record(9)]]);
    },
    work: (writer) => writer.purge(35),
    blocks: [3, 2],
  },
};

for (const [name, { prepare, work, blocks }] of Object.entries(WORKS)) {
  test(`killed between any two statements of ${name}: all of it is done, or nothing`, async () => {
    await using folder = await temporaryFolder();
    const file = join(folder.path, 'store.sqlite');
    new SqliteEngine(file, '').migrate(() => undefined);
    const writer = new SqliteWriter(file, SIZES);
    prepare(writer);
    const before = contents(file);
    assert.equal(blocksIn(file), blocks[0]);
    const copies = filesAtEachStatement(file, join(folder.path, 'copies'), () => work(writer));
    const after = contents(file);
    assert.equal(blocksIn(file), blocks[1]);
    writer.close();
    assert.ok(copies.length > 8, `${copies.length} statements`);
    let done = 0;
    for (const copy of copies) {
      const left = contents(copy);
      try {
        assert.deepEqual(left, after);
        done++;
      } catch {
        assert.deepEqual(left, before);
      }
      const next = new SqliteWriter(copy, SIZES);
      const [[id] = []] = next.insert([[record(1000)]]);
      assert.ok(id !== undefined && id > 0);
      while (next.tidy(HOUR));
      next.purge(1);
      next.close();
      const { records } = contents(copy);
      assert.equal(records[0], `${id} message 1000`);
      assert.equal(records.length, left.records.length);
    }
    assert.ok(done >= 1);
  });
}

describe('killed between any two statements of taking over', () => {
  const rows = (count: number) => `CREATE TABLE record(
    record_id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, ts DATETIME NOT NULL, level INTEGER NOT NULL,
    message TEXT, logrec JSON);
    CREATE INDEX level_name ON record(level, name);
    CREATE INDEX ts ON record(ts);
    WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT ${count})
    INSERT INTO record SELECT 2 * n, 'n' || n % 3, n * 60000000, 10 * (n % 5), 'message ' || n, '{"data": {"x": NaN}}' FROM n`;

  for (const [what, autoVacuum, count] of [
    ['a database of 0.4.5', 0, 200],
    ['one that can shrink already, of more than a block', 2, 4200],
  ] as const) {
    test(what, async () => {
      await using folder = await temporaryFolder();
      const file = join(folder.path, 'store.sqlite');
      const database = new DatabaseSync(file);
      database.exec(`PRAGMA auto_vacuum = ${autoVacuum}; ${rows(count)}`);
      database.close();
      const engine = new SqliteEngine(file, '');
      const copies = filesAtEachStatement(file, join(folder.path, 'copies'), () =>
        engine.migrate(() => undefined),
      );
      const after = contents(file);
      assert.equal(after.records.length, count);
      assert.ok(copies.length > 30, `${copies.length} statements`);
      for (const copy of copies) {
        const left = new SqliteEngine(copy, '');
        left.migrate(() => undefined);
        left.checkSchema();
        assert.deepEqual(contents(copy), after);
      }
    });
  }
});
