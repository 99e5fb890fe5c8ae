import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { StoreError } from '../store-error.ts';
import { isHarmless } from './query-guard.ts';
import type { MysqlReader } from './reader.ts';
import { TEST_SERVERS, type TemporaryDatabase, temporaryDatabase, untilRunning } from './temporary.ts';

const TAKEN: readonly (readonly [query: string, due: readonly number[]])[] = [
  ['1', [3, 2, 1]],
  ["name = 'a'", [1]],
  ["name = 'c'''", [3]],
  ["name = 'c\\''", [3]],
  ['"level" = 20', [2]],
  ['`level` = 20', [2]],
  ['record.level = 20', [2]],
  ['record_id = 1--1', [2]],
  ["json_extract(logrec, '$.data.n') = 5", [2]],
  ["JSON_CONTAINS(logrec, '\"y\"', '$.data.tags')", [1]],
  ["CASE WHEN level > 10 THEN 1 ELSE name = 'a' END", [2, 1]],
  ["message LIKE 'of _'", [2, 1]],
  ["message REGEXP '^of [ab]$'", [2, 1]],
  ['level BETWEEN 5 AND 15 OR record_id = 3', [3, 1]],
  ['level IN (10, -1)', [3, 1]],
  ['level = (SELECT MAX(level) FROM record)', [2]],
  ['level = (SELECT MAX(x.level) FROM record AS x JOIN record AS y ON x.level >= y.level)', [2]],
  ['level = (SELECT MAX(level) FROM (SELECT level FROM record) AS t)', [2]],
  ['EXTRACT(YEAR FROM ts) = 2001', [3, 2, 1]],
  ["TRIM(LEADING 'x' FROM name) = 'a'", [1]],
  ["SUBSTRING(name FROM 1 FOR 1) = 'c'", [3]],
  ["ts > '2001-01-01' AND DATE(ts) = DATE '2001-09-09'", [3, 2, 1]],
  ["'a); -- /* ; UNION SELECT @x FROM y' <> name", [3, 2, 1]],
  ['NOT level = 10', [3, 2]],
  ['\n\tlevel\n=\n10\n', [1]],
  ["name = 'x' OR ')' = ')'", [3, 2, 1]],
  ['level = 0x0A', [1]],
  ["CONCAT(name, '?') = 'a?'", [1]],
  ['level = 1e1', [1]],
  ['level=1.5OR 1=1', [3, 2, 1]],
  ['level = ABS (10)', [1]],
  ["IF(name = 'a', 1, 0)", [1]],
  ['level = ANY (SELECT MAX(level) FROM record)', [2]],
  ['level > ALL (SELECT r.level FROM record AS r WHERE (r.level < 15) AND NOT (r.level > 15))', [2]],
  ["CAST(json_extract(logrec, '$.data.n') AS DECIMAL(10, 2)) = (5)", [2]],
  ["CAST(ts AS DATETIME(3)) = '2001-09-09 01:46:40' AND (level) IN (10)", [1]],
  ["json_search(logrec, 'one', 'y') IS NOT NULL", [1]],
  ["ts > DATE_SUB(ts, INTERVAL (1) DAY) AND LEFT(name, 1) IN ('a')", [1]],
  ['level = (SELECT MAX(level) FROM (SELECT level FROM record) AS t JOIN record AS r USING (level))', [2]],
  ['CASE WHEN (level = 10) THEN (1) ELSE (0) END', [1]],
  [
    'level = COALESCE(NULLIF(GREATEST(level, 0), 0), -1) AND LENGTH(SHA2(name, 256)) = 64 AND level DIV (10) = 1',
    [1],
  ],
];

