import { FILLED_SECONDS, FIRST_CREATED } from '../load/bodies.ts';
import { RARE_NAME } from '../load/records.ts';
import { type Draw, page, READING_CASES, type ReadingCase, timeline, user } from './reading-cases.ts';

/** Some hours of the filled week, whose edges cut quarters of an hour. */
function hours({ random }: Draw, most: number): Record<string, string> {
  const length = 3600 * (1 + random * (most - 1));
  const after = FIRST_CREATED + random * (FILLED_SECONDS - length);
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
  return { after: iso(after), before: iso(after + length) };
}

const query = (text: string): string => `?${new URLSearchParams({ query: text })}`;

const OWN: readonly ReadingCase[] = [
  { name: 'count-edges', method: 'HEAD', search: (draw) => `?${new URLSearchParams(hours(draw, 100))}` },
  {
    name: 'timeline-edges',
    method: 'HEAD',
    search: (draw) => `${timeline('hour')}&${new URLSearchParams(hours(draw, 100))}`,
  },
  { name: 'page-common', method: 'GET', search: () => page(0, { level: '20' }) },
  { name: 'page-time-level', method: 'GET', search: (draw) => page(0, { ...hours(draw, 24), level: '50' }) },
  {
    name: 'page-time-name',
    method: 'GET',
    search: (draw) => page(0, { ...hours(draw, 100), name: RARE_NAME }),
  },
  { name: 'page-level-name', method: 'GET', search: () => page(0, { level: '40', name: 'shop.cart' }) },
];

/** What is asked of a large store while records come in. */
export const LARGE_CASES: readonly ReadingCase[] = [
  ...READING_CASES.filter(({ name }) => !name.startsWith('query-')),
  ...OWN,
].map((each) => ({ ...each, name: `large-${each.name}` }));

/** Counts that look at every record. */
export const LARGE_QUERIES: readonly ReadingCase[] = [
  {
    name: 'large-query-like',
    method: 'HEAD',
    search: (draw) => query(`message LIKE '%user ${user(draw)} %'`),
  },
  {
    name: 'large-query-json',
    method: 'HEAD',
    search: (draw) => query(`json_extract(logrec, '$.data.user_id') = ${user(draw)}`),
  },
  {
    // One of which nothing is certain before SQLite has parsed each record.
    name: 'large-query-parsed',
    method: 'HEAD',
    search: (draw) => query(`json_extract(logrec, '$.data.latency') > ${2900 + user(draw) / 1000}`),
  },
];
