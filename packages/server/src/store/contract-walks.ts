import assert from 'node:assert/strict';
import type { LogRecord } from '@chronologer/record';
import fc from 'fast-check';
import type { Filter, PortionLimits, StoredRecord, StoreReader, Stretch } from './store.ts';

/** A walk upwards, from an id `back` below the last one given out to one `until` below it. */
export interface Walk {
  readonly kind: 'walk';
  readonly back: number;
  readonly until: number;
  readonly times: Pick<Filter, 'after' | 'before'>;
  readonly limits: PortionLimits;
  /** Between two portions the store is tidied up. */
  readonly tidying: boolean;
}

export function anyWalk(anyTime: fc.Arbitrary<number>): fc.Arbitrary<Walk> {
  return fc.record({
    kind: fc.constant('walk' as const),
    back: fc.oneof(fc.nat(60), fc.constant(Number.MAX_SAFE_INTEGER)),
    until: fc.oneof(fc.constant(0), fc.nat(30)),
    times: fc.record({ after: anyTime, before: anyTime }, { requiredKeys: [] }),
    limits: fc.record({ records: fc.constantFrom(1, 5, 1000), bytes: fc.constantFrom(1, 60, 1e6) }),
    tidying: fc.boolean(),
  });
}

/** How much higher the next id is: where one counter gives them out, and where several servers do. */
export const anyGap = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(1, 1, 1, 2, 9) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 ** 33 }) },
);

/** Records with ids, the first one behind `last`. */
export function numbered(
  gaps: readonly (readonly [gap: number, record: LogRecord])[],
  last: number,
): StoredRecord[] {
  let id = last;
  return gaps.map(([gap, record]) => {
    id += gap;
    return { ...record, id };
  });
}

/** All records of a stretch; each portion keeps within its limits. */
export async function walked(
  reader: StoreReader,
  stretch: Stretch,
  limits: PortionLimits,
  between: () => Promise<void>,
): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  for (let from: number | undefined = stretch.from; from !== undefined; ) {
    const portion = await reader.upwards({ ...stretch, from }, limits);
    const { records }: { readonly records: readonly StoredRecord[] } = portion;
    assert.ok(records.length > 0 || portion.next === undefined, 'an empty portion is the last one');
    assert.ok(records.length <= limits.records);
    const texts = records.slice(0, -1).map(({ message, logrec }) => message + logrec);
    assert.ok(texts.join('').length < limits.bytes, 'only the last record goes over the edge');
    found.push(...records);
    from = portion.next;
    await between();
  }
  return found;
}
