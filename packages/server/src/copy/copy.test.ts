import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { skipWithoutChdb } from '../store/clickhouse/testing/chdb-installed.ts';
import { walked } from '../store/contract-walks.ts';
import { openEngine } from '../store/engines.ts';
import { TEST_SERVERS, temporaryDatabase } from '../store/mysql/temporary.ts';
import { temporaryFolder } from '../store/sqlite/temporary.ts';
import type { Engine, StoredRecord, StoreReader } from '../store/store.ts';
import { Copy, type CopyResult, type Times } from './copy.ts';
import { readySource, readyTarget } from './ready.ts';

/** A store of its own for a test, made and started. */
interface Trial extends AsyncDisposable {
  readonly engine: Engine;
}

type Kind = 'sqlite' | 'chdb' | 'mysql';

async function trial(kind: Kind): Promise<Trial> {
  const server = TEST_SERVERS[0];
  if (kind === 'mysql' && server !== undefined) {
    const database = await temporaryDatabase(server);
    await database.engine.migrate(() => undefined);
    return database;
  }
  const folder = await temporaryFolder();
  const engine = openEngine(`${kind}:///${join(folder.path, 'store')}`);
  await readyTarget(engine, () => undefined);
  return {
    engine,
    async [Symbol.asyncDispose]() {
      await engine.stop?.();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const record = (id: number, more: Partial<StoredRecord> = {}): StoredRecord => ({
  ...{ id, name: `app.${id % 7}`, ts: 1_700_000_000_000_000 + (id % 1e7) * 1000, level: 10 * (id % 5) },
  ...{ message: `message ${id}`, logrec: `{"data": {"n": ${id}}}` },
  ...more,
});

const records = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => record(from + index));

/** What stores tend to lose or to change. */
const HOSTILE: readonly StoredRecord[] = [
  '{"data": {"x": "\\ud800", "\\udfff": 1}}',
  '{"data": {"x": "a\\u0000b", "\\u0000": 1}}',
  '{ "data" :{"b": 1, "a": 2,\t"b": 1.10, "c": 1e400, "d": 12345678901234567890}}',
  `{"data": {"x": "${'0123456789abcdef'.repeat(312_500)}"}}`,
  `{"data": {"y": "${'fedcba9876543210'.repeat(312_500)}"}}`,
].map((logrec, index) =>
  record(100 + index * 50, {
    logrec,
    message: `tab\t, NUL \0, \\, \u{1f600}\n${'long '.repeat(100)}`,
    level: -5,
  }),
);

async function fill({ engine }: Trial, all: readonly StoredRecord[]): Promise<void> {
  const writer = await engine.openWriter();
  try {
    await writer.insertWithIds(all);
  } finally {
    await writer.close();
  }
}

async function reading<T>({ engine }: Trial, work: (reader: StoreReader) => Promise<T>): Promise<T> {
  const reader = await engine.openReader();
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}

const all = (of: Trial): Promise<StoredRecord[]> =>
  reading(of, (reader) =>
    walked(
      reader,
      { from: 0, to: Number.MAX_SAFE_INTEGER },
      { records: 5000, bytes: 2e7 },
      async () => undefined,
    ),
  );

/** `portions`: it is ended before one more is begun. */
function copied(
  source: Trial,
  target: Trial,
  { portions = Number.POSITIVE_INFINITY, times = {} }: { portions?: number; times?: Times } = {},
  damage: (what: string) => void = assert.fail,
): Promise<CopyResult> {
  let left = portions;
  const progress = (what: string, done: number, of: number) => {
    assert.ok(done >= 0 && done <= of, `${done} of ${of}`);
    return what !== 'Copying' || left-- > 0;
  };
  return new Copy({ source: source.engine, target: target.engine }, times, { progress, damage }).run();
}

function assertSame({ comparison }: CopyResult, count: number): void {
  const { source, target, differing } = comparison;
  assert.deepEqual([source.count, target.count, differing], [count, count, 0]);
  assert.equal(source.sha256, target.sha256);
}

const skipWithoutMysql = TEST_SERVERS[0]?.skip ?? false;
for (const [from, to, skip] of [
  ['sqlite', 'sqlite', false],
  ['sqlite', 'chdb', skipWithoutChdb],
  ['chdb', 'sqlite', skipWithoutChdb],
  ['sqlite', 'mysql', skipWithoutMysql],
  ['mysql', 'sqlite', skipWithoutMysql],
  ['mysql', 'chdb', skipWithoutMysql || skipWithoutChdb],
] as const) {
  describe(`from ${from} to ${to}`, { skip }, () => {
    test('all records come under their ids, hostile ones too; then there is nothing to do; then what is new', async () => {
      await using source = await trial(from);
      await using target = await trial(to);
      const given = [...HOSTILE, ...records(1000, 6000), record(2 ** 45), record(2 ** 50)];
      await fill(source, given);
      const result = await copied(source, target);
      assert.equal(result.copied, given.length);
      assert.deepEqual(result.ids, { from: 100, to: 2 ** 50 });
      assertSame(result, given.length);
      assert.deepEqual(await all(target), given);

      const again = await copied(source, target);
      assert.equal(again.copied, 0);
      assertSame(again, given.length);
      assert.equal(again.comparison.source.sha256, result.comparison.source.sha256);

      await fill(source, [record(2 ** 50 + 1)]);
      const later = await copied(source, target);
      assert.equal(later.copied, 1);
      assertSame(later, given.length + 1);

      const writer = await target.engine.openWriter();
      const [[next = 0] = []] = await writer.insert([[record(0)]]);
      await writer.close();
      assert.ok(next > 2 ** 50 + 1, 'ids go on behind the copied ones');
    });

    test('ended, it goes on where it was', async () => {
      await using source = await trial(from);
      await using target = await trial(to);
      await fill(source, records(1, 40_000));
      const first = await copied(source, target, { portions: 1 });
      assert.deepEqual([first.isStopped, first.copied > 0, first.copied < 40_000], [true, true, true]);
      assert.equal((await all(target)).length, first.copied);
      const second = await copied(source, target);
      assert.deepEqual([second.isStopped, second.copied], [false, 40_000 - first.copied]);
      assertSame(second, 40_000);
      assert.deepEqual(await all(target), records(1, 40_000));
    });
  });
}

describe('a copy', () => {
  test('takes what is not before and not after some times, the edges too', async () => {
    await using source = await trial('sqlite');
    await fill(source, records(1, 1000));
    for (const [after, before, first, last] of [
      [500, 600, 500, 600],
      [undefined, 3, 1, 3],
      [998, undefined, 998, 1000],
    ] as const) {
      await using target = await trial('sqlite');
      const times = {
        ...(after !== undefined && { after: record(after).ts }),
        ...(before !== undefined && { before: record(before).ts }),
      };
      assertSame(await copied(source, target, { times }), last - first + 1);
      assert.deepEqual(await all(target), records(first, last));
      assert.equal((await copied(source, target, { times })).copied, 0);
    }
    await using target = await trial('sqlite');
    const none = await copied(source, target, { times: { after: record(1001).ts } });
    assert.equal(none.copied, 0);
    assertSame(none, 0);
    await copied(source, target, { times: { before: record(10).ts } });
    assertSame(await copied(source, target), 1000);
  });

  test('of nothing is nothing', async () => {
    await using source = await trial('sqlite');
    await using target = await trial('sqlite');
    const result = await copied(source, target);
    assert.deepEqual([result.ids, result.copied, result.isStopped], [undefined, 0, false]);
  });

  test('goes behind records that the target has already', async () => {
    await using source = await trial('sqlite');
    await using target = await trial('sqlite');
    await fill(source, records(100, 200));
    await fill(target, records(1, 99));
    assertSame(await copied(source, target), 101);
    assert.deepEqual(await all(target), records(1, 200));
  });

  for (const [what, there, said] of [
    [
      'other records under its ids',
      [record(5, { message: 'other' })],
      /id 5, .*: 1 is missing .* 5 is not the same/,
    ],
    ['records between its own', [record(1), record(3)], /id 3, .*: 2 is missing in the target\. Nothing/],
    ['records above its own', [record(900)], /id 900, .*1 is missing in the target.* and 5 more\. Nothing/],
    ['all records and more', records(1, 12), /id 12, .*the source has none above 10\. Nothing/],
  ] as const) {
    test(`is refused where the target has ${what}, and nothing is written`, async () => {
      await using source = await trial('sqlite');
      await using target = await trial('sqlite');
      await fill(source, records(1, 10));
      await fill(target, there);
      await assert.rejects(copied(source, target), { name: 'CopyError', message: said });
      assert.deepEqual(await all(target), there);
    });
  }

  test('is refused where the target has given out the ids before', async () => {
    await using source = await trial('sqlite');
    await using target = await trial('sqlite');
    await fill(source, records(1, 10));
    await fill(target, records(1, 3));
    const writer = await target.engine.openWriter();
    assert.equal(await writer.purge(10), 3);
    await writer.close();
    await assert.rejects(copied(source, target), /target, .*id 1: it has given out the ids up to 3/);
    assert.deepEqual(await all(target), []);
  });

  test('says which records the target has not as they are, when it was copied', async () => {
    await using source = await trial('sqlite');
    await using target = await trial('sqlite');
    await fill(source, records(1, 20_000));
    const { engine } = target;
    // A target that loses a record.
    const losing: Engine = {
      description: engine.description,
      prepare: () => engine.prepare(),
      migrate: (report) => engine.migrate(report),
      migrations: () => engine.migrations(),
      script: (own) => engine.script(own),
      applied: () => engine.applied(),
      holdsRecords: () => engine.holdsRecords(),
      checkSchema: () => engine.checkSchema(),
      openReader: () => engine.openReader(),
      files: () => engine.files(),
      async openWriter() {
        const writer = await engine.openWriter();
        const insert = writer.insertWithIds.bind(writer);
        writer.insertWithIds = (portion) => insert(portion.filter(({ id }) => id !== 17));
        return writer;
      },
    };
    const result = await copied(source, { ...target, engine: losing });
    assert.equal(result.comparison.told(), '17 is missing in the target');
    assert.notEqual(result.comparison.source.sha256, result.comparison.target.sha256);
  });

  test('leaves out what is damaged in the source, and tells it once', async () => {
    await using source = await trial('sqlite');
    await using target = await trial('sqlite');
    await fill(source, records(1, 9000));
    const database = new DatabaseSync(source.engine.files()[0] ?? '');
    database.exec("UPDATE block_logrec SET part = x'00' WHERE first_id = 4097");
    database.close();
    const warnings: string[] = [];
    const result = await copied(source, target, {}, (what) => warnings.push(what));
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /^sqlite:.*The records 4097 to 8192 are left out/);
    assertSame(result, 9000 - 4096);
    assert.deepEqual(await all(target), [...records(1, 4096), ...records(8193, 9000)]);
  });

  test('tells that records came to the source meanwhile', async () => {
    await using source = await trial('sqlite');
    await using target = await trial('sqlite');
    await fill(source, records(1, 10));
    let came = false;
    const ends = { source: source.engine, target: target.engine };
    const writer = await source.engine.openWriter();
    const result = await new Copy(
      ends,
      {},
      {
        progress: () => {
          if (!came) writer.insert([[record(0)]]);
          came = true;
          return true;
        },
        damage: assert.fail,
      },
    ).run();
    await writer.close();
    assert.deepEqual([result.hasMore, result.copied], [true, 10]);
    assertSame(await copied(source, target), 11);
  });

  test('has the target for itself while it writes', async () => {
    await using source = await trial('sqlite');
    await using target = await trial('sqlite');
    await fill(source, records(1, 10));
    const other = await target.engine.openReader();
    assert.equal(await other.count({ names: [] }), 0);
    await assert.rejects(
      copied(source, target),
      /^CopyError: The target, sqlite:.*open elsewhere: stop the server/,
    );
    await other.close();
    assertSame(await copied(source, target), 10);
  });
});

test('a source that is not there is not made', async () => {
  await using folder = await temporaryFolder();
  for (const kind of ['sqlite', 'chdb']) {
    const engine = openEngine(`${kind}:///${join(folder.path, 'none')}`);
    await assert.rejects(
      readySource(engine, assert.fail),
      /^CopyError: The source, .*(no database yet|not there)/,
    );
    assert.deepEqual(engine.files(), []);
  }
});