const REFUSED: readonly string[] = [
  ...[
    '',
    ' ',
    '--',
    '-- ',
    '/*',
    '1 /*',
    '1) /*',
    ';',
    '1;',
    '1; -- ',
    '1; SELECT 1',
    '1); DROP TABLE record; -- ',
  ],
  ...[
    '1 -- a',
    '1 # a',
    '1 /* a */',
    '/*!1*/ 1',
    '/*!50000 1 */',
    '1 /*+ NO_ICP(record) */',
    '1*/1',
    '#',
    '1--',
  ],
  ...['1) OR (1', '1)', '(1', '1 THEN 1 END FROM record', '1 THEN 1 WHEN 1', '1 END', "1) OR ('", "1 OR '"],
  ...[
    '1\0',
    "name = 'a\0",
    '1 LIMIT 1',
    '1 ORDER BY 1',
    '1 GROUP BY 1',
    '1 HAVING 1',
    '1 PROCEDURE ANALYSE()',
  ],
  ...[
    '1 UNION SELECT 1',
    '1) UNION SELECT (1',
    '(SELECT 1 UNION SELECT 2)',
    '(SELECT 1 FROM record EXCEPT SELECT 1)',
  ],
  ...['SELECT 1', 'level >', 'level = = 1', "name = 'a", 'name = "a"', '"', '`', 'level = ?', 'level = :a'],
  ...["1 INTO OUTFILE '/tmp/x'", "1 INTO DUMPFILE '/tmp/x'", '1 INTO @x', "(SELECT 1 INTO OUTFILE '/tmp/x')"],
  ...[
    '1 FOR UPDATE',
    '1 LOCK IN SHARE MODE',
    '(SELECT 1 FROM record FOR UPDATE)',
    '(SELECT 1 FROM record FOR SHARE)',
  ],
  ...[
    '(SELECT 1 FROM record WHERE 1 FOR UPDATE)',
    '(SELECT 1 FROM record WHERE level = 10 LIMIT 1 FOR UPDATE)',
  ],
  ...[
    'SLEEP(5)',
    'sleep (5)',
    '`sleep`(5)',
    '"SLEEP"(5)',
    'BENCHMARK(1e9, 1)',
    "GET_LOCK('x', 1)",
    "RELEASE_LOCK('x')",
  ],
  ...[
    "LOAD_FILE('/etc/passwd')",
    'LAST_INSERT_ID(5)',
    'CONNECTION_ID()',
    'USER()',
    'DATABASE()',
    'VERSION()',
  ],
  ...['@a := 1', '@a', '@@version', '(@a := level)', 'level := 1', '@`a` = 1', '@@global.read_only'],
  ...[
    '(SELECT COUNT(*) FROM mysql.user)',
    '(SELECT 1 FROM information_schema.TABLES LIMIT 1)',
    '(SELECT 1 FROM rollup)',
  ],
  ...[
    '(SELECT COUNT(*) FROM property)',
    '(SELECT 1 FROM record, rollup)',
    '(SELECT 1 FROM record JOIN rollup)',
  ],
  ...[
    '(SELECT 1 FROM record r, (property))',
    '(SELECT 1 FROM (record, property))',
    '(SELECT 1 FROM (record JOIN total))',
  ],
  // A number ends where the next word begins.
  ...[
    '(SELECT COUNT(*) + 1.5FROM mysql.user)',
    '(SELECT COUNT(*) + 1.FROM mysql.user)',
    '(SELECT COUNT(*) + .5FROM mysql.user)',
    '(SELECT COUNT(*) + 1e0FROM mysql.user)',
    '(SELECT 1 FROM record WHERE level = 1.5FOR UPDATE)',
    '(SELECT 1 FROM record AS a JOIN record AS b ON a.5e5where = 1, total)',
  ],
  // Functions that are not built in, or not harmless.
  ...[
    'f() >= 1',
    'f () >= 1',
    'f\n()',
    '`f`()',
    '"f"()',
    'abs(f())',
    'max (1) >= 1',
    'UUID()',
    "EXTRACTVALUE('', '')",
  ],
  ...[
    '1.5OR f()',
    'any(1) = 1',
    'datetime(1)',
    'columns(1)',
    'against(1)',
    '`abs`(1)',
    "json_extract(f(), '$')",
  ],
  // What ends no FROM, before another table.
  ...[
    '(SELECT 1 FROM record USE INDEX FOR ORDER BY (ts), total)',
    '(SELECT 1 FROM record IGNORE KEY FOR GROUP BY (ts), total)',
    '(SELECT 1 FROM record window, total)',
    '(SELECT 1 FROM (SELECT level AS "limit" FROM record) AS a JOIN record AS b ON a.limit = b.level, total)',
    '(SELECT 1 FROM (SELECT level AS "where" FROM record) AS a JOIN record AS b ON a.where = b.level, total)',
  ],
  ...["CURRENT_USER LIKE 'r%'", "CURRENT_USER() LIKE 'r%'", "CURRENT_ROLE() = 'NONE'"],
  ...[
    '(SELECT 1 FROM record STRAIGHT_JOIN total)',
    '(SELECT 1 FROM record LEFT JOIN `total` ON 1)',
    '(SELECT 1 FROM "total")',
  ],
  ...[
    '(SELECT 1 FROM record.x)',
    '(SELECT 1 FROM `record`.total)',
    '(TABLE total)',
    'EXISTS (TABLE total)',
    '(VALUES ROW(1))',
  ],
  ...[
    '(SELECT 1 FROM {OJ record LEFT JOIN total ON 1})',
    "{d '2001-01-01'}",
    '(WITH t AS (SELECT 1) SELECT * FROM t)',
  ],
  ...[
    '(WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT COUNT(*) FROM t)',
    'sys.version_major()',
  ],
  ...['mysql.f()', 'NEXTVAL(s)', '(NEXT VALUE FOR s)', "NAME_CONST('a', 1)", 'COUNT(*) > 1', 'SUM(level)'],
  ...[
    'ROW_NUMBER() OVER (ORDER BY ts) = 1',
    'no_such_column = 1',
    'no_such_function(1)',
    'abs(1, 2)',
    '\u2603',
    'abs()',
  ],
  ...[
    '(INSERT INTO record VALUES ())',
    '(DELETE FROM record)',
    '(UPDATE record SET level = 1)',
    'DROP TABLE record',
  ],
  ...['18446744073709551615 + level > 0', `${'('.repeat(2000)}1`, 'record', '*', 'record.*'],
];

