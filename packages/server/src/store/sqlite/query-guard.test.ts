import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { StoreError } from '../store-error.ts';
import { SqliteEngine } from './engine.ts';
import type { SqliteReader } from './reader.ts';
import { temporaryFolder } from './temporary.ts';

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let reader: SqliteReader;

before(async () => {
  folder = await temporaryFolder();
  const engine = new SqliteEngine(join(folder.path, 'guard.sqlite'), 'sqlite:///guard');
  engine.migrate(() => undefined);
  const writer = engine.openWriter();
  const record = (name: string, level: number, data: unknown) => ({
    name,
    level,
    ts: 1e15,
    message: `of ${name}`,
    logrec: JSON.stringify({ data }),
  });
  writer.insert([
    [record('a', 10, { tags: ['x', 'y'] }), record('b', 20, { n: 5, 'odd key': 1 }), record("c'", -1, {})],
  ]);
  writer.close();
  reader = engine.openReader();
});
after(async () => {
  reader.close();
  await folder[Symbol.asyncDispose]();
});

/** The ids that an expression finds; an Error when it is refused. */
function ids(query: string): number[] {
  const { bytes } = reader.page({ names: [], query }, { skip: 0, take: 100 }, 1e6);
  const records: { id: number }[] = JSON.parse(`[${new TextDecoder().decode(bytes)}]`);
  return records.map(({ id }) => id);
}

function refused(query: string): void {
  const isQueryError = (error: unknown) => error instanceof StoreError && error.fault === 'query';
  assert.throws(() => ids(query), isQueryError);
  assert.throws(() => reader.count({ names: [], query }), isQueryError);
  assert.throws(() => reader.timeline({ names: [], level: 1, query }, 'day', 'UTC'), isQueryError);
}

describe('expressions that are taken', () => {
  for (const [query, due] of [
    ['1', [3, 2, 1]],
    ['level >= 10 -- with a comment', [2, 1]],
    ['level /* here */ = 20', [2]],
    ['name = "a"', [1]],
    ["name = 'c'''", [3]],
    ["EXISTS (SELECT 1 FROM json_each(logrec, '$.data.tags') WHERE value = 'y')", [1]],
    ["EXISTS (SELECT 1 FROM json_tree(record.logrec) AS t WHERE t.key = 'n')", [2]],
    ["logrec ->> '$.data.n' = 5", [2]],
    ["logrec -> 'data' ->> 'n' = 5", [2]],
    ['logrec ->> \'$.data."odd key"\' = 1', [2]],
    ["json_extract(logrec, '$.data.tags[#-1]') = 'y'", [1]],
    ["CASE WHEN level > 10 THEN 1 ELSE name = 'a' END", [2, 1]],
    ["message LIKE 'OF _'", [2, 1]],
    ["message GLOB 'of [ab]'", [2, 1]],
    ['level BETWEEN 5 AND 15 OR record_id = 3', [3, 1]],
    ['level IN (10, -1)', [3, 1]],
    ['level = (SELECT max(level) FROM record)', [2]],
    ["date(ts / 1000000, 'unixepoch') = '2001-09-09'", [3, 2, 1]],
    ["name = 'x' OR 'a); --' = 'a); --'", [3, 2, 1]],
    ['name = "?" OR level = 10', [1]],
    ['(1) AND (level = 10)', [1]],
    ['level = 0x0A', [1]],
    ['\n\tlevel\n=\n10\n', [1]],
    ['NOT level = 10', [3, 2]],
    ['record_id IN (WITH r AS (SELECT record_id FROM record WHERE level = 20) SELECT record_id FROM r)', [2]],
  ] as const) {
    test(query, () => assert.deepEqual(ids(query), due));
  }
});

