import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, copyFileSync, openSync, readFileSync, writeSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { SchemaError, StoreError } from '../../store-error.ts';
import { ByteReader } from '../blocks/byte-reader.ts';
import { decodeKinds, encodeKinds } from '../blocks/kinds.ts';
import { pack, unpack } from '../blocks/part.ts';
import { someRecords, TrialStore, trialStore } from './trial-store.ts';

const MODULE = new URL('../engine.ts', import.meta.url).href;
const BY_TEN = { large: 10, enough: 100, block: 10 };
const AT_ONCE = { large: 10, enough: 100, block: 4096 };
const MAGIC = Buffer.of(0x28, 0xb5, 0x2f, 0xfd);

const flip = (bytes: Buffer, at: number) => {
  bytes[at] = (bytes[at] ?? 0) ^ 0x10;
  return bytes;
};
/** Where the frames of a part begin. */
const begins = (part: Buffer) => {
  const found: number[] = [];
  for (let at = part.indexOf(MAGIC); at !== -1; at = part.indexOf(MAGIC, at + 1)) found.push(at);
  return found;
};
const begin = (part: Buffer, frame: number) => begins(part)[frame] ?? assert.fail(`no frame ${frame}`);

/** The ids that each frame of a part has texts of, in a block whose ids begin with 1. */
function idsOfFrames(part: Buffer): { from: number; to: number }[] {
  const reader = new ByteReader(part.subarray(1));
  const counts = Array.from({ length: reader.count() }, () => [reader.unsigned(), reader.unsigned()][0] ?? 0);
  let to = 0;
  return counts.map((count) => {
    to += count;
    return { from: to - count + 1, to };
  });
}

describe('frames of texts are saved one by one', () => {
  for (const [what, damage, first, last] of [
    ['the first frame', (part) => flip(part, begin(part, 0) + 60), 0, 0],
    ['the second frame', (part) => flip(part, begin(part, 1) + 60), 1, 1],
    ['the last byte', (part) => flip(part, part.length - 1), 3, 3],
    ['the first bytes of a frame', (part) => flip(part, begin(part, 1)), 1, 1],
    ['the first bytes of the first frame', (part) => flip(part, begin(part, 0)), 0, 0],
    ['a length in the list', (part) => flip(part, begin(part, 0) - 2), undefined, undefined],
    [
      'a length in the list, and a frame',
      (part) => flip(flip(part, begin(part, 0) - 8), begin(part, 1) + 60),
      1,
      1,
    ],
    ['the end cut off', (part) => part.subarray(0, begin(part, 2) + 40), 2, 3],
    ['whole frames cut off', (part) => part.subarray(0, begin(part, 1)), 1, 3],
    [
      'the list, and the frames from the second on cut off',
      (part) => flip(part, begin(part, 0) - 5).subarray(0, begin(part, 1)),
      1,
      3,
    ],
  ] as [string, (part: Buffer) => Buffer, number | undefined, number | undefined][]) {
    for (const table of ['block_message', 'block_logrec']) {
      test(`${what} of ${table}`, async () => {
        await using trial = await trialStore();
        const { store } = trial;
        // Long enough for four frames of messages, many enough for four of texts.
        const records = someRecords(1200).map((record) => ({
          ...record,
          message: record.message.padEnd(180),
        }));
        store.insert([records], AT_ONCE);
        const due = store.records();
        let frames: { from: number; to: number }[] = [];
        store.damage(table, 'part', 1, (part) => {
          frames = idsOfFrames(part);
          return damage(part);
        });
        assert.equal(frames.length, 4);
        const lost =
          first === undefined ? [] : [{ from: frames[first]?.from ?? 0, to: frames[last ?? first]?.to ?? 0 }];
        const { findings } = store.check();
        assert.deepEqual(
          findings.map((finding) => finding.lost),
          [lost],
        );
        assert.equal(store.check(true).sound, true);
        for (const { from, to } of lost) for (let id = from; id <= to; id++) due.delete(id);
        assert.deepEqual(store.records(), due);
      });
    }
  }
});

test('numbers by level and name that do not agree with the head are counted anew', async () => {
  await using trial = await trialStore();
  const { store } = trial;
  store.insert([someRecords(30)], BY_TEN);
  const before = store.records();
  store.damage('block', 'kinds', 11, (part) =>
    pack(encodeKinds(decodeKinds(unpack(part)).map((kind) => ({ ...kind, count: kind.count + 1 })))),
  );
  const { findings } = store.check(true);
  assert.match(
    findings.map(({ what }) => what).join(),
    /Block 11 to 20: its numbers of records by level and name/,
  );
  assert.deepEqual([store.check().findings, store.records()], [[], before]);
});

