import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { RecordError } from '@chronologer/record';
import fc from 'fast-check';
import { RunBuilder } from '../store/sqlite/blocks/run.ts';
import { SqliteEngine } from '../store/sqlite/engine.ts';
import { temporaryFolder } from '../store/sqlite/temporary.ts';
import type { Batch, PackedBatch } from '../store/store.ts';
import { type Body, CHUNK_LINES, decode } from './decode.ts';
import { Packing } from './packing.ts';

const ndjson = (text: string | Uint8Array<ArrayBuffer>, raw = false): Body => ({
  type: 'ndjson',
  raw,
  now: 1_700_000_000_000_000,
  bytes: typeof text === 'string' ? new TextEncoder().encode(text) : text,
});

const line = (n: number, extra = '') =>
  `{"name": "n${n % 3}", "created": ${n}.25, "levelno": ${10 * (n % 5)}, "msg": "m ${n}", "user": ${n}${extra}}`;

/** Stores what is packed, or decoded, of a body; everything that is read back, and the error. */
async function stored(body: Body, packed: boolean) {
  await using folder = await temporaryFolder();
  const engine = new SqliteEngine(join(folder.path, 'store.sqlite'), '');
  engine.migrate(() => undefined);
  const writer = engine.openWriter();
  let error: RecordError | undefined;
  let ids: number[] = [];
  const insert = (batches: readonly Batch[], runs: readonly PackedBatch[]) => {
    ids = [...ids, ...writer.insert(batches, runs).flat()];
  };
  try {
    if (packed) for (const group of new Packing(new RunBuilder()).pack(body)) insert([], group);
    else for (const { records } of decode(body)) insert([records], []);
  } catch (thrown) {
    if (!(thrown instanceof RecordError)) throw thrown;
    error = thrown;
  }
  writer.close();
  const reader = engine.openReader();
  const page = reader.page({ names: [] }, { skip: 0, take: 1_000_000 }, 1e9);
  const names = ['n0', 'n1'];
  const counts = [reader.count({ names: [] }), reader.count({ names, level: 20 })];
  const days = reader.timeline({ names: [] }, 'day', 'UTC');
  reader.close();
  const text = new TextDecoder().decode(page.bytes);
  return { ids, text, counts, days, error: error && { type: error.type, message: error.message } };
}

async function same(body: Body): Promise<Awaited<ReturnType<typeof stored>>> {
  const due = await stored(body, false);
  assert.deepEqual(await stored(body, true), due);
  return due;
}

describe('packed bodies are stored as decoded ones are', () => {
  test('some chunks, and a rest', async () => {
    const text = Array.from({ length: 5000 }, (_, n) => line(n)).join('\n');
    const { ids } = await same(ndjson(text));
    assert.equal(ids.length, 5000);
  });

  test('whatever lines come', async () => {
    const anyLine = fc.oneof(
      { weight: 6, arbitrary: fc.nat(1000).map((n) => line(n)) },
      fc.constantFrom(
        '',
        '  \t',
        line(1, ', "x": NaN'),
        line(2, ', "user": 3'),
        line(3, ', "exc_info": "i", "exc_text": "T"'),
        line(4, ', "message": "caf\\u00e9 \\"x\\" ☃"'),
        line(5, ', "message": "lone \\ud800"'),
        `  ${line(6)} `,
        '{"levelno":1,"created":253402300799,"name":7,"message":null}',
      ),
      { weight: 1, arbitrary: fc.constantFrom('{}', '[]', 'x', line(7).slice(0, -1), '"a"') },
    );
    const anyBody = fc.tuple(
      fc.array(anyLine, { maxLength: 30 }),
      fc.constantFrom('\n', '\r\n'),
      fc.constantFrom('', '\n'),
      fc.boolean(),
    );
    await fc.assert(
      fc.asyncProperty(anyBody, async ([lines, end, last, raw]) => {
        await same(ndjson(lines.join(end) + last, raw));
      }),
      { numRuns: 60 },
    );
  });

  test('a line that is not UTF-8 costs its own chunk', async () => {
    const good = `${Array.from({ length: CHUNK_LINES + 5 }, (_, n) => line(n)).join('\n')}\n`;
    const bytes = Buffer.concat([Buffer.from(good), Buffer.from('{"name": "\xff"}\n', 'latin1')]);
    const { ids, error } = await same(ndjson(new Uint8Array(bytes)));
    assert.equal(ids.length, CHUNK_LINES);
    assert.match(error?.message ?? '', /on line 1030$/);
  });

  for (const before of [
    0,
    1,
    CHUNK_LINES - 1,
    CHUNK_LINES,
    3 * CHUNK_LINES + 7,
    4 * CHUNK_LINES,
    5 * CHUNK_LINES + 1,
  ]) {
    test(`a bad line behind ${before} good ones: whole chunks stay`, async () => {
      const lines = Array.from({ length: before }, (_, n) => line(n));
      const { ids, error } = await same(ndjson([...lines, '', '{"name": 1}', line(1)].join('\n')));
      assert.equal(ids.length, before - (before % CHUNK_LINES));
      assert.equal(error?.message, `Key "created" is missing on line ${before + 2}`);
    });
  }

  test('texts of megabytes are packed in blocks of bounded size', async () => {
    const lines = Array.from({ length: 9 }, (_, n) => line(n, `, "big": "${String(n).repeat(3_000_000)}"`));
    const groups = [...new Packing(new RunBuilder()).pack(ndjson(lines.join('\n')))];
    assert.deepEqual(
      groups.map((group) => group.map(({ count }) => count)),
      [[2, 2, 2, 2, 1]],
    );
    await same(ndjson(lines.join('\n')));
  });

  test('the groups of two bodies may be packed in turns', () => {
    const packing = new Packing(new RunBuilder());
    const text = (from: number) => Array.from({ length: 9000 }, (_, n) => line(from + n)).join('\n');
    const [first, second] = [packing.pack(ndjson(text(0))), packing.pack(ndjson(text(50_000)))];
    const times: number[][] = [];
    for (let turn = 0; turn < 3; turn++) {
      for (const each of [first, second]) {
        for (const run of (each.next().value ?? []) as { times: Float64Array }[]) times.push([...run.times]);
      }
    }
    const due = (from: number) => Array.from({ length: 9000 }, (_, n) => (from + n + 0.25) * 1e6);
    assert.deepEqual([times[0], times[2], times[4]].flat(), due(0));
    assert.deepEqual([times[1], times[3], times[5]].flat(), due(50_000));
  });
});
