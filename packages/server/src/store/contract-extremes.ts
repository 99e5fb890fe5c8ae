import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LogRecord } from '@chronologer/record';
import { recordAnswer } from '../ingest/answer.ts';
import type { Subject } from './contract.ts';
import { numbered, walked } from './contract-walks.ts';
import type { Engine, StoreReader, StoreWriter } from './store.ts';

const decode = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);

const deep = (levels: number) => `{"data": ${'{"x": '.repeat(levels)}1${'}'.repeat(levels)}}`;

/** Texts that some database's own JSON cannot give back; each has to come back to the byte. */
const TEXTS: Readonly<Record<string, string>> = {
  'a lone surrogate': '{"data": {"x": "\\ud800", "\\udfff": 1, "pair": "\\ud83d\\ude00"}}',
  'a NUL': '{"data": {"x": "a\\u0000b", "\\u0000": 1}}',
  'keys in their order': '{"data": {"bb": 1, "a": 2, "ccc": 3, "": 4, "B": 5}, "meta": {}}',
  'a key twice': '{"data": {"a": 1, "a": 2}}',
  'white space': '{ "data" :{"a":1 ,\t"b" : [ 1,2 ]} }',
  'a zero with a large exponent': '{"data": {"x": 0e400, "y": -0E+999}}',
  'numbers beyond a double': '{"data": {"x": 1e400, "y": -1E+999, "z": 1e-400}}',
  'long integers': `{"data": {"x": ${'9'.repeat(400)}, "y": -18446744073709551616, "z": 12345678901234567890}}`,
  'digits of fractions':
    '{"data": {"x": 1.10, "y": 0.1000000000000000055511151231257827, "z": -0, "w": 1E5}}',
  'deep nesting': deep(480),
  'deep lists': `{"data": {"x": ${'['.repeat(400)}${']'.repeat(400)}}}`,
  'quotes and backslashes': `{"data": {"x": "it's \\" \\\\ \\\\' %s ? -- /* */ ;", "y": "\\/\\b\\f\\n\\r\\t"}}`,
  'characters of four bytes': '{"data": {"\u{1f600}": "\u{10ffff}\u2028\u{1f469}"}}',
  'a long key': `{"data": {"${'k'.repeat(70_000)}": 1}}`,
  'many keys': `{"data": {${Array.from({ length: 5000 }, (_, n) => `"key ${n}": ${n}`).join(', ')}}}`,
  '5 MB in one text': `{"data": {"x": "${'0123456789abcdef'.repeat(312_500)}"}}`,
  '5 MB in many': `{"data": {"x": [${Array.from({ length: 500_000 }, (_, n) => n % 1_000_003).join(', ')}]}}`,
};

const record = (logrec: string, more: Partial<LogRecord> = {}): LogRecord => ({
  name: 'extremes',
  ts: 1_700_000_000_000_000,
  level: 20,
  message: 'm',
  logrec,
  ...more,
});

const LONG = 'a word of \u{1f600}, '.repeat(20_000);

/** Records whose name or message is longer than a column of text is wide elsewhere. */
const LONG_TEXTS: readonly LogRecord[] = [127, 128, 255, 256, 5000].flatMap((length) => [
  record('{}', { message: '\u{1f600}'.repeat(length) }),
  record('{}', { message: 'x'.repeat(length), name: `${length}` }),
  record('{}', { name: `long.${'\u{1f600}'.repeat(length)}` }),
  record('{}', { name: `long.${'n'.repeat(length)}.end` }),
]);