test('a row in the place of another, which is gone: no record gets the level and name of another', async () => {
  await using trial = await trialStore();
  const { store } = trial;
  const records = someRecords(20).map((record, index) => ({
    ...record,
    name: index < 10 ? 'first' : 'second',
  }));
  store.insert([records], BY_TEN);
  store.change('DELETE FROM block WHERE first_id = 11', 'UPDATE block SET first_id = 11 WHERE first_id = 1');
  assert.match(
    store
      .check(true)
      .findings.map(({ what }) => what)
      .join(),
    /its row is that of another block/,
  );
  assert.deepEqual([store.check().findings, store.records()], [[], new Map()]);
});

describe('a repair', () => {
  test('is refused while somebody has the database open, and changes nothing', async () => {
    await using trial = await trialStore();
    const { store } = trial;
    store.insert([someRecords(30)], BY_TEN);
    store.change('DELETE FROM total');
    const isBusy = (error: unknown) =>
      error instanceof StoreError && /open elsewhere: stop the server/.test(error.message);
    for (const open of [() => store.engine.openReader(), () => store.engine.openWriter()]) {
      const user = open();
      if ('count' in user) user.count({ names: [] });
      else user.insert([[]]);
      assert.throws(() => store.check(true), isBusy);
      assert.equal(store.check().findings.length, 1);
      user.close();
    }
    assert.equal(store.check(true).sound, true);
  });

  test('keeps others out while it goes on', async () => {
    await using trial = await trialStore();
    const { store } = trial;
    store.insert([someRecords(30)], BY_TEN);
    store.change('DELETE FROM total');
    const attempts: unknown[] = [];
    const other = new DatabaseSync(store.file, { timeout: 0 });
    store.engine.check(
      {
        found: () => undefined,
        progress: () => undefined,
        told: () => {
          try {
            other.prepare('SELECT 1 FROM total').get();
            attempts.push('read');
          } catch (error) {
            attempts.push(error instanceof Error && error.message);
          }
        },
      },
      { repair: true },
    );
    other.close();
    assert.ok(attempts.length > 0);
    assert.deepEqual(new Set(attempts), new Set(['database is locked']));
  });

  test('that is killed between any two steps is done by the next one', async () => {
    await using trial = await trialStore();
    const { store } = trial;
    store.insert([someRecords(60), someRecords(5)], BY_TEN);
    const due = store.records();
    store.damage('block_logrec', 'part', 11, (part) => flip(part, part.length - 9));
    store.change(
      'DELETE FROM block_head WHERE first_id = 31',
      'UPDATE block SET first_id = 48 WHERE first_id = 41',
      'DELETE FROM block WHERE first_id = 51',
      'DELETE FROM total',
      "DELETE FROM property WHERE name = 'block_change'",
      "UPDATE recent SET ts = 'x' WHERE record_id = 62",
    );
    for (const id of [...due.keys()]) {
      if ((id > 10 && id <= 20) || (id > 30 && id <= 40) || (id > 50 && id <= 60) || id === 62)
        due.delete(id);
    }
    let steps = 0;
    for (let step = 1; ; step++) {
      const copy = new TrialStore(`${store.file}.${step}`);
      copyFileSync(store.file, copy.file);
      const killed = await repairElsewhere(copy.file, step);
      assert.equal(copy.check(true).sound, true);
      assert.deepEqual([copy.check().findings, copy.records()], [[], due]);
      if (!killed) break;
      steps++;
    }
    assert.ok(steps >= 6, `${steps} steps`);
  });
});

