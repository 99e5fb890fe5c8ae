import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Filter } from '../store.ts';
import { SqliteEngine } from './engine.ts';
import { SqliteReader } from './reader.ts';
import { temporaryFolder } from './temporary.ts';
import { SqliteWriter } from './writer.ts';

const VALUES = [
  '12',
  '12.0',
  '1.2e1',
  '"12"',
  '"a b"',
  '"a\\u0020b"',
  '13',
  'true',
  '[12]',
  '{"k": 12}',
  'null',
];

/** 1,000 records in ten blocks and 7 recent ones; the value of `k` changes from record to record. */
async function filled() {
  const folder = await temporaryFolder();
  const file = join(folder.path, 'querying.sqlite');
  new SqliteEngine(file, '').migrate(() => undefined);
  const writer = new SqliteWriter(file, { large: 100, enough: 100, block: 100 });
  const records = Array.from({ length: 1007 }, (_, index) => ({
    name: `n${index % 3}`,
    ts: index * 1e6,
    level: index % 50,
    message: '',
    logrec: `{"data": {"i": ${index}, "k": ${VALUES[index % VALUES.length]}}}`,
  }));
  writer.insert([records.slice(0, 1000)]);
  writer.insert([records.slice(1000)]);
  writer.close();
  const reader = new SqliteReader(file);
  return {
    reader,
    async [Symbol.asyncDispose]() {
      reader.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

const ids = (bytes: Uint8Array) =>
  (JSON.parse(`[${new TextDecoder().decode(bytes)}]`) as { id: number }[]).map(({ id }) => id);

describe('what an expression finds does not hang on how it is looked for', () => {
  for (const literal of ['12', '13', "'12'", "'a b'", "'none'", '77']) {
    for (const more of ['', ' AND level > 20', " AND json_extract(logrec, '$.data.i') < 900"]) {
      const query = `json_extract(logrec, '$.data.k') = ${literal}${more}`;
      test(query, async () => {
        await using store = await filled();
        const { reader } = store;
        // Nothing is certain of the second expression, so that every record is looked at.
        for (const other of [{}, { level: 30 }, { names: ['n1'], after: 2e8 }] satisfies Partial<Filter>[]) {
          const filter = { names: [], ...other };
          const [quick, plain] = [query, `1 AND ${query}`].map((each) => ({ ...filter, query: each }));
          assert.ok(quick && plain);
          assert.equal(reader.count(quick), reader.count(plain));
          const cursor = { skip: 1, take: 300 };
          const due = ids(reader.page(plain, cursor, 1e6).bytes);
          assert.deepEqual(ids(reader.page(quick, cursor, 1e6).bytes), due);
          assert.deepEqual(reader.find(quick, { wanted: 1000, effort: 1e6 }).ids.slice(1), due);
          assert.deepEqual(reader.timeline(quick, 'hour', 'UTC'), reader.timeline(plain, 'hour', 'UTC'));
        }
      });
    }
  }
});