/** What is promised of records, and of crowds, that few meet. Called by testContract. */
export function testExtremes(name: string, open: () => Promise<Subject>): void {
  describe(`${name} keeps the contract at its edges`, () => {
    let subject: Subject;
    let writer: StoreWriter;
    let reader: StoreReader;
    before(async () => {
      subject = await open();
      await subject.engine.migrate(() => undefined);
      writer = await subject.engine.openWriter();
      reader = await subject.engine.openReader();
    });
    after(async () => {
      await reader.close();
      await writer.close();
      await subject[Symbol.asyncDispose]();
    });

    for (const [what, logrec] of Object.entries(TEXTS)) {
      test(`${what} comes back as it was, among others and alone`, async () => {
        const one = record(logrec);
        const [ids = []] = await writer.insert([[record('{"data": {}}'), one, record('{}')]]);
        const [[alone = 0] = []] = await writer.insert([[one]]);
        for (const id of [ids[1] ?? 0, alone]) assert.equal(decode(await reader.get(id)), body(one, id));
        assert.equal(decode(await reader.get(ids[2] ?? 0)), body(record('{}'), ids[2] ?? 0));
        const { bytes, count } = await reader.page({ names: [] }, { skip: 0, take: 4 }, 1e9);
        assert.equal(count, 4);
        assert.ok(decode(bytes)?.includes(logrec));
      });
    }

    test('names and messages of any length come back whole, and are found by any prefix', async () => {
      const before = await reader.count({ names: ['long.'] });
      const [ids = []] = await writer.insert([LONG_TEXTS, [record('{}', { name: LONG, message: LONG })]]);
      for (const [index, one] of LONG_TEXTS.entries()) {
        const id = ids[index] ?? 0;
        assert.equal(decode(await reader.get(id)), body(one, id));
        if (!one.name.startsWith('long.')) continue;
        const filter = { names: [one.name] };
        const found = LONG_TEXTS.filter((other) => other.name.startsWith(one.name)).length;
        assert.equal(await reader.count(filter), found, `${one.name.length}`);
        assert.equal(await reader.count({ ...filter, after: one.ts, before: one.ts }), found);
        const { bytes } = await reader.page(filter, { skip: 0, take: 9 }, 1e9);
        assert.equal(JSON.parse(`[${decode(bytes)}]`).length, found);
      }
      const long = LONG_TEXTS.filter((one) => one.name.startsWith('long.')).length;
      assert.equal(await reader.count({ names: ['long.'] }), before + long);
      assert.equal(await reader.count({ names: [LONG] }), 1);
      assert.equal(await reader.count({ names: [`${LONG}x`] }), 0);
      let left = await reader.count({ names: [] });
      while (left > 0) left -= await writer.purge(1000);
      assert.equal(await reader.count({ names: [LONG] }), 0);
    });

    test('all of them come back under ids of their own, which are never given again', async () => {
      const [[last = 0] = []] = await writer.insert([[record('{}')]]);
      const gaps = Object.values(TEXTS).map((logrec, index) => [1 + (index % 3), record(logrec)] as const);
      const own = numbered(gaps, last);
      await writer.insertWithIds(own);
      const stretch = { from: last + 1, to: Number.MAX_SAFE_INTEGER };
      const found = await walked(reader, stretch, { records: 3, bytes: 6e6 }, async () => undefined);
      assert.deepEqual(found, own);
      const other = await subject.engine.openWriter();
      const [[next = 0] = []] = await other.insert([[record('{}')]]);
      await other.close();
      assert.ok(next > (own.at(-1)?.id ?? 0), 'a writer that is opened later goes on behind them');
    });

    test('a crowd of writers and readers: batches are whole, ids are given once and ascend', (t) => {
      const writers = subject.engine.sharesWriting ? CROWD : 1;
      t.diagnostic(`${writers} writers and ${CROWD} readers`);
      return crowd(subject.engine, writers);
    });
  });
}

function body(one: LogRecord, id: number): string {
  return recordAnswer(one, id).body;
}

const CROWD = 8;
const BATCHES = 12;
const BATCH = 7;

async function crowd(engine: Engine, writers: number): Promise<void> {
  const ids: number[][] = [];
  const writing = Array.from({ length: writers }, async (_, place) => {
    const writer = await engine.openWriter({ node: place });
    const own: number[] = [];
    for (let batch = 0; batch < BATCHES; batch++) {
      const records = Array.from({ length: BATCH }, (_one, index) =>
        record(`{"data": {"n": ${batch * BATCH + index}}}`, { name: `crowd.${place}.${batch % 3}` }),
      );
      own.push(...(await writer.insert([records])).flat());
    }
    ids.push(own);
    await writer.close();
  });
  let isOver = false;
  const reading = Array.from({ length: CROWD }, async () => {
    const reader = await engine.openReader();
    for (let last = 0; !isOver; ) {
      const count = await reader.count({ names: ['crowd.'] });
      assert.equal(count % BATCH, 0, 'a batch is seen whole or not at all');
      assert.ok(count >= last, 'what was seen stays');
      last = count;
      const { bytes } = await reader.page({ names: ['crowd.'] }, { skip: 0, take: 1000 }, 1e9);
      const seen: { id: number }[] = JSON.parse(`[${decode(bytes)}]`);
      assert.equal(seen.length % BATCH, 0);
      assert.ok(seen.length >= last);
      // Readers of a thread take turns with its writers.
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await reader.close();
  });
  await Promise.all(writing).finally(() => {
    isOver = true;
  });
  await Promise.all(reading);
  for (const own of ids) assert.ok(own.every((id, index) => index === 0 || id > (own[index - 1] ?? 0)));
  assert.equal(new Set(ids.flat()).size, writers * BATCHES * BATCH);
  const reader = await engine.openReader();
  assert.equal(await reader.count({ names: ['crowd.'] }), writers * BATCHES * BATCH);
  await reader.close();
}
