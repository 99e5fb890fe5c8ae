import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Filter, Page } from '../store/store.ts';
import type { ReadJob, ReadResults } from './messages.ts';
import { type Run, Search } from './search.ts';

/** What a model's worker looks at where a real one is told to look at so many records. */
const SCALE = 1 / 16_384;
/** Ids of a stripe that one share has. */
const STRIPE = 3;

interface Model {
  /** All ids, descending. */
  readonly ids: readonly number[];
  readonly holds: (id: number) => boolean;
  /** Gone when they are read, though they were found. */
  readonly gone: (id: number) => boolean;
  readonly jobs: ReadJob[];
}

/** Workers of a store that is a list of ids; a record is its id and takes a byte. */
function runOn(model: Model): Run {
  const answer = (job: ReadJob): unknown => {
    model.jobs.push(job);
    if (job.kind === 'find') return find(model, job);
    if (job.kind !== 'records') throw new Error(`${job.kind} was not expected`);
    const looked = job.ids.slice(0, job.maxBytes);
    const left = looked.filter((id) => !model.gone(id));
    return { bytes: new Uint8Array(Buffer.from(left.join(', '))), count: left.length, looked: looked.length };
  };
  return async <J extends ReadJob>(job: J) => answer(job) as ReadResults[J['kind']];
}

function find({ ids, holds }: Model, { filter, step }: ReadJob & { kind: 'find' }): ReadResults['find'] {
  const { share } = filter;
  const mine = ids.filter(
    (id) =>
      id < (step.below ?? Number.POSITIVE_INFINITY) &&
      (share === undefined || Math.floor(id / STRIPE) % share.of === share.index),
  );
  const looked = mine.slice(0, Math.min(mine.length, step.effort * SCALE));
  const found = looked.filter(holds);
  if (found.length > step.wanted) {
    const wanted = found.slice(0, step.wanted);
    return { ids: wanted, below: wanted.at(-1) ?? 0 };
  }
  return looked.length === mine.length ? { ids: found } : { ids: found, below: looked.at(-1) ?? 0 };
}

async function readAll(model: Model, filter: Filter, skip: number, take: number, maxBytes: number) {
  const search = new Search(runOn(model), runOn(model));
  const read: number[] = [];
  let page: Page | undefined;
  do {
    page = await search.page({
      kind: 'page',
      filter,
      cursor: page?.next ?? { skip, take },
      maxBytes,
    });
    assert.ok(page, 'the store can search');
    assert.ok(page.count > 0 || page.next === undefined, 'an empty page is the last one');
    const text = Buffer.from(page.bytes).toString();
    const ids = text === '' ? [] : text.split(', ').map(Number);
    assert.equal(ids.length, page.count);
    read.push(...ids);
  } while (page.next !== undefined);
  return read;
}

test('finds what one worker would, whatever the steps and shares', async () => {
  const anyModel = fc.record({
    count: fc.integer({ min: 0, max: 150 }),
    stride: fc.constantFrom(1, 2, 100),
    every: fc.constantFrom(1, 2, 7, 40),
    goneEvery: fc.constantFrom(1, 3, 1000),
    skip: fc.constantFrom(0, 1, 10),
    take: fc.integer({ min: 1, max: 60 }),
    maxBytes: fc.constantFrom(1, 5, 1000),
  });
  await fc.assert(
    fc.asyncProperty(anyModel, async ({ count, stride, every, goneEvery, skip, take, maxBytes }) => {
      const ids = Array.from({ length: count }, (_, index) => (count - index) * stride);
      const gone = (id: number) => (id / stride) % goneEvery === goneEvery - 1;
      const holds = (id: number) => (id / stride) % every === 0;
      const read = await readAll(
        { ids, holds, gone, jobs: [] },
        { names: [], query: '1' },
        skip,
        take,
        maxBytes,
      );
      // Passed over are those that were found; what is gone makes room for others.
      const due = ids
        .filter(holds)
        .slice(skip)
        .filter((id) => !gone(id))
        .slice(0, take);
      assert.deepEqual(read, due);
    }),
    { numRuns: 2000 },
  );
});

test('a page that is full soon is looked for by one worker; ids are not looked for again', async () => {
  const ids = Array.from({ length: 1000 }, (_, index) => 1000 - index);
  const model: Model = { ids, holds: (id) => id > 996, gone: () => false, jobs: [] };
  assert.deepEqual(await readAll(model, { names: [], query: '1' }, 0, 4, 2), [1000, 999, 998, 997]);
  assert.deepEqual(
    model.jobs.map(({ kind }) => kind),
    ['find', 'records', 'records'],
  );
});

test('a store without such steps is asked for a page', async () => {
  const run: Run = async <J extends ReadJob>() => undefined as ReadResults[J['kind']];
  const page = {
    kind: 'page',
    filter: { names: [], query: '1' },
    cursor: { skip: 0, take: 5 },
    maxBytes: 9,
  } as const;
  assert.equal(await new Search(run, run).page(page), undefined);
});
