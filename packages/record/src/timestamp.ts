import { RecordError } from './record-error.ts';

const SECOND = 1_000_000;
const DAY = 86_400;
/** 0001-01-01T00:00:00Z in seconds since 1970. */
const FIRST_SECOND = -62_135_596_800;
/** 10000-01-01T00:00:00Z in seconds since 1970, the first one that is too late. */
const END_SECOND = 253_402_300_800;
/** The last double before the year 10000; doubles of that size are 32 microseconds apart. */
const LAST_MICROSECOND = END_SECOND * SECOND - 32;

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const TWO_DIGITS = Array.from({ length: 100 }, (_, n) => String(n).padStart(2, '0'));

/**
 * Seconds since 1970, as Python's `time.time` gives them, to whole microseconds, half to even.
 *
 * The fraction is taken off before it is scaled, as CPython's `datetime.fromtimestamp` does (`modf`): scaling the whole
 * number first rounds differently. Throws a RecordError for a year outside 1 to 9999.
 */
export function microsecondsFromSeconds(seconds: number): number {
  let whole = Math.trunc(seconds);
  let micros = roundHalfEven((seconds - whole) * SECOND);
  if (micros >= SECOND) {
    micros -= SECOND;
    whole += 1;
  } else if (micros < 0) {
    micros += SECOND;
    whole -= 1;
  }
  if (whole >= FIRST_SECOND && whole < END_SECOND) return Math.min(whole * SECOND + micros, LAST_MICROSECOND);
  const { year } = civilDate(Math.floor(whole / DAY));
  throw new RecordError(
    'ValueError',
    Number.isSafeInteger(year) ? `year ${year} is out of range` : 'created is out of range',
  );
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Days since 1970 to the proleptic Gregorian calendar, with eras of 400 years that begin in March. */
function civilDate(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1;
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

let cachedDay = Number.NaN;
let cachedDate = '';

/**
 * Microseconds since 1970, of the years 1 to 9999, as `YYYY-MM-DD HH:MM:SS[.ffffff]+00:00`; the fraction is left out
 * when it is zero, as Python's `str(datetime)` does.
 */
export function formatTimestamp(ts: number): string {
  let seconds = Math.floor(ts / SECOND);
  let micros = ts - seconds * SECOND;
  // The quotient may have been rounded up to the next second.
  if (micros < 0) {
    seconds -= 1;
    micros += SECOND;
  }
  const days = Math.floor(seconds / DAY);
  // Neighbours in a page are mostly of one day.
  if (days !== cachedDay) {
    const { year, month, day } = civilDate(days);
    cachedDate = `${String(year).padStart(4, '0')}-${TWO_DIGITS[month]}-${TWO_DIGITS[day]} `;
    cachedDay = days;
  }
  const time = seconds - days * DAY;
  const minutes = (time / 60) | 0;
  const clock = `${TWO_DIGITS[(minutes / 60) | 0]}:${TWO_DIGITS[minutes % 60]}:${TWO_DIGITS[time % 60]}`;
  if (micros === 0) return `${cachedDate}${clock}+00:00`;
  return `${cachedDate}${clock}.${String(micros).padStart(6, '0')}+00:00`;
}

/**
 * An RFC 3339 date-time, with its zone, in microseconds since 1970; digits beyond the sixth are cut off. Undefined for
 * anything else: a date alone, no zone, a day that the calendar does not have, second 60.
 */
export function parseTimestamp(text: string): number | undefined {
  const match = RFC3339.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1, 7).map(Number);
  const leapDay = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0;
  if (year < 1 || day < 1 || day > (MONTH_DAYS[month - 1] ?? 0) + leapDay) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offsetHours = Number(match[9] ?? 0);
  const offsetMinutes = Number(match[10] ?? 0);
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const offset = (offsetHours * 60 + offsetMinutes) * (match[8] === '-' ? -60 : 60);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const seconds = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset;
  return seconds * SECOND + Number((match[7] ?? '').slice(0, 6).padEnd(6, '0'));
}
