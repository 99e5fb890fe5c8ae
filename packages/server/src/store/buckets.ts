import { LocalPeriods } from './local-time.ts';
import type { Filter, Group, Period } from './store.ts';

/** Microseconds in a bucket of a rollup: a quarter of an hour, of which the offset of every zone in use is a multiple. */
export const BUCKET = 900_000_000;

/** A range of whole buckets, both inclusive; infinite where there is no edge. */
export interface WholeBuckets {
  readonly first: number;
  readonly last: number;
}

/** The part of a cut bucket that is inside the range; times in microseconds, both inclusive. */
export interface Edge {
  readonly bucket: number;
  readonly after: number;
  readonly before: number;
}

/** A time range as whole buckets and at most two cut ones. */
export function split(filter: Pick<Filter, 'after' | 'before'>): { whole: WholeBuckets; edges: Edge[] } {
  const { after = Number.NEGATIVE_INFINITY, before = Number.POSITIVE_INFINITY } = filter;
  if (after > before) return { whole: { first: 0, last: -1 }, edges: [] };
  let first = Math.floor(after / BUCKET);
  let last = Math.floor(before / BUCKET);
  const edges: Edge[] = [];
  const cut = (bucket: number) => {
    edges.push({
      bucket,
      after: Math.max(after, bucket * BUCKET),
      before: Math.min(before, (bucket + 1) * BUCKET - 1),
    });
  };
  const startsInside = after > first * BUCKET;
  const endsInside = before < (last + 1) * BUCKET - 1;
  if (startsInside) cut(first);
  if (endsInside && !(startsInside && first === last)) cut(last);
  if (startsInside) first++;
  if (endsInside) last--;
  return { whole: { first, last }, edges };
}

/** How many records there are at, or from, a time in microseconds. */
export type Counted = readonly [time: number, count: number];

/**
 * Sums of counts by local period, in order. With `expand` each time begins a bucket: one that lies in two periods (zones
 * of long ago had offsets such as +0:19:32) is replaced by the times in it.
 */
export function grouped(
  period: Period,
  timezone: string,
  counts: readonly Counted[],
  expand?: (start: number) => readonly number[],
): Group[] {
  const periods = periodsOf(period, timezone, counts);
  if (periods === undefined) return [];
  const sums = new Map<number, number>();
  const add = (ts: number, count: number) => {
    const start = periods.startOf(Math.floor(ts / 1e6));
    sums.set(start, (sums.get(start) ?? 0) + count);
  };
  for (const [ts, count] of counts) {
    if (expand === undefined || isWhole(periods, ts)) add(ts, count);
    else for (const each of expand(ts)) add(each, 1);
  }
  return [...sums].sort(([a], [b]) => a - b).map(([start, count]) => ({ start, count }));
}

/** The beginnings of those buckets that lie in two local periods: `grouped` asks for their times. */
export function dividedBuckets(period: Period, timezone: string, counts: readonly Counted[]): number[] {
  const periods = periodsOf(period, timezone, counts);
  if (periods === undefined) return [];
  return counts.map(([start]) => start).filter((start) => !isWhole(periods, start));
}

function periodsOf(period: Period, timezone: string, counts: readonly Counted[]): LocalPeriods | undefined {
  const [first, last] = [counts[0], counts.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const [from, to] = [Math.floor(first[0] / 1e6), Math.ceil((last[0] + BUCKET) / 1e6)];
  return new LocalPeriods(timezone, period, from, to);
}

function isWhole(periods: LocalPeriods, start: number): boolean {
  return periods.startOf(start / 1e6) === periods.startOf((start + BUCKET) / 1e6 - 1);
}
