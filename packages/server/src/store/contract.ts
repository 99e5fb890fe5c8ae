import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { LogRecord } from '@chronologer/record';
import fc from 'fast-check';
import { testExtremes } from './contract-extremes.ts';
import {
  anyBatches,
  anyStep,
  BASE,
  type Change,
  LEVELS,
  NAMES,
  QUARTER,
  QUERIES,
  type Step,
  TIMES,
} from './contract-steps.ts';
import { numbered, type Walk, walked } from './contract-walks.ts';
import { MemoryModel, type ModelQuery } from './memory-model.ts';
import type { Batch, Cursor, Engine, Filter, StoreReader, StoreWriter } from './store.ts';
import { StoreError } from './store-error.ts';

/** A store of its own for a test, empty and not migrated yet. */
export interface Subject extends AsyncDisposable {
  readonly engine: Engine;
  /** What an expression compares `ts` with for 1970; without it 0, for a store whose times are microseconds. */
  readonly epoch?: string;
  /**
   * Lets the store fail under its writer, after `passed` of whatever it does one by one, once or, with `lasting`, until
   * it is disposed. A store without it is not tested for what a fault leaves behind.
   */
  fail?(passed: number, lasting: boolean): Disposable & { readonly fired: boolean };
}

/** What an engine may do otherwise than the others. */
interface Capabilities {
  /** Ids follow each other without a gap, as they do where one counter gives them out. */
  readonly consecutiveIds?: boolean;
  /** Sequences of random steps that are tried; fewer where each takes long. */
  readonly runs?: number;
}

/** How much is tried. */
const USUAL_RUNS = 700;

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** A store, open, and the model that says what it should hold. */
class Session {
  readonly #subject: Subject;
  readonly model = new MemoryModel();
  /** The clock, in microseconds, which goes on by whole hours. */
  #now = BASE;
  #writer: StoreWriter | undefined;
  #reader: StoreReader | undefined;

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  async writer(): Promise<StoreWriter> {
    this.#writer ??= await this.#subject.engine.openWriter();
    return this.#writer;
  }

  async reader(): Promise<StoreReader> {
    this.#reader ??= await this.#subject.engine.openReader();
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
    if (step.kind === 'insert' || step.kind === 'copy' || step.kind === 'purge' || step.kind === 'tidy')
      await this.#change(step);
    else if (step.kind === 'look') await this.#look(step.filter, step.query, step.maxBytes, step.tidying);
    else if (step.kind === 'timeline') {
      const { filter, period, timezone } = step;
      const found = await (await this.reader()).timeline(filter, period, timezone);
      assert.deepEqual(found, this.model.timeline(filter, period, timezone));
    } else if (step.kind === 'get') {
      const id = this.model.lastId - step.back;
      const bytes = await (await this.reader()).get(id);
      assert.equal(bytes && text(bytes), this.model.get(id));
    } else if (step.kind === 'walk') await this.#walk(step);
    else await this.close();
  }

  /** Where the store fails, it says so and all is as before; afterwards the same is done again and succeeds. */
  async #change(change: Change): Promise<void> {
    await this.writer();
    if (change.failure !== undefined && this.#subject.fail !== undefined) {
      if (!(await this.#fails(change, this.#subject.fail(...change.failure)))) return;
      await this.#look({ names: [] }, undefined, 1e6, false);
    }
    await this.#do(change);
  }

  /** False when all was done before it came to the failure, which is over afterwards. */
  async #fails(change: Change, armed: ReturnType<NonNullable<Subject['fail']>>): Promise<boolean> {
    using failure = armed;
    try {
      await this.#do(change);
      assert.equal(failure.fired, false, 'a failure was passed over in silence');
      return false;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      assert.ok(failure.fired, error.message);
      return true;
    }
  }

  async #do(change: Change): Promise<void> {
    const writer = await this.writer();
    if (change.kind === 'insert') await this.#insert(change.batches, change.packed ?? 0);
    else if (change.kind === 'copy') await this.#copy(change.records);
    else if (change.kind === 'purge') {
      const count = await writer.purge(change.limit, change.before);
      assert.equal(count, this.model.purge(change.limit, change.before));
    } else {
      let more = await writer.tidy(this.#now);
      if (change.hoursLater > 0) more = true;
      this.#now += change.hoursLater * 3_600_000_000;
      for (let step = 0; more && step < change.steps; step++) more = await writer.tidy(this.#now);
    }
  }

  async #insert(all: readonly Batch[], packed: number): Promise<void> {
    const packer = packed > 0 ? this.#subject.engine.openPacker?.() : undefined;
    const loose = packer === undefined ? all : all.slice(0, -packed);
    const others = packer === undefined ? [] : all.slice(-packed).filter((batch) => batch.length > 0);
    const runs = others.flatMap((batch) => {
      for (const record of batch) packer?.add(record);
      return packer?.take() ?? [];
    });
    const batches = [...loose, ...others];
    const ids = await (await this.writer()).insert(loose, runs);
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

  async #copy(gaps: readonly (readonly [gap: number, record: LogRecord])[]): Promise<void> {
    const records = numbered(gaps, this.model.lastId);
    await (await this.writer()).insertWithIds(records);
    this.model.insert([records], [records.map(({ id }) => id)]);
  }

