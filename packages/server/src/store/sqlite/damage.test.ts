import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, test } from 'node:test';
import { StoreError } from '../store-error.ts';
import { SqliteEngine } from './engine.ts';
import { temporaryFolder } from './temporary.ts';
import { SqliteWriter } from './writer.ts';

/** 30 records in blocks of ten: 1 to 10, 11 to 20, 21 to 30. */
async function thirty() {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'store.sqlite');
  const engine = new SqliteEngine(file, 'sqlite:///store');
  engine.migrate(() => undefined);
  const writer = new SqliteWriter(file, { large: 1, enough: 1, block: 10 });
  const record = { name: 'n', level: 20, message: 'm', logrec: '{}' };
  writer.insert([Array.from({ length: 30 }, (_, index) => ({ ...record, ts: index * 1_000_000 }))]);
  return {
    file,
    engine,
    writer,
    change(sql: string): void {
      const database = new DatabaseSync(file);
      assert.equal(database.prepare(sql).run().changes, 1);
      database.close();
    },
    async [Symbol.asyncDispose]() {
      writer.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const ids = (bytes: Uint8Array) =>
  (JSON.parse(`[${new TextDecoder().decode(bytes)}]`) as { id: number }[]).map(({ id }) => id);
const descending = (from: number, to: number) =>
  Array.from({ length: from - to + 1 }, (_, index) => from - index);
const WITHOUT_THE_SECOND = [...descending(30, 21), ...descending(10, 1)];

describe('a damaged block costs its own records alone', () => {
  for (const [what, sql] of [
    [
      'a head with another byte',
      "UPDATE block_head SET part = CAST(substr(part, 1, 9) || x'55' || substr(part, 11) AS BLOB)",
    ],
    ['a head that is cut off', 'UPDATE block_head SET part = substr(part, 1, 12)'],
    ['a head that is gone', 'DELETE FROM block_head'],
    ['a head of a later version', "UPDATE block_head SET part = CAST(x'07' || substr(part, 2) AS BLOB)"],
    ['kinds that are cut off', 'UPDATE block SET kinds = substr(kinds, 1, 8)'],
    ['messages of nothing', "UPDATE block_message SET part = x''"],
    [
      'texts with another byte',
      "UPDATE block_logrec SET part = CAST(substr(part, 1, 14) || x'55' || substr(part, 16) AS BLOB)",
    ],
    ['texts that are gone', 'DELETE FROM block_logrec'],
  ] as const) {
    test(what, async () => {
      await using store = await thirty();
      store.change(`${sql} WHERE first_id = 11`);
      const reader = store.engine.openReader();
      assert.deepEqual(
        ids(reader.page({ names: [] }, { skip: 0, take: 100 }, 1e6).bytes),
        WITHOUT_THE_SECOND,
      );
      const [warning, ...more] = reader.takeWarnings();
      assert.match(warning ?? '', /^The records 11 to 20 are left out, for their block is damaged: /);
      assert.deepEqual(more, []);
      assert.deepEqual(ids(reader.get(10) ?? new Uint8Array()), [10]);
      const query = { names: [], query: "message = 'm' AND logrec = '{}'" };
      assert.deepEqual(ids(reader.page(query, { skip: 0, take: 100 }, 1e6).bytes), WITHOUT_THE_SECOND);
      assert.equal(reader.count(query), 20);
      reader.close();
      assert.deepEqual(store.writer.insert([[{ name: 'n', ts: 0, level: 0, message: '', logrec: '{}' }]]), [
        [31],
      ]);
    });
  }

  for (const table of ['block_message', 'block_logrec']) {
    test(`a byte in the middle of ${table}: a page has all that is not packed with it, as by id`, async () => {
      await using store = await thirty();
      const records = Array.from({ length: 2000 }, (_, index) => {
        const text = createHash('sha512').update(`${index}`).digest('base64');
        return { name: 'n', ts: index, level: 20, message: text, logrec: `{"a": "${text}"}` };
      });
      // A writer of blocks of the usual size.
      store.writer.close();
      const writer = new SqliteWriter(store.file);
      assert.deepEqual(writer.insert([records])[0]?.length, 2000);
      writer.close();
      const middle = 'length(part) / 2';
      store.change(
        `UPDATE ${table} SET part = CAST(substr(part, 1, ${middle}) || x'5555' || substr(part, ${middle} + 3) AS BLOB)
         WHERE first_id = 31`,
      );
      const reader = store.engine.openReader();
      const isServed = (id: number) => {
        try {
          return reader.get(id) !== undefined;
        } catch {
          return false;
        }
      };
      const served = descending(2030, 1).filter(isServed);
      assert.ok(served.length < 2030 && served.length >= 1000, `${served.length} are served`);
      assert.ok(isServed(31) && isServed(2030));
      for (const below of [2031, 1500, 500]) {
        const page = ids(reader.page({ names: [] }, { skip: 0, take: 1000, below }, 1e9).bytes);
        assert.deepEqual(page, served.filter((id) => id < below).slice(0, 1000));
      }
      reader.close();
    });
  }

  test('a record in it is said to be in a damaged block, not to be none', async () => {
    await using store = await thirty();
    store.change('DELETE FROM block_logrec WHERE first_id = 11');
    const reader = store.engine.openReader();
    const isDamage = (error: unknown) => error instanceof StoreError && /damaged/.test(error.message);
    assert.throws(() => reader.get(15), isDamage);
    assert.equal(reader.get(31), undefined);
    reader.close();
  });

  test('retention passes it over', async () => {
    await using store = await thirty();
    store.change('DELETE FROM block_logrec WHERE first_id = 11');
    store.change('DELETE FROM block_head WHERE first_id = 1');
    assert.equal(store.writer.purge(5, 25_000_000), 0);
    assert.equal(store.writer.purge(15, 25_000_000), 15);
    assert.equal(store.writer.purge(15, 25_000_000), 0);
    const reader = store.engine.openReader();
    assert.deepEqual(ids(reader.page({ names: [] }, { skip: 0, take: 100 }, 1e6).bytes), descending(30, 26));
    reader.close();
  });
});