/** Repairs in a process of its own, which kills itself when it tells of its nth step; whether it came to that. */
async function repairElsewhere(file: string, dieAt: number): Promise<boolean> {
  const script = `const { SqliteEngine } = await import(${JSON.stringify(MODULE)});
    let steps = 0;
    const told = () => { if (++steps === ${dieAt}) process.kill(process.pid, 'SIGKILL'); };
    new SqliteEngine(${JSON.stringify(file)}, '').check({ told, found() {}, progress() {} }, { repair: true });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal] = await once(child, 'exit');
  assert.ok(code === 0 || signal === 'SIGKILL', `${code} ${signal}`);
  return signal === 'SIGKILL';
}

describe('the file itself', () => {
  test('a database that is not there, not migrated, or of a newer version is refused', async () => {
    await using trial = await trialStore();
    const { store } = trial;
    assert.throws(() => new TrialStore(`${store.file}.none`).check(), SchemaError);
    store.change('CREATE TABLE record (record_id INTEGER PRIMARY KEY)');
    for (const repair of [false, true]) {
      assert.throws(() => store.check(repair), /being moved into blocks; go on with "chronologer migrate/);
    }
    store.change('DROP TABLE record', 'UPDATE schema_migration SET number = 999 WHERE number = 4');
    assert.throws(() => store.check(), SchemaError);
  });

  test('what is no database is told so', async () => {
    await using trial = await trialStore();
    const file = `${trial.store.file}.text`;
    copyFileSync(new URL(import.meta.url), file);
    for (const repair of [false, true]) {
      assert.throws(() => new TrialStore(file).check(repair), /no SQLite database/);
    }
  });

  test('an index that does not agree with its table is made anew', async () => {
    await using trial = await trialStore();
    const { store } = trial;
    store.insert([someRecords(60)], BY_TEN);
    const before = store.records();
    spoilIndex(store.file, 'block_time', 'CREATE INDEX block_time ON block(highest_time)');
    const { findings, told } = store.check(true);
    assert.match(findings.map(({ what }) => what).join(), /SQLite finds the file damaged: .*block_time/);
    assert.ok(told.includes('Making the indexes anew'));
    assert.ok(!told.includes('Making the file anew'));
    assert.deepEqual([store.check().findings, store.records()], [[], before]);
  });

  test('pages of tables that are damaged: what can be read is saved into a new file, and this one left', async () => {
    await using trial = await trialStore();
    const { store } = trial;
    const records = someRecords(3005).map((record, index) => ({
      ...record,
      ts: index === 0 ? -62_135_596_800_000_000 : record.ts,
      logrec: JSON.stringify({
        data: { text: Array.from({ length: 20 }, (_, at) => Math.sin(index * 20 + at)) },
      }),
    }));
    store.insert([records.slice(0, 3000), records.slice(3000)], { large: 10, enough: 100, block: 500 });
    zeroPage(store.file, 1001, 20_000);
    const before = store.records();
    assert.equal(before.size, 2505);
    const found = store.check();
    assert.match(found.findings.map(({ what }) => what).join('\n'), /SQLite finds the file damaged/);
    assert.match(
      found.findings.map(({ what }) => what).join('\n'),
      /Block 1001 to 1500: its texts of logrec/,
    );
    const { sound, told } = store.check(true);
    assert.equal(sound, false);
    const rescued = new TrialStore(`${store.file}.rescued`);
    assert.match(told.at(-1) ?? '', /\.rescued is sound, with 2505 records: put it in the place of/);
    assert.deepEqual([rescued.check().findings, rescued.records()], [[], before]);
    assert.deepEqual([store.check().findings, store.records()], [found.findings, before]);
    assert.throws(() => store.check(true), /\.rescued is there already: move it away first/);
    rescued.insert([someRecords(1)], BY_TEN);
    assert.ok(rescued.records().has(3006));
  });

  test('a page of the tree of a table, too', async () => {
    await using trial = await trialStore();
    const { store } = trial;
    store.insert([someRecords(3000), someRecords(5)], { large: 10, enough: 100, block: 30 });
    const due = store.records();
    zeroPage(store.file, 1501, 40);
    assert.equal(store.check(true).sound, false);
    const rescued = new TrialStore(`${store.file}.rescued`);
    assert.deepEqual(rescued.check().findings, []);
    const left = rescued.records();
    assert.ok(left.size > 2000 && left.size < 3005, `${left.size} records`);
    for (const [id, text] of left) assert.equal(text, due.get(id));
  });
});

/** Changes what an index is said to be of, so that its entries are wrong. */
function spoilIndex(file: string, name: string, sql: string): void {
  const database = new DatabaseSync(file, { defensive: false });
  database.exec('PRAGMA writable_schema = ON');
  database.prepare('UPDATE sqlite_schema SET sql = ? WHERE name = ?').run(sql, name);
  database.close();
}

/** Overwrites the page with zeros that has these bytes of a block's texts of logrec. */
function zeroPage(file: string, firstId: number, from: number): void {
  const database = new DatabaseSync(file, { readOnly: true });
  const part = database.prepare('SELECT part FROM block_logrec WHERE first_id = ?').get(firstId)?.part;
  database.close();
  assert.ok(part instanceof Uint8Array && part.length > from + 100);
  const at = readFileSync(file).indexOf(part.subarray(from, from + 100));
  assert.ok(at > 0);
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(4096), 0, 4096, Math.floor(at / 4096) * 4096);
  closeSync(handle);
}
