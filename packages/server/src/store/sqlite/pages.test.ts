import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { Cursor, Filter } from '../store.ts';
import { BlockParts } from './blocks/block-parts.ts';
import { Blocks } from './blocks/blocks.ts';
import { SqliteEngine } from './engine.ts';
import { Pages } from './pages.ts';
import { temporaryFolder } from './temporary.ts';
import { SqliteWriter } from './writer.ts';

/** A connection that remembers of which blocks it read parts. */
class Listening extends DatabaseSync {
  readonly heads: number[] = [];
  readonly texts: number[] = [];
  /** Blocks whose levels and names were unpacked. */
  readonly kinds: number[] = [];

  override prepare(sql: string): StatementSync {
    const statement = super.prepare(sql);
    const table = /SELECT part FROM block_(\w+)|SELECT (kinds) FROM block /.exec(sql)?.slice(1).find(Boolean);
    if (table === undefined) return statement;
    const heard = { head: this.heads, kinds: this.kinds }[table] ?? this.texts;
    const get = statement.get.bind(statement);
    statement.get = (firstId: unknown) => {
      heard.push(Number(firstId));
      return get(Number(firstId));
    };
    return statement;
  }
}

const BASE = 1_700_000_000_000_000;
const HOUR = 3_600_000_000;
/** Of a record that arrived long after it was made. */
const LATE = BASE - 100 * HOUR;

/** 1,000 records in ten blocks, an hour apart; one in each of the first five is an error of `rare`. */
async function thousand(
  largest = '',
): Promise<AsyncDisposable & { pages: Pages; database: Listening; forget(): void }> {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'pages.sqlite');
  new SqliteEngine(file, 'sqlite:///pages').migrate(() => undefined);
  const writer = new SqliteWriter(file, { large: 1, enough: 1, block: 100 });
  const batch = Array.from({ length: 1000 }, (_, index) => ({
    name: index % 100 === 7 && index < 500 ? 'rare' : index === 950 ? 'late' : `often.${index % 9}`,
    ts: index === 290 ? LATE : BASE + index * HOUR,
    level: index % 100 === 7 && index < 500 ? 40 : 20,
    message: `${index}`,
    logrec: index < 995 ? '{}' : `{"largest": "${largest}"}`,
  }));
  writer.insert([batch]);
  writer.close();
  const database = new Listening(file, { readOnly: true });
  const onDamage = (firstId: number) => assert.fail(`block ${firstId} is damaged`);
  const blocks = new Blocks(database, onDamage);
  blocks.refresh();
  return {
    pages: new Pages(database, blocks),
    database,
    /** As if other parts had taken the place of those that were read. */
    forget: () => Object.assign(blocks, { parts: new BlockParts(database, onDamage) }),
    async [Symbol.asyncDispose]() {
      database.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test('the records of a page are kept for the next one, however far apart they are', async () => {
  await using store = await thousand();
  const { pages, database, forget } = store;
  const ask = () => pages.page({ names: [], level: 40 }, { skip: 0, take: 5 }, 1e6);
  const first = ask();
  assert.equal(first.count, 5);
  assert.equal(database.texts.length, 10);
  forget();
  assert.deepEqual(ask(), first);
  assert.equal(database.texts.length, 10);
  pages.page({ names: [], before: BASE + 200 * HOUR }, { skip: 0, take: 500 }, 1e6);
  assert.deepEqual(ask(), first);
});

test('of neighbours, which are unpacked together, the first ones alone are kept', async () => {
  await using store = await thousand();
  const { pages, database, forget } = store;
  const ask = (take: number) => pages.page({ names: [] }, { skip: 0, take }, 1e6);
  const first = ask(20);
  assert.equal(first.count, 20);
  forget();
  database.texts.length = 0;
  assert.equal(ask(9).count, 9);
  assert.deepEqual(database.texts, []);
  assert.deepEqual(ask(20), first);
  assert.equal(database.texts.length, 2);
});

test('records that are too large to be kept are read again', async () => {
  await using store = await thousand('x'.repeat(1_100_000));
  const { pages, database } = store;
  const ask = () => pages.page({ names: [] }, { skip: 0, take: 3 }, 1e7);
  const first = ask();
  assert.deepEqual([first.count, first.bytes.length > 3_300_000], [3, true]);
  database.texts.length = 0;
  assert.deepEqual(ask(), first);
});

test('levels and names are looked at only where they matter, and no further than there can be records', async () => {
  await using store = await thousand();
  const { pages, database } = store;
  const kindsFor = (filter: Partial<Filter>, cursor: Cursor): number[] => {
    database.kinds.length = 0;
    pages.page({ names: [], ...filter }, cursor, 1e6);
    return database.kinds;
  };
  assert.deepEqual(kindsFor({ names: ['none'] }, { skip: 0, take: 9 }), []);
  assert.deepEqual(kindsFor({ names: ['rare'] }, { skip: 5, take: 9 }), []);
  assert.deepEqual(kindsFor({}, { skip: 950, take: 2 }), [1]);
  assert.deepEqual(kindsFor({ level: 20, names: ['late'] }, { skip: 0, take: 50 }), [901]);
});

describe('pages unpack no more blocks than they need', () => {
  const cases: [string, Partial<Filter>, Cursor, ids: number[], heads: number[], texts?: number[]][] = [
    ['the newest', {}, { skip: 0, take: 2 }, [1000, 999], [901]],
    ['over the edge of a block', {}, { skip: 99, take: 2 }, [901, 900], [901, 801]],
    ['deep', {}, { skip: 900, take: 2 }, [100, 99], [1]],
    ['deeper than there are records', {}, { skip: 1000, take: 2 }, [], []],
    ['of a frequent level', { level: 20 }, { skip: 0, take: 2 }, [1000, 999], [901]],
    ['of a rare level', { level: 40 }, { skip: 1, take: 2 }, [308, 208], [301, 201]],
    ['of a rare name', { names: ['ra'] }, { skip: 0, take: 1 }, [408], [401]],
    [
      'of a rare name, further on',
      { names: ['ra'] },
      { skip: 0, take: 2, below: 208 },
      [108, 8],
      [201, 101, 1],
      [101, 1],
    ],
    ['of no such name', { names: ['no'] }, { skip: 0, take: 1 }, [], []],
    ['of a frequent name, deep', { names: ['often.1'] }, { skip: 108, take: 9 }, [11, 2], [1]],
    ['of a late record', { before: LATE }, { skip: 0, take: 50 }, [291], [201]],
    [
      'of some old hours',
      { after: BASE, before: BASE + 2 * HOUR },
      { skip: 0, take: 50 },
      [3, 2, 1],
      [201, 1],
      [1],
    ],
    ['of a time with no records', { before: LATE - 1 }, { skip: 0, take: 50 }, [], []],
  ];
  for (const [name, filter, cursor, due, heads, texts = heads] of cases) {
    test(name, async () => {
      await using store = await thousand();
      const page = store.pages.page({ names: [], ...filter }, cursor, 1e6);
      const records: { id: number }[] = JSON.parse(`[${new TextDecoder().decode(page.bytes)}]`);
      assert.deepEqual(
        records.map(({ id }) => id),
        due,
      );
      assert.deepEqual(store.database.heads, heads);
      assert.deepEqual([...new Set(store.database.texts)], texts);
    });
  }
});
