import type { LogRecord } from '@chronologer/record';
import fc from 'fast-check';
import { anyGap, anyWalk, type Walk } from './contract-walks.ts';
import type { ModelQuery } from './memory-model.ts';
import type { Filter, Period } from './store.ts';

export const NAMES = [
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
export const LEVELS = [-(2 ** 31), -5, 0, 1, 10, 20, 30, 40, 50, 2 ** 31 - 1];
export const QUARTER = 900_000_000;
export const BASE = 1_700_000_100_000_000;
export const TIMES = [
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
export const QUERIES: readonly ModelQuery[] = [
  { sql: 'level > 10', holds: ({ level }, _id, others) => others && level > 10 },
  {
    sql: "name = 'app' OR level < 0",
    holds: ({ name, level }, _id, rest) => (rest && name === 'app') || level < 0,
  },
  {
    sql: 'record_id % 2 = 0 AND ts > EPOCH',
    holds: ({ ts }, id, others) => others && id % 2 === 0 && ts > 0,
  },
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
export const anyBatches = fc.oneof(
  fc.array(fc.array(anyRecord, { maxLength: 12 }), { minLength: 1, maxLength: 5 }),
  // Too few for more than rows.
  fc.array(fc.array(anyRecord, { maxLength: 2 }), { minLength: 1, maxLength: 2 }),
);
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

/** What changes the store; `failure`: how much is passed before it fails, once or lastingly. */
export type Change = (
  | {
      readonly kind: 'insert';
      readonly batches: readonly (readonly LogRecord[])[];
      /** The last of them, so many, are handed over packed, where the store has a packer. */
      readonly packed?: number;
    }
  /** The records have ids of their own, each so much higher than the last one. */
  | {
      readonly kind: 'copy';
      readonly records: readonly (readonly [gap: number, record: LogRecord])[];
    }
  | { readonly kind: 'purge'; readonly limit: number; readonly before: number | undefined }
  | { readonly kind: 'tidy'; readonly steps: number; readonly hoursLater: number }
) & { readonly failure?: readonly [passed: number, lasting: boolean] | undefined };

export type Step =
  | Change
  | {
      readonly kind: 'look';
      readonly filter: Filter;
      readonly query: ModelQuery | undefined;
      readonly maxBytes: number;
      /** Between two pages the store is tidied up. */
      readonly tidying: boolean;
    }
  | { readonly kind: 'timeline'; readonly filter: Filter; readonly period: Period; readonly timezone: string }
  | { readonly kind: 'get'; readonly back: number }
  | Walk
  | { readonly kind: 'reopen' };

const anyLook = fc.record({
  kind: fc.constant('look' as const),
  filter: anyFilter,
  query: anyQuery,
  maxBytes: fc.constantFrom(1, 300, 2000, 1e6),
  tidying: fc.boolean(),
});
const anyFailure = fc.option(fc.tuple(fc.nat(40), fc.boolean()), { nil: undefined, freq: 2 });
export const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('insert' as const),
      batches: anyBatches,
      packed: fc.nat(2),
      failure: anyFailure,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('copy' as const),
      records: fc.array(fc.tuple(anyGap, anyRecord), { maxLength: 30 }),
      failure: anyFailure,
    }),
  },
  { weight: 3, arbitrary: anyWalk(anyTime) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('purge' as const),
      limit: fc.integer({ min: 1, max: 30 }),
      before: fc.option(anyTime, { nil: undefined }),
      failure: anyFailure,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('tidy' as const),
      steps: fc.integer({ min: 1, max: 6 }),
      hoursLater: fc.constantFrom(0, 2),
      failure: anyFailure,
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
