import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LogRecord } from '@chronologer/record';
import fc from 'fast-check';
import { MemoryModel, type ModelQuery } from './memory-model.ts';
import type { Cursor, Engine, Filter, Period, StoreReader, StoreWriter } from './store.ts';

/** A store of its own for a test, empty and not migrated yet. */
export interface Subject extends AsyncDisposable {
  readonly engine: Engine;
}

/** What an engine may do otherwise than the others. */
interface Capabilities {
  /** Ids follow each other without a gap, as they do where one counter gives them out. */
  readonly consecutiveIds: boolean;
  /** Random runs; fewer where each takes long. */
  readonly runs: number;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

const NAMES = [
  ...['', 'a', 'ab', 'abc', 'ab.c', 'b', 'B', 'app', 'app.web', 'app.web.auth', 'application'],
  ...[
    '100%',
    'a_b',
    'a*b',
    "it's",
    'say "hi"',
    'back\\slash',
    'nul\0here',
    'nul',
    ' ',
    'é',
    'e\u0301',
    '日本',
  ],
  ...[
    '\u{10ffff}',
    '\u{10ffff}x',
    'a\u{10ffff}',
    'a\u{10ffff}\u{10ffff}b',
    '\ud7ff',
    '\ud7ffz',
    '\ue000',
    '\uffff',
  ],
];
const LEVELS = [-(2 ** 31), -5, 0, 1, 10, 20, 30, 40, 50, 2 ** 31 - 1];
const QUARTER = 900_000_000;
const BASE = 1_700_000_100_000_000;
const TIMES = [
  ...[-62_135_596_800_000_000, 253_402_300_800 * 1e6 - 32, -1, 0, 1, -QUARTER, QUARTER - 1, QUARTER],
  ...[0, 1, QUARTER - 1, QUARTER, 4 * QUARTER, 96 * QUARTER].flatMap((away) => [BASE + away, BASE - away]),
];
const ZONES = [
  'UTC',
  'Europe/Berlin',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'Africa/Monrovia',
  'America/Havana',
];
const QUERIES: readonly ModelQuery[] = [
  { sql: 'level > 10', holds: ({ level }, _id, others) => others && level > 10 },
  {
    sql: "name = 'app' OR level < 0",
    holds: ({ name, level }, _id, rest) => (rest && name === 'app') || level < 0,
  },
  { sql: 'record_id % 2 = 0 AND ts > 0', holds: ({ ts }, id, others) => others && id % 2 === 0 && ts > 0 },
  { sql: 'message = \'say "hi"\'', holds: ({ message }, _id, others) => others && message === 'say "hi"' },
];

const anyName = fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: 'binary', maxLength: 4 }));
const anyTime = fc.oneof(
  fc.constantFrom(...TIMES),
  fc.integer({ min: BASE - 200 * QUARTER, max: BASE + 200 * QUARTER }),
);
const anyLevel = fc.oneof(fc.constantFrom(...LEVELS), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
const anyRecord: fc.Arbitrary<LogRecord> = fc.record({
  name: anyName,
  ts: anyTime,
  level: anyLevel,
  message: fc.oneof(
    fc.constantFrom('', 'say "hi"', 'nul\0', '\u{10ffff}'),
    fc.string({ unit: 'binary', maxLength: 9 }),
  ),
  logrec: fc.oneof(
    fc.constant('{}'),
    fc.json({ maxDepth: 2 }).map((json) => `{"data": {"x": ${json}}}`),
  ),
});
const anyBatches = fc.array(fc.array(anyRecord, { maxLength: 12 }), { minLength: 1, maxLength: 5 });
const anyFilter: fc.Arbitrary<Filter> = fc.record(
  {
    after: anyTime,
    before: anyTime,
    level: anyLevel,
    names: fc.array(
      anyName.filter((name) => name !== ''),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['names'] },
);
const anyQuery = fc.option(fc.constantFrom(...QUERIES), { nil: undefined, freq: 3 });

type Step =
  | { readonly kind: 'insert'; readonly batches: readonly (readonly LogRecord[])[] }
  | { readonly kind: 'purge'; readonly limit: number; readonly before: number | undefined }
  | {
      readonly kind: 'look';
      readonly filter: Filter;
      readonly query: ModelQuery | undefined;
      readonly maxBytes: number;
    }
  | { readonly kind: 'timeline'; readonly filter: Filter; readonly period: Period; readonly timezone: string }
  | { readonly kind: 'get'; readonly back: number }
  | { readonly kind: 'reopen' };

const anyLook = fc.record({
  kind: fc.constant('look' as const),
  filter: anyFilter,
  query: anyQuery,
  maxBytes: fc.constantFrom(1, 300, 2000, 1e6),
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('insert' as const), batches: anyBatches }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('purge' as const),
      limit: fc.integer({ min: 1, max: 30 }),
      before: fc.option(anyTime, { nil: undefined }),
    }),
  },
  { weight: 6, arbitrary: anyLook },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('timeline' as const),
      filter: anyFilter,
      period: fc.constantFrom<Period>('hour', 'day'),
      timezone: fc.constantFrom(...ZONES),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('get' as const), back: fc.integer({ min: -1, max: 40 }) }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
);

