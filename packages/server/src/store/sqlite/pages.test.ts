import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { Cursor, Filter } from '../store.ts';
import { Counts } from './counts.ts';
import { SqliteEngine } from './engine.ts';
import { Pages } from './pages.ts';
import { temporaryFolder } from './temporary.ts';

/** A connection that remembers what was asked of it. */
class Listening extends DatabaseSync {
  readonly heard: string[] = [];

  override prepare(sql: string): StatementSync {
    this.heard.push(sql);
    return super.prepare(sql);
  }
}

const BASE = 1_700_000_000_000_000;
const HOUR = 3_600_000_000;
/** Of two records that arrived far apart, long after they were made. */
const LATE = BASE - 100 * HOUR;
const COSTS = { longWalk: 50, manyKeys: 4, manyIds: 600 };

/** 1,000 records, an hour apart; one in a hundred is an error of `rare`. */
async function thousand(): Promise<AsyncDisposable & { pages: Pages; heard: string[] }> {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'pages.sqlite');
  const engine = new SqliteEngine(file, 'sqlite:///pages');
  engine.migrate(() => undefined);
  const writer = engine.openWriter();
  const batch = Array.from({ length: 1000 }, (_, index) => ({
    name: index % 100 === 7 ? 'rare' : `often.${index % 9}`,
    ts: index === 3 || index === 990 ? LATE : BASE + index * HOUR,
    level: index % 100 === 7 ? 40 : 20,
    message: `${index}`,
    logrec: '{}',
  }));
  writer.insert([batch]);
  writer.close();
  const database = new Listening(file, { readOnly: true });
  return {
    pages: new Pages(database, new Counts(database), COSTS),
    heard: database.heard,
    async [Symbol.asyncDispose]() {
      database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

describe('the way to a page', () => {
  const byId = /NOT INDEXED/;
  const byTime = /INDEXED BY ts/;
  const byLevelAndName = /INDEXED BY level_name/;
  const cases: [string, Partial<Filter>, Cursor, RegExp, number[]][] = [
    ['the newest: by id', {}, { skip: 0, take: 2 }, byId, [1000, 999]],
    ['deep, no id missing: a subtraction', {}, { skip: 900, take: 2 }, byId, [100, 99]],
    ['of a frequent level: by id', { level: 20 }, { skip: 0, take: 2 }, byId, [1000, 999]],
    ['of a rare level: its index', { level: 40 }, { skip: 1, take: 2 }, byLevelAndName, [808, 708]],
    ['of a rare name: its index', { names: ['ra'] }, { skip: 0, take: 1 }, byLevelAndName, [908]],
    [
      'of a rare name, further on',
      { names: ['ra'] },
      { skip: 0, take: 2, below: 808 },
      byLevelAndName,
      [708, 608],
    ],
    ['of too many names: by id', { names: ['often'] }, { skip: 100, take: 1 }, byId, [899]],
    ['too deep for a list in memory: by id', { names: ['often.1'] }, { skip: 700, take: 1 }, byId, []],
    ['late records far apart: by time', { before: LATE }, { skip: 0, take: 50 }, byTime, [991, 4]],
    ['late records, further on', { before: LATE }, { skip: 0, take: 50, below: 991 }, byTime, [4]],
    [
      'of some old hours: by time',
      { after: BASE, before: BASE + 2 * HOUR },
      { skip: 0, take: 50 },
      byId,
      [3, 2, 1],
    ],
  ];
  for (const [name, filter, cursor, way, due] of cases) {
    test(name, async () => {
      await using store = await thousand();
      store.heard.length = 0;
      const page = store.pages.page({ names: [], ...filter }, cursor, 1e6);
      const records: { id: number }[] = JSON.parse(`[${new TextDecoder().decode(page.bytes)}]`);
      assert.deepEqual(
        records.map(({ id }) => id),
        due,
      );
      const asked = store.heard.filter(
        (sql) => /FROM record /.test(sql) && !/WHERE record_id = \?/.test(sql),
      );
      assert.equal(asked.length, 1, asked.join('\n'));
      assert.match(asked[0] ?? '', way);
    });
  }
});
