import { FILLED_SECONDS, FIRST_CREATED } from '../load/bodies.ts';
import { RARE_NAME, USERS } from '../load/records.ts';

/** What a request needs to know: the filled records and a number in [0, 1) that differs from request to request. */
export type Draw = { records: number; random: number };

export type ReadingCase = { name: string; method: 'GET' | 'HEAD'; search: (draw: Draw) => string };

export const page = (left: number, filter: Record<string, string> = {}): string =>
  `?${new URLSearchParams({ left: String(left), right: String(left + 99), ...filter })}`;

export const timeline = (group: string): string =>
  `?${new URLSearchParams({ group, timezone: 'Europe/Amsterdam' })}`;

export const user = ({ random }: Draw): number => 1 + Math.floor(random * USERS);

/** An hour of the filled week, as the two time filters. */
function hour({ random }: Draw): Record<string, string> {
  const after = FIRST_CREATED + Math.floor(random * (FILLED_SECONDS - 3600));
  const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
  return { after: iso(after), before: iso(after + 3600) };
}

/** The questions that a log's readers ask; each draws its own user, hour or id, so that no answer is a repeat. */
export const READING_CASES: readonly ReadingCase[] = [
  { name: 'count', method: 'HEAD', search: () => '' },
  { name: 'count-level', method: 'HEAD', search: () => '?level=40' },
  { name: 'timeline-day', method: 'HEAD', search: () => timeline('day') },
  { name: 'timeline-hour', method: 'HEAD', search: () => timeline('hour') },
  { name: 'page-newest', method: 'GET', search: () => page(0) },
  { name: 'page-level', method: 'GET', search: () => page(0, { level: '50' }) },
  { name: 'page-name', method: 'GET', search: () => page(0, { name: RARE_NAME }) },
  { name: 'page-time', method: 'GET', search: (draw) => page(0, hour(draw)) },
  { name: 'page-deep', method: 'GET', search: ({ records }) => page(Math.floor(records / 2)) },
  { name: 'by-id', method: 'GET', search: ({ records, random }) => `/${1 + Math.floor(random * records)}` },
  {
    name: 'query-like',
    method: 'GET',
    search: (draw) => page(0, { query: `message LIKE '%user ${user(draw)} %'` }),
  },
  {
    name: 'query-json',
    method: 'GET',
    search: (draw) => page(0, { query: `json_extract(logrec, '$.data.user_id') = ${user(draw)}` }),
  },
];
