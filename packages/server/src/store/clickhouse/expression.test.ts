import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ClickhouseEngine } from './engine.ts';
import { skipWithoutChdb } from './testing/chdb-installed.ts';
import { type StandIn, startStandIn } from './testing/stand-in.ts';

const RECORDS = [1, 2, 3].map((level) => ({
  ...{ name: 'app.web', ts: 1_700_000_000_000_000 + level, level, message: `say "${level}"` },
  logrec: `{"data": {"n": ${level}, "größe 日本": ${level}, "tags": ["a", "b${level}"]}, "meta": {"process": "${level}"}}`,
}));

/** With how many of the three records it holds for. */
const GOOD: readonly (readonly [expression: string, count: number])[] = [
  ['level > 1', 2],
  ['level > 1 -- and so on', 2],
  ['level > 1 /* and so on */', 2],
  ['level = 1 OR level = 3', 2],
  ['(level = 1) OR (level = 3)', 2],
  ['logrec.data.n = 2', 1],
  ['logrec.data.n.:Int64 IN (1, 2)', 2],
  ["logrec.meta.process = '3'", 1],
  ["has(logrec.data.tags.:`Array(Nullable(String))`, 'b2')", 1],
  ["arrayExists(tag -> tag = 'b3', logrec.data.tags.:`Array(Nullable(String))`)", 1],
  ['message LIKE \'%"2"%\'', 1],
  ["message ILIKE 'SAY%' AND name = 'app.web'", 3],
  ["message = 'it''s' OR message = 'it\\'s\\nFunction file'", 0],
  ['level IN (SELECT max(level) FROM record)', 1],
  ['level = (SELECT min(other.level) FROM record AS other)', 1],
  ['fromUnixTimestamp64Micro(ts) > now() - INTERVAL 100 YEAR', 3],
  ['CASE WHEN level = 1 THEN 1 ELSE 0 END', 1],
  ['record.level BETWEEN 2 AND 3', 2],
  ['logrec.data.absent = 1', 0],
  ['logrec.data.`größe 日本` = 2', 1],
  ['(level + 1 AS next) = 2 OR next = 3', 2],
  ['level IN (SELECT ts AS level FROM record AS size)', 0],
  ['level IN (SELECT level AS name FROM record)', 3],
];

const BAD = [
  '',
  'level >',
  '1) OR (1',
  '1 THEN 1 END, CASE WHEN 1',
  '1; SELECT 1',
  '1); DROP TABLE record; --',
  '1 THEN 1 END; DROP TABLE record; SELECT CASE WHEN 1',
  '1 SETTINGS max_threads = 1',
  '1 FORMAT Null',
  '1 UNION ALL SELECT 1',
  "1 INTO OUTFILE '/tmp/x'",
  '1 LIMIT 1',
  'nothing = 1',
  'level = {x:Int32}',
  '\0',
  'level = 1\0',
  "file('/etc/passwd') = 'x'",
  'sleep(3) = 0',
  'sleepEachRow(3) = 0',
  'currentUser() = hostName()',
  'authenticatedUser() = displayName()',
  "logTrace('x') = 0",
  "dictGet('a', 'b', 1) = 1",
  "joinGet('a', 'b', 1) = 1",
  'level IN system.one',
  'level NOT IN property',
  'globalIn(level, property)',
  'inIgnoreSet(level, property)',
  'globalNotNullInIgnoreSet(level, system.one)',
  'level IN (SELECT number FROM system.numbers LIMIT 3)',
  'level IN (SELECT value FROM property)',
  'level IN (SELECT * FROM numbers(3))',
  "level IN (SELECT * FROM url('http://127.0.0.1:1/', CSV, 'a Int32'))",
  'level IN (SELECT 1 SETTINGS max_threads = 1)',
  'level IN (WITH x AS (SELECT value FROM property) SELECT * FROM x)',
  "COLUMNS('level') = 1",
  'level = `a\n Function file`',
  "level = 'one'",
  'throwIf(1)',
  '(1 AS ts) = 1',
  "('x' AS name) = 'x'",
  "('{}' AS logrec_form) = '{}'",
  '((SELECT 1) AS size) = 1',
  "('(alias x)' AS name) = 'x'",
  "('(alias x' AS name) = 'x'",
  '(plus(level, 1) AS `logrec.data`) = 2',
  'level = 1 AS record_id',
  '(1 AS bucket) = 1',
];

describe("clients' expressions in ClickHouse", { skip: skipWithoutChdb }, () => {
  let server: StandIn;
  let engine: ClickhouseEngine;
  before(async () => {
    server = await startStandIn();
    engine = new ClickhouseEngine(server.address);
    await engine.migrate(() => undefined);
    const writer = engine.openWriter();
    await writer.insert([RECORDS]);
    await writer.close();
  });
  after(() => server[Symbol.asyncDispose]());

  for (const [query, count] of GOOD) {
    test(`${query}: ${count}`, async () => {
      const reader = engine.openReader();
      assert.equal(await reader.count({ names: [], query }), count);
      const { count: found } = await reader.page({ names: [], query }, { skip: 0, take: 10 }, 1e6);
      assert.equal(found, count);
      await reader.close();
    });
  }

  for (const query of BAD) {
    test(`refused: ${JSON.stringify(query)}`, async () => {
      const reader = engine.openReader();
      await assert.rejects(async () => reader.count({ names: [], query }), {
        name: 'StoreError',
        fault: 'query',
      });
      assert.equal(await reader.count({ names: [] }), RECORDS.length);
      await reader.close();
    });
  }

  test('a question that needs too much memory is refused, and says so', async () => {
    const reader = engine.openReader();
    const query = 'length(arrayMap(x -> repeat(toString(x), 20), range(level * 0 + 20000000))) > 0';
    const refusal = { fault: 'query', message: 'The query filter needs too much memory' };
    await assert.rejects(async () => reader.count({ names: [], query }), refusal);
    await assert.rejects(async () => reader.page({ names: [], query }, { skip: 0, take: 10 }, 1e6), refusal);
    assert.equal(await reader.count({ names: [] }), RECORDS.length);
    await reader.close();
  });

  test('a question is ended at its time limit', async () => {
    const reader = engine.openReader({ timeout: 1 });
    const query =
      'level = (SELECT count() FROM (SELECT arrayJoin(range(1000000)) AS x) AS a, (SELECT arrayJoin(range(1000000)) AS y) AS b WHERE sipHash64(x, y) = 1)';
    const begun = performance.now();
    await assert.rejects(async () => reader.count({ names: [], query }), { fault: 'timeout' });
    assert.ok(performance.now() - begun < 20_000);
    await reader.close();
  });
});