for (const server of TEST_SERVERS) {
  describe(`expressions on ${server.name}`, { skip: server.skip }, () => {
    let database: TemporaryDatabase;
    let reader: MysqlReader;
    before(async () => {
      database = await temporaryDatabase(server);
      await database.engine.migrate(() => undefined);
      const writer = database.engine.openWriter();
      const record = (name: string, level: number, data: unknown) => {
        const logrec = JSON.stringify({ data });
        return { name, level, ts: 1e15, message: `of ${name}`, logrec };
      };
      const rows = [record('a', 10, { tags: ['x', 'y'] }), record('b', 20, { n: 5 }), record("c'", -1, {})];
      await writer.insert([rows]);
      await writer.close();
      await using session = await database.open();
      for (const name of ['f', 'max']) {
        const parameter = name === 'f' ? '' : 'x INT';
        const body = 'RETURNS INT READS SQL DATA RETURN (SELECT COUNT(*) FROM mysql.user)';
        await session.run(`CREATE FUNCTION "${name}" (${parameter}) ${body}`);
      }
      reader = database.engine.openReader({ timeout: 20 });
    });
    after(async () => {
      await reader.close();
      await database[Symbol.asyncDispose]();
    });

    async function ids(query: string, level?: number): Promise<number[]> {
      const filter = { names: [], query, ...(level !== undefined && { level }) };
      const { bytes } = await reader.page(filter, { skip: 0, take: 100 }, 1e6);
      const records: { id: number }[] = JSON.parse(`[${new TextDecoder().decode(bytes)}]`);
      return records.map(({ id }) => id);
    }

    for (const [query, due] of TAKEN) {
      test(`taken: ${query}`, async () => assert.deepEqual(await ids(query), due));
    }

    test('a path that is no path is told by MySQL; MariaDB takes it for one that finds nothing', async () => {
      const asked = ids("json_extract(logrec, '$[') = 1");
      if (server.name === 'MySQL') await assert.rejects(asked, isQueryError);
      else assert.deepEqual(await asked, []);
    });

    const isQueryError = (error: unknown) => error instanceof StoreError && error.fault === 'query';
    for (const query of REFUSED) {
      test(`refused: ${JSON.stringify(query.slice(0, 60))}`, async () => {
        await assert.rejects(ids(query), isQueryError);
        await assert.rejects(reader.count({ names: [], query }), isQueryError);
        await assert.rejects(reader.timeline({ names: [], level: 1, query }, 'day', 'UTC'), isQueryError);
      });
    }

    test('a number before OR needs no blank to reach over the other filters', async () => {
      assert.deepEqual(await ids('level=1.5OR 1=1', 15), [3, 2, 1]);
    });

    test('the function that may not be called is told', async () => {
      await assert.rejects(ids('f() >= 1'), /may not call F$/);
    });

    test('nothing was written, and the reader goes on', async () => {
      assert.deepEqual(await ids('1'), [3, 2, 1]);
      assert.equal(await reader.count({ names: [] }), 3);
    });

    test('a long one that is right is taken', async () => {
      assert.deepEqual(await ids(`level IN (${'1,'.repeat(20_000)}20)`), [2]);
    });

    test('whatever is made of pieces of SQL cannot reach over the other filters but by OR', async () => {
      const words = [
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
        '-- ',
        '#',
        '\n',
      ];
      const more = [
        '/*',
        '*/',
        "'",
        '"',
        '\\',
        ' CASE WHEN ',
        ' THEN ',
        ' ELSE ',
        ' END ',
        ' FROM record ',
        ' WHERE ',
      ];
      const rest = [' UNION ', 'SELECT ', ' LIMIT 1', '`', '@', '/*!', '-', '.', '_utf8mb4', "x'"];
      const piece = fc.constantFrom(...words, ...more, ...rest);
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 8 }), async (pieces) => {
          try {
            // Without OR nothing but records of this level may be found.
            assert.ok((await ids(pieces.join(''), 15)).every((id) => id === 2));
          } catch (error) {
            if (!isQueryError(error)) throw error;
          }
        }),
        { numRuns: 1500 },
      );
    });

    /** An expression that looks at 3 to the power of 19 rows; MySQL would multiply what has no condition. */
    const tables = Array.from({ length: 19 }, (_, n) => `record AS r${n}`);
    const levels = tables.map((_, n) => `r${n}.level`);
    const slow = `(SELECT COUNT(*) FROM ${tables.join(', ')} WHERE ${levels.join(' + ')} > 20) > 0`;

    test('a slow one is ended by the server itself', async (t) => {
      const quick = database.engine.openReader({ timeout: 0.2 });
      t.after(() => quick.close());
      const started = performance.now();
      await assert.rejects(quick.count({ names: [], query: slow }), (error) => {
        return error instanceof StoreError && error.fault === 'timeout';
      });
      assert.ok(performance.now() - started < 10_000);
      assert.equal(await quick.count({ names: [] }), 3);
    });

    test('one that is given up ends on the server too, and the next one is answered', async (t) => {
      const busy = database.engine.openReader({ timeout: 60 });
      t.after(() => busy.close());
      await using session = await database.open();
      const until = (due: number) => untilRunning(session, database.address.database, 'AS r18', due);
      const rejection = assert.rejects(busy.count({ names: [], query: slow }), (error) => {
        return error instanceof StoreError && error.fault === 'busy';
      });
      await until(1);
      await busy.cancel();
      await rejection;
      await until(0);
      assert.equal(await busy.count({ names: [], query: '1' }), 3);
      await busy.cancel();
      assert.equal(await busy.count({ names: [] }), 3);
    });
  });
}

test('what only the tokens tell', () => {
  for (const query of [
    '(SELECT 1 FROM mysql.user)',
    'f(@a)',
    "x'",
    '1 /*',
    'a.b(1)',
    'sleep(1)',
    '(SELECT 1',
    ')',
    // Taken by MySQL 5.7 alone, where WINDOW is no reserved word.
    '(SELECT 1 FROM record window, total)',
  ]) {
    assert.equal(isHarmless(query), false, query);
  }
  for (const query of ['a = 1', "name = 'union'", '`union` = 1', 'user = 1', "data->'$.a' = 1"]) {
    assert.equal(isHarmless(query), true, query);
  }
});
