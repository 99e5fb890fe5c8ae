import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { IdRange } from '../../store.ts';
import { someRecords, type TrialStore, trialStore } from './trial-store.ts';

const BY_TEN = { large: 10, enough: 100, block: 10 };

/** 30 records in blocks of ten (1, 11, 21) and five recent ones (31 to 35). */
async function thirtyFive() {
  const trial = await trialStore();
  const records = someRecords(35);
  trial.store.insert([records.slice(0, 30), records.slice(30)], BY_TEN);
  return trial;
}

const idsOf = (ranges: readonly IdRange[]) =>
  ranges.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
const upTo = (from: number, to: number) => idsOf([{ from, to }]);
const flipped = (at: number) => (bytes: Buffer) => {
  const byte = at < 0 ? bytes.length + at : at;
  bytes[byte] = (bytes[byte] ?? 0) ^ 0x10;
  return bytes;
};

/** Checks, repairs, checks again: these ids are said to be lost and are, all else is there as it was. */
function repairs(store: TrialStore, before: Map<number, string>, finding: RegExp, lost: number[]): void {
  const found = store.check();
  assert.equal(found.sound, false);
  assert.match(found.findings.map(({ what }) => what).join('\n'), finding);
  const said = found.findings.flatMap((each) => idsOf(each.lost)).sort((a, b) => a - b);
  assert.deepEqual(said, lost);
  assert.deepEqual(store.check().findings, found.findings, 'a check changes nothing');
  const repaired = store.check(true);
  assert.deepEqual(repaired.findings, found.findings);
  assert.match(repaired.told[0] ?? '', /copy/);
  assert.equal(repaired.sound, true);
  const again = store.check();
  assert.deepEqual([again.sound, again.findings, again.told], [true, [], []]);
  const due = new Map(before);
  for (const id of lost) due.delete(id);
  assert.deepEqual(store.records(), due);
  assert.equal(again.records, due.size);
  const reader = store.engine.openReader();
  assert.equal(reader.count({ names: [] }), due.size);
  assert.equal(reader.count({ names: [], level: 20 }), reader.count({ names: [], query: 'level >= 20' }));
  reader.close();
  store.insert([someRecords(1)], BY_TEN);
  assert.equal(store.check().sound, true);
}

describe('a sound store', () => {
  test('is found sound, beside a writer and a reader, and not a byte is changed', async () => {
    await using trial = await thirtyFive();
    const { store } = trial;
    const before = readFileSync(store.file);
    const { findings, told, ...result } = store.check();
    assert.deepEqual([findings, told, result], [[], [], { sound: true, blocks: 3, records: 35 }]);
    assert.deepEqual(readFileSync(store.file), before);
    const writer = store.engine.openWriter();
    const reader = store.engine.openReader();
    writer.insert([someRecords(300)]);
    assert.equal(reader.count({ names: [] }), 335);
    assert.equal(store.check().sound, true);
    reader.close();
    writer.close();
  });

  test('an empty one, too; and a repair of nothing says nothing', async () => {
    await using trial = await trialStore();
    assert.equal(trial.store.check().sound, true);
    assert.deepEqual(trial.store.check(true).told, []);
  });

  test('times beyond 2^53, times in no order and the rarest levels are no damage', async () => {
    await using trial = await trialStore();
    const times = [-62_135_596_800_000_000, 253_402_300_800 * 1e6 - 32, 0, -1, 900_000_000];
    const records = someRecords(12).map((record, index) => ({
      ...record,
      ts: times[index % 5] ?? 0,
      level: -index,
    }));
    trial.store.insert([records, records.slice(0, 3)], BY_TEN);
    assert.deepEqual(trial.store.check().findings, []);
  });
});

