import type { Period } from './store.ts';

const SECONDS = { hour: 3600, day: 86400 } as const satisfies Record<Period, number>;

/** A stretch of time over which a zone's offset does not change; `from` in seconds since 1970. */
interface Stretch {
  readonly from: number;
  readonly offset: number;
}

/** True for an IANA zone name that this Node knows, in any case; offsets such as +02:00 are no zones. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * Finds the local hour or day that an instant belongs to, as the instant at which it begins.
 *
 * A clock hour that occurs twice, as clocks go back, is one group labelled with its later instant; one whose beginning
 * the clocks skip begins where they jump. Both as Chronologer 0.4.5 answers. The zone's changes are looked up once, so
 * that a label costs arithmetic alone.
 */
export class LocalPeriods {
  readonly #length: number;
  readonly #stretches: readonly Stretch[];
  #current = 0;

  /** For instants from `from` to `to`, seconds since 1970. */
  constructor(timezone: string, period: Period, from: number, to: number) {
    this.#length = SECONDS[period];
    this.#stretches = stretchesOf(timezone, from - 2 * SECONDS.day, to + 2 * SECONDS.day);
  }

  /** The beginning, in seconds since 1970, of the local period around `second`. */
  startOf(second: number): number {
    const local = second + this.#stretchAt(second).offset;
    return this.#instantOf(local - modulo(local, this.#length));
  }

  #stretchAt(second: number): Stretch {
    const stretches = this.#stretches;
    let index = this.#current;
    while (index > 0 && second < at(stretches, index).from) index--;
    while (index + 1 < stretches.length && second >= at(stretches, index + 1).from) index++;
    this.#current = index;
    return at(stretches, index);
  }

  /**
   * The latest instant at which clocks show `local`, or the one at which they jump over it. Looked for around the current
   * stretch: a zone may have thousands.
   */
  #instantOf(local: number): number {
    const stretches = this.#stretches;
    let last = this.#current;
    // No clock is a day or more away from UTC.
    while (last + 1 < stretches.length && at(stretches, last + 1).from <= local + SECONDS.day) last++;
    for (let index = last; index >= 0; index--) {
      const { from, offset } = at(stretches, index);
      const instant = local - offset;
      if (index === 0 || instant >= from) {
        const next = stretches[index + 1];
        return next === undefined || instant < next.from ? instant : next.from;
      }
    }
    return local;
  }
}

function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new RangeError('no such stretch');
  return item;
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

function stretchesOf(timezone: string, from: number, to: number): Stretch[] {
  const start = Math.max(from, MIN_SECOND);
  let time = Temporal.Instant.fromEpochMilliseconds(start * 1000).toZonedDateTimeISO(timezone);
  const stretches = [{ from: start, offset: time.offsetNanoseconds / 1e9 }];
  for (;;) {
    const next = time.getTimeZoneTransition('next');
    if (next === null || next.epochMilliseconds > to * 1000) return stretches;
    stretches.push({ from: Math.floor(next.epochMilliseconds / 1000), offset: next.offsetNanoseconds / 1e9 });
    time = next;
  }
}

/** Year 1, with room to go back from it. */
const MIN_SECOND = -62_200_000_000;