  async #walk({ back, until, times, limits, tidying }: Walk): Promise<void> {
    const reader = await this.reader();
    assert.deepEqual(await reader.ids(), this.model.ids());
    const [from, to] = [back, until].map((below) => Math.max(0, this.model.lastId - below));
    const stretch = { ...times, from: from ?? 0, to: to ?? 0 };
    const found = await walked(reader, stretch, limits, async () => {
      if (tidying) await (await this.writer()).tidy(this.#now);
    });
    assert.deepEqual(found, this.model.stretch(stretch));
  }

  async #look(
    filter: Filter,
    query: ModelQuery | undefined,
    maxBytes: number,
    tidying: boolean,
  ): Promise<void> {
    const reader = await this.reader();
    const writer = await this.writer();
    const between = async () => {
      if (tidying) await writer.tidy(this.#now);
    };
    const asked: Filter =
      query === undefined
        ? filter
        : { ...filter, query: query.sql.replace('EPOCH', this.#subject.epoch ?? '0') };
    const due = this.model.find(filter, query);
    assert.equal(await reader.count(asked), due.length);
    assert.deepEqual(await pages(reader, asked, { skip: 0, take: 1e6 }, maxBytes, between), due);
    await between();
    const [skip, take] = [Math.floor(due.length / 3), Math.ceil(due.length / 2)];
    assert.deepEqual(await pages(reader, asked, { skip, take }, maxBytes), due.slice(skip, skip + take));
    assert.deepEqual(await pages(reader, asked, { skip: due.length + 5, take: 10 }, maxBytes), []);
    assert.deepEqual(await pages(reader, asked, { skip: 0, take: 0 }, maxBytes), []);
    if (query !== undefined && reader.find && reader.records) await this.#search(reader, asked, due);
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

  /** A page in two steps: ids, by all shares of a query, and their records. */
  async #search(reader: StoreReader, filter: Filter, due: readonly string[]): Promise<void> {
    const [wanted, effort] = [Math.max(1, due.length), 3];
    const parts = [0, 1].map((index) => ({ ...filter, share: { index, of: 2 } }));
    const ids: number[] = [];
    for (const part of parts) ids.push(...(await found(reader, part, wanted, effort)));
    ids.sort((a, b) => b - a);
    assert.equal(ids.length, due.length);
    const all = await reader.records?.(ids, 1e9);
    assert.deepEqual(all && splitRecords(text(all.bytes)), due);
    assert.deepEqual([all?.count, all?.looked], [due.length, due.length]);
    const few = await reader.records?.([...ids, Number.MAX_SAFE_INTEGER], 1);
    assert.equal(few?.looked, 1);
    if (due.length > 0) assert.deepEqual(await found(reader, filter, 2, effort), ids);
  }
}

/** All ids of a filter, found in steps. */
async function found(reader: StoreReader, filter: Filter, wanted: number, effort: number): Promise<number[]> {
  const ids: number[] = [];
  for (let below: number | undefined; ; ) {
    const from: { below?: number } = below === undefined ? {} : { below };
    const step = await reader.find?.(filter, { ...from, wanted, effort });
    assert.ok(step);
    assert.ok(step.ids.length <= wanted);
    ids.push(...step.ids);
    if (step.below === undefined) break;
    assert.ok(step.below < (below ?? Number.POSITIVE_INFINITY), 'a step goes on');
    below = step.below;
  }
  return ids;
}

/** The JSON texts of a range, page by page until there is no next one; each page keeps within its bounds. */
async function pages(
  reader: StoreReader,
  filter: Filter,
  first: Cursor,
  maxBytes: number,
  between: () => Promise<void> = async () => undefined,
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
    await between();
  }
  return found;
}

/** Records of a page; each ends with its id, and no JSON text inside can look so. */
function splitRecords(page: string): string[] {
  return page === '' ? [] : page.split(/(?<=, "id": \d+\}), (?=\{"name": )/);
}

/**
 * What every engine promises (store.ts), held against a list in memory. `open` makes a store of its own for each part;
 * `runs`: sequences of random steps that are tried. One that fails is told with its seed.
 */
export function testContract(
  name: string,
  open: () => Promise<Subject>,
  { consecutiveIds = true, runs = USUAL_RUNS }: Capabilities = {},
): void {
  testExtremes(name, open);
  describe(`${name} keeps the contract of stores`, () => {
    let subject: Subject;
    let session: Session;
    before(async () => {
      subject = await open();
      await subject.engine.migrate(() => undefined);
      session = new Session(subject);
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
              await session.take({ kind: 'look', filter, query, maxBytes: 20_000, tidying: false });
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
      await session.take({
        kind: 'look',
        filter: { names: [] },
        query: undefined,
        maxBytes: 1e6,
        tidying: false,
      });
    });

    test('when retention ran is remembered', async () => {
      await (await session.writer()).setPurgedAt(1_700_000_000_000_001);
      await session.close();
      assert.equal(await (await session.writer()).purgedAt(), 1_700_000_000_000_001);
    });
  });
}

const SOME: LogRecord = { name: 'some', ts: BASE, level: 20, message: 'm', logrec: '{"data": {}}' };