describe('damage', () => {
  for (const [what, damage, finding, lost] of [
    [
      'a bit of a head',
      ['block_head', 'part', flipped(-9)],
      /Block 11 to 20: its ids and times are damaged/,
      upTo(11, 20),
    ],
    [
      'a bit of messages',
      ['block_message', 'part', flipped(-9)],
      /Block 11 to 20: its messages/,
      upTo(11, 20),
    ],
    [
      'a bit of logrecs',
      ['block_logrec', 'part', flipped(-20)],
      /Block 11 to 20: its texts of logrec/,
      upTo(11, 20),
    ],
    ['a bit of kinds', ['block', 'kinds', flipped(-9)], /Block 11 to 20: its levels and names/, upTo(11, 20)],
    [
      'a head cut off',
      ['block_head', 'part', (all: Buffer) => all.subarray(0, 9)],
      /ids and times/,
      upTo(11, 20),
    ],
    ['texts of nothing', ['block_logrec', 'part', () => Buffer.alloc(0)], /texts of logrec/, upTo(11, 20)],
    [
      'bytes behind a part',
      ['block_logrec', 'part', (all: Buffer) => Buffer.concat([all, all])],
      /bytes follow it|list/,
      [],
    ],
    [
      'the version of messages',
      ['block_message', 'part', flipped(0)],
      /version of its messages is damaged/,
      [],
    ],
    [
      'the version of a head',
      ['block_head', 'part', flipped(0)],
      /version of its ids and times is damaged/,
      [],
    ],
    [
      'the version of kinds',
      ['block', 'kinds', flipped(0)],
      /version of its levels and names is damaged/,
      [],
    ],
    ['the number of frames', ['block_message', 'part', flipped(1)], /list of its frames is damaged/, []],
    ['the texts of a frame', ['block_message', 'part', flipped(2)], /list of its frames is damaged/, []],
    [
      'the length of a frame',
      ['block_message', 'part', flipped(3)],
      /list of its frames is damaged|bytes follow/,
      [],
    ],
  ] as const) {
    test(`of ${what}`, async () => {
      await using trial = await thirtyFive();
      const before = trial.store.records();
      const [table, column, change] = damage;
      trial.store.damage(table, column, 11, change);
      repairs(trial.store, before, finding, [...lost]);
    });
  }

  for (const [what, sql, finding, lost] of [
    [
      'a head that is gone',
      ['DELETE FROM block_head WHERE first_id = 11'],
      /ids and times are missing/,
      upTo(11, 20),
    ],
    [
      'messages that are gone',
      ['DELETE FROM block_message WHERE first_id = 1'],
      /messages are missing/,
      upTo(1, 10),
    ],
    [
      'logrecs that are gone',
      ['DELETE FROM block_logrec WHERE first_id = 21'],
      /logrec are missing/,
      upTo(21, 30),
    ],
    [
      'a row of a block that is gone',
      ['DELETE FROM block WHERE first_id = 11'],
      /Parts of a block from 11/,
      upTo(11, 20),
    ],
    [
      'a part that is no blob',
      ["UPDATE block_head SET part = 'x' WHERE first_id = 11"],
      /are no bytes/,
      upTo(11, 20),
    ],
    [
      'a first id',
      ['UPDATE block SET first_id = 15 WHERE first_id = 11'],
      /its first id is given as 15, and is 11/,
      [],
    ],
    [
      'first ids that were exchanged, with their parts',
      ['block', 'block_head', 'block_message', 'block_logrec'].flatMap((table) => [
        `UPDATE ${table} SET first_id = -1 WHERE first_id = 11`,
        `UPDATE ${table} SET first_id = 11 WHERE first_id = 21`,
        `UPDATE ${table} SET first_id = 21 WHERE first_id = -1`,
      ]),
      /its first id is given as 11, and is 21/,
      [],
    ],
    [
      'a last id',
      ['UPDATE block SET last_id = 25 WHERE first_id = 11'],
      /last id is given as 25, and is 20/,
      [],
    ],
    ['a count', ['UPDATE block SET count = 9 WHERE first_id = 11'], /number of records is given as 9/, []],
    [
      'a lowest time',
      ['UPDATE block SET lowest_time = 0 WHERE first_id = 11'],
      /lowest time is given as 0/,
      [],
    ],
    [
      'a highest time',
      ['UPDATE block SET highest_time = 0 WHERE first_id = 11'],
      /highest time is given as 0/,
      [],
    ],
    [
      'a number that is none',
      ["UPDATE block SET change = 'x' WHERE first_id = 11"],
      /holds what is no number/,
      [],
    ],
    [
      'a count of the rollup',
      ["UPDATE rollup SET count = count + 7 WHERE name = 'n1' AND level = 10"],
      /they tell of/,
      [],
    ],
    ['rows of the rollup that are gone', ["DELETE FROM rollup WHERE name = 'n1'"], /quarter of an hour/, []],
    ['a row of the rollup too many', ["INSERT INTO rollup VALUES (1, 2, 'x', 0)"], /quarter of an hour/, []],
    [
      'a count of the totals',
      ['UPDATE total SET count = 0 WHERE level = 10'],
      /by level and name are wrong/,
      [],
    ],
    ['totals that are gone', ['DELETE FROM total'], /tell of 0 records, and there are 35/, []],
    [
      'the highest change',
      ["UPDATE property SET value = 1 WHERE name = 'block_change'"],
      /block_change is 1, and/,
      [],
    ],
    [
      'a property that is gone',
      ["DELETE FROM property WHERE name = 'blocks_removed'"],
      /blocks_removed is missing/,
      [],
    ],
    [
      'parts without a block',
      ["INSERT INTO block_logrec VALUES (500, x'01')"],
      /Parts of a block from 500/,
      [],
    ],
    [
      'a recent row of nothing',
      ["UPDATE recent SET ts = 'x' WHERE record_id = 33"],
      /recent record 33 holds/,
      [33],
    ],
  ] as const) {
    test(`of ${what}`, async () => {
      await using trial = await thirtyFive();
      const before = trial.store.records();
      assert.ok(trial.store.change(...sql) > 0);
      repairs(trial.store, before, finding, [...lost]);
    });
  }

  test('a block that is there twice is made one', async () => {
    await using trial = await thirtyFive();
    const before = trial.store.records();
    trial.store.change(
      'INSERT INTO block SELECT 15, last_id, count, lowest_time, highest_time, 1000, kinds FROM block WHERE first_id = 11',
      ...['block_head', 'block_message', 'block_logrec'].map(
        (table) => `INSERT INTO ${table} SELECT 15, part FROM ${table} WHERE first_id = 11`,
      ),
    );
    repairs(trial.store, before, /Ids overlap: block 11 to 20, block 11 to 20/, []);
  });

  test('a recent row with the id of a record in a block: the one written first is kept', async () => {
    await using trial = await thirtyFive();
    const before = trial.store.records();
    trial.store.change('UPDATE recent SET record_id = 7 WHERE record_id = 33');
    before.delete(33);
    const { findings } = trial.store.check();
    assert.match(findings.map(({ what }) => what).join(), /Ids overlap: block 1 to 10, the recent record 7/);
    assert.deepEqual(
      findings.flatMap(({ lost }) => lost),
      [{ from: 7, to: 7 }],
    );
    assert.equal(trial.store.check(true).sound, true);
    assert.deepEqual(trial.store.records(), before);
  });

  test('a recent row with an id of its own before a block becomes a block', async () => {
    await using trial = await thirtyFive();
    const before = trial.store.records();
    trial.store.change(
      ...['block', 'block_head', 'block_message', 'block_logrec'].map(
        (table) => `DELETE FROM ${table} WHERE first_id = 11`,
      ),
      'UPDATE recent SET record_id = 13 WHERE record_id = 33',
    );
    for (const id of upTo(11, 20)) before.delete(id);
    before.set(13, (before.get(33) ?? '').replace('"id":33', '"id":13'));
    before.delete(33);
    const { findings } = trial.store.check();
    assert.match(findings.map(({ what }) => what).join(), /recent record 13 should be behind all blocks/);
    assert.equal(trial.store.check(true).sound, true);
    assert.deepEqual(trial.store.records(), before);
  });

  test('a logrec of a recent row that is no JSON is kept as a text', async () => {
    await using trial = await thirtyFive();
    trial.store.change(`UPDATE recent SET logrec = '{"data": {"n": 3' WHERE record_id = 33`);
    const { findings } = trial.store.check(true);
    assert.deepEqual([findings.length, findings[0]?.lost], [1, []]);
    assert.equal(trial.store.check().sound, true);
    const { logrec } = JSON.parse(trial.store.records().get(33) ?? '');
    assert.deepEqual(logrec, { data: { unreadable: '{"data": {"n": 3' } });
  });

  test('a part of a later version is left as it is, and its block with it', async () => {
    await using trial = await thirtyFive();
    trial.store.damage('block_logrec', 'part', 11, (part) => {
      part[0] = 2;
      return flipped(-20)(part);
    });
    trial.store.damage('block_head', 'part', 1, flipped(-9));
    const { sound, findings } = trial.store.check(true);
    assert.equal(sound, false);
    const later = findings.filter(({ what }) =>
      /version 2, which this Chronologer does not know.*left/.test(what),
    );
    assert.equal(later.length, 2, 'before and after');
    assert.deepEqual(
      later.map(({ lost, repair }) => [lost, repair]),
      [
        [[{ from: 11, to: 20 }], undefined],
        [[{ from: 11, to: 20 }], undefined],
      ],
    );
    const after = trial.store.check();
    assert.equal(after.findings.length, 1);
    assert.deepEqual(
      [...trial.store.records().keys()].sort((a, b) => a - b),
      upTo(21, 35),
    );
  });
});
