import { formatTimestamp, parseTimestamp } from '@chronologer/record';

/**
 * A text as a literal, for connections with NO_BACKSLASH_ESCAPES alone: there a quote ends it and nothing else has a
 * meaning.
 */
export function quoted(text: string): string {
  return text.includes("'") ? `'${text.replaceAll("'", "''")}'` : `'${text}'`;
}

/** The UTF-8 bytes of a text as a literal, whatever the SQL mode. */
export function hex(bytes: string | Uint8Array): string {
  const buffer =
    typeof bytes === 'string'
      ? Buffer.from(bytes)
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return `x'${buffer.toString('hex')}'`;
}

/** Microseconds since 1970 as MySQL writes a DATETIME in UTC, without quotes. */
export function dateTime(ts: number): string {
  // Without the +00:00, which MySQL would take for an offset to convert by.
  return formatTimestamp(ts).slice(0, -6);
}

/** The date and the time of a DATETIME(6). */
const DATETIME = /^(\d{4})-(\d\d)-(\d\d) (.+)$/;
const DAY = 86_400_000_000;

/**
 * Microseconds since 1970 of a DATETIME(6) as MySQL writes it. With other SQL modes than ours MySQL takes what is no time: of
 * year 0 it is 0001-01-01, of month or day 0 the first, and a day that the month does not have is counted on, as
 * TO_SECONDS does.
 */
export function microseconds(text: string): number {
  return parseTimestamp(`${text.replace(' ', 'T')}Z`) ?? nearest(text);
}

function nearest(text: string): number {
  const [, year = '', month = '', day = '', time = ''] = DATETIME.exec(text) ?? [];
  const first =
    year === '0000' ? '0001-01-01T00:00:00Z' : `${year}-${month === '00' ? '01' : month}-01T${time}Z`;
  const ts = parseTimestamp(first);
  if (ts === undefined) throw new TypeError('a DATETIME was expected of the store');
  return year === '0000' ? ts : ts + Math.max(Number(day) - 1, 0) * DAY;
}
