import { FILLED_SECONDS, FIRST_CREATED } from '../load/bodies.ts';
import { RARE_NAME } from '../load/records.ts';
import { type Draw, page, type ReadingCase, timeline, user } from './reading-cases.ts';

/** The stores that are measured beside each other. */
export const STORE_NAMES = ['sqlite', 'mysql', 'chdb'] as const;
export type StoreName = (typeof STORE_NAMES)[number];

/** The figures and questions of a store, in the order in which a document shows them. */
export const QUESTION_NAMES = [
  'count',
  'timeline-day',
  'page-level',
  'page-name-before',
  'query-json',
] as const;

/** A time within an hour of the middle of what was filled. */
function middle({ random }: Draw): string {
  return new Date((FIRST_CREATED + FILLED_SECONDS / 2 + random * 3600) * 1000).toISOString();
}

/** Five questions, the last of them in the store's own SQL: `jsonField` is its expression for a field of `data`. */
export function storeQuestions(jsonField: (name: string) => string): readonly ReadingCase[] {
  const query = (draw: Draw) => new URLSearchParams({ query: `${jsonField('user_id')} = ${user(draw)}` });
  const searches: Record<(typeof QUESTION_NAMES)[number], Pick<ReadingCase, 'method' | 'search'>> = {
    count: { method: 'HEAD', search: () => '' },
    'timeline-day': { method: 'HEAD', search: () => timeline('day') },
    'page-level': { method: 'GET', search: () => page(0, { level: '40' }) },
    'page-name-before': {
      method: 'GET',
      search: (draw) => page(0, { name: RARE_NAME, before: middle(draw) }),
    },
    'query-json': { method: 'HEAD', search: (draw) => `?${query(draw)}` },
  };
  return QUESTION_NAMES.map((name) => ({ name, ...searches[name] }));
}
