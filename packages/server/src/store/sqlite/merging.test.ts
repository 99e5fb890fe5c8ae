import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import type { LogRecord } from '@chronologer/record';
import { USUAL_SIZES } from './blocks/sealing.ts';
import { SqliteEngine } from './engine.ts';
import { temporaryFolder } from './temporary.ts';
import { SqliteWriter } from './writer.ts';

const HOUR = 3_600_000_000;

async function store(sizes = USUAL_SIZES) {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'store.sqlite');
  const engine = new SqliteEngine(file, 'sqlite:///store');
  engine.migrate(() => undefined);
  const open = { writer: new SqliteWriter(file, sizes) };
  const ask = (sql: string) => {
    const database = new DatabaseSync(file);
    const rows = database.prepare(sql).all();
    database.close();
    return rows;
  };
  return {
    engine,
    ask,
    insert: (count: number, text = () => '') => open.writer.insert([many(count, text)]),
    tidy: (now = 0) => open.writer.tidy(now),
    tidyAll(): void {
      for (let step = 1; open.writer.tidy(0); step++) assert.ok(step < 1000, 'it never ends');
    },
    reopen(): void {
      open.writer.close();
      open.writer = new SqliteWriter(file, sizes);
    },
    counts: () => ask('SELECT count FROM block ORDER BY first_id').map(({ count }) => count),
    recent: () => ask('SELECT count(*) AS count FROM recent')[0]?.count,
    async [Symbol.asyncDispose]() {
      open.writer.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

function many(count: number, text: () => string): LogRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `n${index % 3}`,
    ts: index * 1_000_000,
    level: 20,
    message: `m${index}`,
    logrec: `{"data": {"text": "${text()}"}}`,
  }));
}

describe('small blocks', () => {
  test('become one of up to 4,096 records when the next would not fit, and none is touched again', async () => {
    await using one = await store();
    for (let batch = 0; batch < 9; batch++) one.insert(1000);
    one.tidyAll();
    assert.deepEqual(one.counts(), [4000, 4000, 1000]);
    const changes = one.ask('SELECT change FROM block');
    for (let batch = 0; batch < 3; batch++) one.insert(1000);
    one.tidyAll();
    one.reopen();
    one.tidyAll();
    assert.deepEqual(one.counts(), [4000, 4000, 1000, 1000, 1000, 1000]);
    assert.deepEqual(one.ask('SELECT change FROM block LIMIT 2'), changes.slice(0, 2));
    one.insert(1000);
    one.tidyAll();
    assert.deepEqual(one.counts(), [4000, 4000, 4000, 1000]);
  });

  test('larger ones than half a block stay, and so does what stands alone between them', async () => {
    await using one = await store();
    for (const count of [2049, 300, 3000, 4096, 700, 800, 2500, 4096 + 260]) one.insert(count);
    one.tidyAll();
    assert.deepEqual(one.counts(), [2049, 300, 3000, 4096, 1500, 2500, 4096, 260]);
  });

  test('with long texts they are no larger than 4 MiB, however well those are packed', async () => {
    await using one = await store();
    for (let batch = 0; batch < 40; batch++) one.insert(300, () => 'x'.repeat(5000));
    one.tidyAll();
    const counts = one.counts().map(Number);
    assert.equal(
      counts.reduce((sum, count) => sum + count, 0),
      12_000,
    );
    assert.ok(counts.filter((count) => count === 600).length >= 13, `${counts}`);
    assert.ok(
      counts.every((count) => count <= 600),
      `${counts}`,
    );
  });

  test('with texts that hardly pack they are enough before there are 4,096', async () => {
    await using one = await store();
    for (let batch = 0; batch < 12; batch++) one.insert(300, () => randomBytes(300).toString('hex'));
    one.tidyAll();
    assert.deepEqual(one.counts(), [1500, 1500, 300, 300]);
  });

  test('when there are very many of few records they are not left until they are enough', async () => {
    await using one = await store({ large: 1, enough: 1, block: 4096 });
    for (let batch = 0; batch < 300; batch++) one.insert(2);
    one.tidyAll();
    assert.deepEqual(one.counts(), [512, ...Array(44).fill(2)]);
  });

  test('tiny frames are packed anew, fuller ones are kept as they are', async () => {
    await using one = await store({ large: 1, enough: 1, block: 24 });
    for (let batch = 0; batch < 9; batch++) one.insert(8);
    one.tidyAll();
    assert.deepEqual(one.counts(), [24, 24, 8, 8, 8]);
    // The version, then how many frames there are.
    assert.equal(one.ask('SELECT hex(substr(part, 2, 1)) AS frames FROM block_logrec')[0]?.frames, '01');
    await using other = await store();
    for (let batch = 0; batch < 15; batch++) other.insert(300);
    other.tidyAll();
    assert.deepEqual(other.counts(), [3900, 300, 300]);
    assert.equal(other.ask('SELECT hex(substr(part, 2, 1)) AS frames FROM block_logrec')[0]?.frames, '0D');
  });
});

describe('a block with damage is left alone, and so stays the damage', () => {
  for (const [what, sql] of [
    [
      'its head',
      "UPDATE block_head SET part = CAST(substr(part, 1, 9) || x'55' || substr(part, 11) AS BLOB)",
    ],
    ['a head that is gone', 'DELETE FROM block_head'],
    ['its kinds', 'UPDATE block SET kinds = substr(kinds, 1, 8)'],
    ['messages of nothing', "UPDATE block_message SET part = x''"],
    ['texts that are gone', 'DELETE FROM block_logrec'],
    ['a later version', "UPDATE block_logrec SET part = CAST(x'07' || substr(part, 2) AS BLOB)"],
    [
      'its texts, since the last start',
      "UPDATE block_logrec SET part = CAST(substr(part, 1, 14) || x'55' || substr(part, 16) AS BLOB)",
    ],
  ] as const) {
    test(what, async () => {
      await using one = await store({ large: 1, enough: 1, block: 24 });
      for (let batch = 0; batch < 10; batch++) one.insert(6);
      one.reopen();
      one.ask(`${sql} WHERE first_id = 13`);
      one.tidyAll();
      assert.deepEqual(one.counts(), [12, 6, 24, 6, 6, 6]);
      const reader = one.engine.openReader();
      const { count } = reader.page({ names: [] }, { skip: 0, take: 100 }, 1e6);
      assert.equal(count, 54);
      assert.match(reader.takeWarnings().join(), /^The records 13 to 18 are left out/);
      reader.close();
    });
  }
});

describe('rows that stay', () => {
  test('are sealed an hour after the oldest of them came, when they are enough for a block of their own', async () => {
    await using one = await store();
    one.insert(200);
    assert.equal(one.tidy(HOUR), false);
    one.insert(55);
    assert.equal(one.tidy(3 * HOUR), false);
    assert.equal(one.recent(), 255);
    one.insert(1);
    assert.equal(one.tidy(3 * HOUR), true);
    assert.deepEqual([one.recent(), one.counts()], [0, [256]]);
    one.insert(255);
    one.insert(255);
    assert.equal(one.tidy(4 * HOUR), false);
    assert.equal(one.tidy(5 * HOUR - 1), false);
    assert.equal(one.tidy(5 * HOUR), true);
    assert.deepEqual([one.recent(), one.counts()], [0, [256, 510]]);
    one.insert(1);
    assert.equal(one.tidy(5 * HOUR), false);
  });
});