/** A store, open, and the model that says what it should hold. */
class Session {
  readonly #engine: Engine;
  readonly model = new MemoryModel();
  #writer: StoreWriter | undefined;
  #reader: StoreReader | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async writer(): Promise<StoreWriter> {
    this.#writer ??= await this.#engine.openWriter();
    return this.#writer;
  }

  async reader(): Promise<StoreReader> {
    this.#reader ??= await this.#engine.openReader();
    return this.#reader;
  }

  async close(): Promise<void> {
    await this.#reader?.close();
    await this.#writer?.close();
    this.#reader = undefined;
    this.#writer = undefined;
  }

  /** Removes every record; ids go on behind the last one. */
  async empty(): Promise<void> {
    const writer = await this.writer();
    while ((await writer.purge(1000)) > 0) this.model.purge(1000);
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'insert') return this.#insert(step.batches);
    if (step.kind === 'purge') {
      const writer = await this.writer();
      assert.equal(await writer.purge(step.limit, step.before), this.model.purge(step.limit, step.before));
    } else if (step.kind === 'look') await this.#look(step.filter, step.query, step.maxBytes);
    else if (step.kind === 'timeline') {
      const { filter, period, timezone } = step;
      const found = await (await this.reader()).timeline(filter, period, timezone);
      assert.deepEqual(found, this.model.timeline(filter, period, timezone));
    } else if (step.kind === 'get') {
      const id = this.model.lastId - step.back;
      const bytes = await (await this.reader()).get(id);
      assert.equal(bytes && text(bytes), this.model.get(id));
    } else await this.close();
  }

  async #insert(batches: readonly (readonly LogRecord[])[]): Promise<void> {
    const ids = await (await this.writer()).insert(batches);
    assert.deepEqual(
      ids.map((batch) => batch.length),
      batches.map((batch) => batch.length),
    );
    let last = this.model.lastId;
    for (const id of ids.flat()) {
      assert.ok(id > last, `${id} behind ${last}`);
      last = id;
    }
    this.model.insert(batches, ids);
  }

  async #look(filter: Filter, query: ModelQuery | undefined, maxBytes: number): Promise<void> {
    const reader = await this.reader();
    const asked: Filter = query === undefined ? filter : { ...filter, query: query.sql };
    const due = this.model.find(filter, query);
    assert.equal(await reader.count(asked), due.length);
    assert.deepEqual(await pages(reader, asked, { skip: 0, take: 1e6 }, maxBytes), due);
    const [skip, take] = [Math.floor(due.length / 3), Math.ceil(due.length / 2)];
    assert.deepEqual(await pages(reader, asked, { skip, take }, maxBytes), due.slice(skip, skip + take));
    assert.deepEqual(await pages(reader, asked, { skip: due.length + 5, take: 10 }, maxBytes), []);
    assert.deepEqual(await pages(reader, asked, { skip: 0, take: 0 }, maxBytes), []);
    if (query !== undefined) {
      const parts = [0, 1, 2].map((index) => reader.count({ ...asked, share: { index, of: 3 } }));
      assert.equal(
        (await Promise.all(parts)).reduce((sum, count) => sum + count, 0),
        due.length,
      );
      const days = this.model.timeline(filter, 'day', 'Europe/Berlin', query);
      assert.deepEqual(await reader.timeline(asked, 'day', 'Europe/Berlin'), days);
    }
  }
}

/** The JSON texts of a range, page by page until there is no next one; each page keeps within its bounds. */
async function pages(
  reader: StoreReader,
  filter: Filter,
  first: Cursor,
  maxBytes: number,
): Promise<string[]> {
  const found: string[] = [];
  for (let cursor: Cursor | undefined = first; cursor !== undefined; ) {
    const page = await reader.page(filter, cursor, maxBytes);
    const records = splitRecords(text(page.bytes));
    assert.equal(records.length, page.count);
    assert.ok(page.count > 0 || page.next === undefined, 'an empty page is the last one');
    // The last record may go over the edge.
    assert.ok(records.slice(0, -1).join(', ').length < maxBytes);
    found.push(...records);
    cursor = page.next;
  }
  return found;
}

