import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LogRecord } from '@chronologer/record';
import fc from 'fast-check';
import { recordAnswer } from '../../ingest/answer.ts';
import { Database } from './database.ts';
import { ClickhouseEngine } from './engine.ts';
import { anyLogrec } from './testing/any-logrec.ts';
import { skipWithoutChdb } from './testing/chdb-installed.ts';
import { type StandIn, startStandIn } from './testing/stand-in.ts';

const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes);
const record = (logrec: string): LogRecord => ({ name: 'n', ts: 1, level: 20, message: 'm', logrec });

/** Sequences of any records, and one beside each whose text is certainly put together of its form. */
const RUNS = 8;
const FORMED = record('{"data": {"n": 1, "s": "x"}}');

describe('texts in ClickHouse', { skip: skipWithoutChdb }, () => {
  let server: StandIn;
  let engine: ClickhouseEngine;
  before(async () => {
    server = await startStandIn();
    engine = new ClickhouseEngine(server.address);
    await engine.migrate(() => undefined);
  });
  after(() => server[Symbol.asyncDispose]());

  async function stored(records: readonly LogRecord[]): Promise<(readonly [LogRecord, number])[]> {
    const writer = engine.openWriter();
    const [ids = []] = await writer.insert([records]);
    await writer.close();
    return records.map((each, index) => [each, ids[index] ?? 0] as const);
  }

  test('any texts come back as they came', async () => {
    const reader = engine.openReader();
    const anyText = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom('\\N', '\\', '\t', '\r\n', '\b\f', "'", '\0'),
    );
    const anyRecord = fc.record({
      name: anyText,
      ts: fc.integer({ min: -62_135_596_800_000_000, max: 253_402_300_800 * 1e6 - 32 }),
      level: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      message: anyText,
      logrec: anyLogrec.map((json) => `{"data": ${json}}`),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { minLength: 1, maxLength: 30 }), async (records) => {
        // A form is used from its second time on.
        for (const [due, id] of await stored([...records, ...records, FORMED, FORMED])) {
          assert.equal(text(await reader.get(id)), recordAnswer(due, id).body);
        }
      }),
      { numRuns: RUNS },
    );
    const formed = await reader.count({ names: [], query: "logrec_form != ''" });
    assert.ok(formed >= RUNS, `${formed}`);
    await reader.close();
  });

  for (const [what, logrec, found] of [
    ['lone surrogates', '{"data": {"x": "\\ud800", "y": 7}}', 'logrec.data.y = 7'],
    ['numbers beyond doubles', '{"data": {"x": 1e400, "y": 8}}', 'logrec.data.y = 8'],
    ['long integers', '{"data": {"x": 123456789012345678901234567890, "y": 9}}', 'logrec.data.y = 9'],
    ['keys given twice', '{"data": {"y": 10, "y": 11}}', 'logrec.data.y = 10'],
    ['nested deeply', `{"data": {"y": 12, "x": ${'['.repeat(490)}${']'.repeat(490)}}}`, 'logrec.data.y = 12'],
    ['a key with a dot', '{"data": {"a.y": 13}}', 'logrec.data.a.y = 13'],
    ['five megabytes', `{"data": {"y": 14, "x": "${'long '.repeat(1e6)}"}}`, 'logrec.data.y = 14'],
  ] as const) {
    test(`${what}: the text comes back as it came, and what is beside it is found`, async () => {
      const [[due, id] = [record(logrec), 0]] = await stored([record(logrec)]);
      const reader = engine.openReader();
      const page = await reader.page({ names: [], query: found }, { skip: 0, take: 10 }, 1e9);
      assert.equal(text(page.bytes), recordAnswer(due, id).body);
      await reader.close();
    });
  }

  test('one that the JSON type refuses: all come back as they came', async () => {
    const deep = `{"data": {"x": ${'['.repeat(1200)}${']'.repeat(1200)}}}`;
    const plain = '{"data": {"y": 15, "s": "x"}}';
    const reader = engine.openReader();
    for (const [due, id] of await stored([plain, plain, deep, plain].map(record))) {
      assert.equal(text(await reader.get(id)), recordAnswer(due, id).body);
    }
    assert.equal(await reader.count({ names: [], query: 'logrec.data.y = 15' }), 3);
    assert.equal(
      await reader.count({ names: [], query: "logrec_text LIKE '%[[[[%' AND empty(JSONAllPaths(logrec))" }),
      1,
    );
    await reader.close();
  });

  test('more forms and fields than one question reads: a page has all, newest first', async () => {
    const keysOf = (form: number) =>
      Array.from({ length: 190 }, (_, key) => `"k${form}_${key}": ${key}`).join(', ');
    const wide = (form: number) => record(`{"data": {"wide": true, ${keysOf(form)}}}`);
    // Each writer learns so many fields, and several may write.
    const due: (readonly [LogRecord, number])[] = [];
    for (const form of [0, 1, 2]) due.unshift(...(await stored([wide(form), wide(form)])).reverse());
    const reader = engine.openReader();
    const query = 'logrec.data.wide = true';
    const page = await reader.page({ names: [], query }, { skip: 0, take: 10 }, 1e9);
    assert.equal(text(page.bytes), due.map(([each, id]) => recordAnswer(each, id).body).join(', '));
    assert.equal(await reader.count({ names: [], query: `${query} AND logrec_form != ''` }), 3);
    await reader.close();
  });

  test('any field can be searched for a text', async () => {
    await stored([record('{"data": {"x": "find the needle here"}}')]);
    const reader = engine.openReader();
    const query = "arrayExists(value -> value LIKE '%the needle%', JSONAllValues(logrec))";
    assert.equal(await reader.count({ names: [], query }), 1);
    await reader.close();
  });

  test('a value that is missing is an error, and no wrong text', async () => {
    const database = new Database(server.address);
    await database.run(
      'INSERT INTO record (record_id, ts, logrec_form, logrec) SELECT 1, 1, \'{"data": {"x": %d}}\', \'{}\'',
    );
    const reader = engine.openReader();
    await assert.rejects(() => reader.get(1), { fault: 'unavailable', message: /^Record 1 is damaged/ });
    await Promise.all([reader.close(), database.close()]);
  });
});
