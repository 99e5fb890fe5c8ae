import { BUCKET } from '../buckets.ts';
import { LocalPeriods } from '../local-time.ts';
import type { Filter, Period } from '../store.ts';
import { all, BUCKET_OF, conditionOf, ofLevelAndName, ofTime } from './condition.ts';
import type { Ask } from './whole-records.ts';

/** A number of records by time in microseconds. */
export type TimedCount = readonly [time: number, count: number];

/**
 * Counts. Whole quarters of an hour are counted by the table's projection, whose sums are in each part beside the records
 * that they count; what a time range cuts of the first and the last quarter is counted record by record.
 */
export class Counts {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  async count(filter: Filter): Promise<number> {
    const parts = partsOf(filter).map((where) => `SELECT count() AS part FROM record WHERE ${where}`);
    if (parts.length === 0) return 0;
    return (await this.#ask(`SELECT sum(part) FROM (${parts.join(' UNION ALL ')})`)).uint64();
  }

  /** By the beginnings of quarters of an hour, in order; of quarters that belong to two periods by seconds. */
  async byTime(filter: Filter, period: Period, timezone: string): Promise<TimedCount[]> {
    const counts: TimedCount[] = [];
    for (const where of partsOf(filter)) {
      const found = await this.#ask(
        `SELECT ${BUCKET_OF} AS bucket, count() FROM record WHERE ${where} GROUP BY bucket`,
      );
      while (!found.over) counts.push([found.int64(), found.uint64()]);
    }
    counts.sort(([a], [b]) => a - b);
    return isCut(counts, period, timezone) ? await this.#bySecond(filter) : counts;
  }

  async #bySecond(filter: Filter): Promise<TimedCount[]> {
    const second = 'ts - positiveModulo(ts, 1000000)';
    const found = await this.#ask(
      `SELECT ${second} AS second, count() FROM record WHERE ${conditionOf(filter)} GROUP BY second ORDER BY second`,
    );
    const counts: TimedCount[] = [];
    while (!found.over) counts.push([found.int64(), found.uint64()]);
    return counts;
  }
}

/** Conditions that together, each record in one, say what a filter says. */
function partsOf(filter: Filter): string[] {
  const { after, before, query } = filter;
  if (query !== undefined || (after === undefined && before === undefined)) return [conditionOf(filter)];
  if (after !== undefined && before !== undefined && after > before) return [];
  // The first quarter that begins in the range, and the first that does not end in it.
  const first = after === undefined ? undefined : Math.ceil(after / BUCKET) * BUCKET;
  const end = before === undefined ? undefined : Math.floor((before + 1) / BUCKET) * BUCKET;
  if (first !== undefined && end !== undefined && first >= end) return [conditionOf(filter)];
  const whole = [
    ...(first === undefined ? [] : [`${BUCKET_OF} >= ${first}`]),
    ...(end === undefined ? [] : [`${BUCKET_OF} < ${end}`]),
  ];
  const others = ofLevelAndName(filter);
  const edges = [
    ...(after === undefined || first === undefined ? [] : [ofTime({ after, before: first - 1 })]),
    ...(before === undefined || end === undefined ? [] : [ofTime({ after: end, before })]),
  ];
  return [whole, ...edges].map((time) => all([...time, ...others]));
}

/** Whether a quarter of an hour lies in two periods: zones of long ago had offsets such as +0:19:32. */
function isCut(counts: readonly TimedCount[], period: Period, timezone: string): boolean {
  const [first, last] = [counts[0], counts.at(-1)];
  if (first === undefined || last === undefined) return false;
  const periods = new LocalPeriods(
    timezone,
    period,
    Math.floor(first[0] / 1e6),
    Math.ceil(last[0] / 1e6) + BUCKET / 1e6,
  );
  return counts.some(([ts]) => periods.startOf(ts / 1e6) !== periods.startOf((ts + BUCKET) / 1e6 - 1));
}