/** Records of a page; each ends with its id, and no JSON text inside can look so. */
function splitRecords(page: string): string[] {
  return page === '' ? [] : page.split(/(?<=, "id": \d+\}), (?=\{"name": )/);
}

/**
 * What every engine promises (store.ts), held against a list in memory. `open` makes a store of its own for each part.
 */
export function testContract(
  name: string,
  open: () => Promise<Subject>,
  { consecutiveIds, runs }: Capabilities = { consecutiveIds: true, runs: 100 },
): void {
  describe(`${name} keeps the contract of stores`, () => {
    let subject: Subject;
    let session: Session;
    before(async () => {
      subject = await open();
      await subject.engine.migrate(() => undefined);
      session = new Session(subject.engine);
    });
    after(async () => {
      await session.close();
      await subject[Symbol.asyncDispose]();
    });

    test('any records and any questions', async () => {
      const anySteps = fc.array(anyStep, { minLength: 3, maxLength: 14 });
      await fc.assert(
        fc.asyncProperty(anyBatches, anySteps, async (batches, steps) => {
          await session.empty();
          await session.take({ kind: 'insert', batches });
          for (const step of steps) await session.take(step);
        }),
        { numRuns: runs },
      );
    });

    test('every combination of filters', async () => {
      await session.empty();
      const batch = NAMES.flatMap((name, index) =>
        TIMES.map((ts, place) => ({ name, ts, level: LEVELS[(index + place) % LEVELS.length] ?? 0 })),
      ).map(
        (head, index): LogRecord => ({ ...head, message: `${index}`, logrec: `{"data": {"n": ${index}}}` }),
      );
      await session.take({ kind: 'insert', batches: [batch.slice(0, 300), batch.slice(300)] });
      for (const level of [undefined, 20])
        for (const [from, to] of [
          [undefined, undefined],
          [0, undefined],
          [undefined, BASE],
          [BASE - QUARTER, BASE + 1],
          [5, 4],
        ])
          for (const names of [
            [],
            ['app'],
            ['a_', 'ab', 'ab.c'],
            ['\ud7ff', '\u{10ffff}'],
            ['nul\0'],
            ['no such'],
          ])
            for (const query of [undefined, ...QUERIES.slice(0, 2)]) {
              const filter = {
                names,
                ...(from !== undefined && { after: from }),
                ...(to !== undefined && { before: to }),
                ...(level !== undefined && { level }),
              };
              await session.take({ kind: 'look', filter, query, maxBytes: 20_000 });
            }
    });

    test('an id is never given twice, also when all records are gone and the store was opened anew', async () => {
      await session.take({ kind: 'insert', batches: [[SOME, SOME]] });
      const last = session.model.lastId;
      await session.empty();
      await session.close();
      await session.take({ kind: 'insert', batches: [[SOME]] });
      if (consecutiveIds) assert.equal(session.model.lastId, last + 1);
      else assert.ok(session.model.lastId > last);
    });

    test('records of one insert become visible together', async () => {
      await session.empty();
      const writer = await session.writer();
      const reader = await session.reader();
      assert.equal(await reader.count({ names: [] }), 0);
      const batches = [Array.from({ length: 500 }, () => SOME), [SOME], []];
      const ids = await writer.insert(batches);
      assert.equal(await reader.count({ names: [] }), 501);
      session.model.insert(batches, ids);
    });

    test('nothing at all is stored as nothing', async () => {
      const writer = await session.writer();
      assert.deepEqual(await writer.insert([]), []);
      assert.deepEqual(await writer.insert([[], []]), [[], []]);
    });

    test('migrating again changes nothing', async () => {
      await session.empty();
      await session.take({ kind: 'insert', batches: [[SOME, { ...SOME, level: -1 }]] });
      await session.close();
      await subject.engine.migrate(() => undefined);
      await subject.engine.checkSchema();
      await session.take({ kind: 'look', filter: { names: [] }, query: undefined, maxBytes: 1e6 });
    });

    test('when retention ran is remembered', async () => {
      await (await session.writer()).setPurgedAt(1_700_000_000_000_001);
      await session.close();
      assert.equal(await (await session.writer()).purgedAt(), 1_700_000_000_000_001);
    });
  });
}

const SOME: LogRecord = { name: 'some', ts: BASE, level: 20, message: 'm', logrec: '{"data": {}}' };
