import { LocalPeriods } from './local-time.ts';
import type { Group, Period } from './store.ts';

/**
 * Microseconds in a bucket of a rollup: a quarter of an hour, the largest step that the offsets of all time zones in use
 * are multiples of.
 */
export const BUCKET = 900_000_000;

/**
 * Sums of [time in microseconds, count] by local period, in order. With `expand` each time begins a quarter of an hour:
 * one that lies in two periods (zones of long ago had offsets such as +0:19:32) is replaced by the times in it.
 */
export function grouped(
  period: Period,
  timezone: string,
  counts: readonly (readonly [number, number])[],
  expand?: (start: number) => readonly number[],
): Group[] {
  const [first, last] = [counts[0], counts.at(-1)];
  if (first === undefined || last === undefined) return [];
  const periods = new LocalPeriods(
    timezone,
    period,
    Math.floor(first[0] / 1e6),
    Math.ceil((last[0] + BUCKET) / 1e6),
  );
  const sums = new Map<number, number>();
  const add = (ts: number, count: number) => {
    const start = periods.startOf(Math.floor(ts / 1e6));
    sums.set(start, (sums.get(start) ?? 0) + count);
  };
  for (const [ts, count] of counts) {
    const whole = periods.startOf(ts / 1e6) === periods.startOf((ts + BUCKET) / 1e6 - 1);
    if (expand === undefined || whole) add(ts, count);
    else for (const each of expand(ts)) add(each, 1);
  }
  return [...sums].sort(([a], [b]) => a - b).map(([start, count]) => ({ start, count }));
}