describe('expressions that are refused', () => {
  const deep = `${'('.repeat(5000)}1${')'.repeat(5000)}`;
  for (const query of [
    ...['', ' ', '--', '/*', '1 /*', '1) /*', ';', '1;', '1; --', '1; SELECT 1', '1); DROP TABLE record; --'],
    ...['1) OR (1', '1); --', '1)', '(1', '1 THEN 1 END FROM record --', '1 THEN 1 WHEN 1', '1 END', '1) --'],
    ...[
      '1 THEN 1 END FROM record) OR (1',
      '1\0',
      '1\0)',
      "name = 'a\0'",
      '1 LIMIT 1',
      '1 ORDER BY 1',
      '1 GROUP BY 1',
    ],
    ...[
      '1 UNION SELECT 1',
      '1) UNION SELECT * FROM (record',
      'SELECT 1',
      'level >',
      'level = = 1',
      "name = 'a",
      '"',
    ],
    ...['level = ?', 'level = ?1', 'level = :a', 'level = @a', 'level = $a', 'name = ? OR "?" = ?'],
    ...['PRAGMA user_version', '(PRAGMA user_version)', "ATTACH 'x' AS y", 'VACUUM', 'COMMIT', 'BEGIN'],
    ...[
      "load_extension('x')",
      "LOAD_EXTENSION('x', 'y')",
      "writefile('x', 'y')",
      "readfile('/etc/passwd')",
      "edit('x')",
    ],
    ...[
      '(SELECT count(*) FROM sqlite_master)',
      '(SELECT 1 FROM sqlite_schema)',
      'EXISTS (SELECT * FROM sqlite_temp_master)',
    ],
    ...[
      '(SELECT count(*) FROM rollup)',
      '(SELECT max(count) FROM total)',
      "(SELECT value FROM property WHERE name = 'last_id')",
    ],
    ...['(SELECT checksum FROM schema_migration)', '(SELECT 1 FROM main.rollup)', '(SELECT 1 FROM "rollup")'],
    ...[
      "(SELECT 1 FROM pragma_table_info('record'))",
      '(SELECT * FROM pragma_database_list)',
      '(SELECT 1 FROM dbstat)',
    ],
    ...[
      '(SELECT 1 FROM sqlite_dbpage)',
      '(SELECT 1 FROM bytecode(1))',
      '(SELECT 1 FROM sqlite_stmt)',
      '(SELECT 1 FROM fts5vocab)',
    ],
    '(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c)',
    '(WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c LIMIT 3) SELECT count(*) FROM c)',
    '(WITH rollup AS (SELECT 1 FROM main.rollup) SELECT count(*) FROM rollup)',
    ...[
      'count(*) > 1',
      'max(level) OVER () = 1',
      'row_number() OVER (ORDER BY ts) = 1',
      'sum(level)',
      'RAISE(FAIL, 1)',
    ],
    ...[
      '(INSERT INTO record DEFAULT VALUES)',
      '(DELETE FROM record)',
      '(UPDATE record SET level = 1)',
      'no_such_column = 1',
    ],
    ...["name REGEXP 'a'", "name MATCH 'a'", 'no_such_function(1)', 'abs(-9223372036854775808)', 'abs()'],
    ...['randomblob(2147483648)', 'zeroblob(2147483647)', 'length(hex(zeroblob(140000000)))'],
    ...["json_extract(message, '$.a')", "json_extract(logrec, 'a b')", "logrec ->> '$.'", "logrec ->> '$['"],
    ...[
      deep,
      `1${' + 1'.repeat(5000)}`,
      `${'NOT '.repeat(5000)}1`,
      `${'-'.repeat(1)} `,
      `name IN (${'1,'.repeat(40_000)}`,
    ],
  ]) {
    test(query.length > 80 ? `${query.slice(0, 60)}…` : JSON.stringify(query), () => refused(query));
  }

  test('nothing was written, and the reader goes on', () => {
    assert.deepEqual(ids('1'), [3, 2, 1]);
    assert.equal(reader.count({ names: [] }), 3);
    assert.equal(reader.timeline({ names: [] }, 'day', 'UTC').length, 1);
  });
});

test('very long expressions that are right are taken', () => {
  assert.deepEqual(ids(`level IN (${'1,'.repeat(40_000)}20)`), [2]);
  assert.deepEqual(ids(`name = '${'x'.repeat(100_000)}' OR level = 20`), [2]);
});

test('whatever is made of pieces of SQL cannot reach over the other filters but by OR', () => {
  const piece = fc.constantFrom(
    ...[
      '1',
      '0',
      'level',
      "'a'",
      '"b"',
      '(',
      ')',
      ' AND ',
      ' NOT ',
      ' = ',
      ',',
      ';',
      '--',
      '\n',
      '/*',
      '*/',
      "'",
      '"',
    ],
    ...[
      ' CASE WHEN ',
      ' THEN ',
      ' ELSE ',
      ' END ',
      ' FROM record ',
      ' WHERE ',
      ' UNION ',
      'SELECT ',
      ' LIMIT 1',
      '[',
      ']',
      '`',
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 8 }), (pieces) => {
      const query = pieces.join('');
      try {
        // Without OR nothing but records of this level may be found.
        const { bytes } = reader.page({ names: [], level: 15, query }, { skip: 0, take: 100 }, 1e6);
        const records: { id: number }[] = JSON.parse(`[${new TextDecoder().decode(bytes)}]`);
        assert.ok(
          records.every(({ id }) => id === 2),
          query,
        );
      } catch (error) {
        if (!(error instanceof StoreError && error.fault === 'query')) throw error;
      }
    }),
    { numRuns: 4000 },
  );
});
