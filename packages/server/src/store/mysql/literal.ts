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

/** Microseconds since 1970 of a DATETIME(6) as MySQL writes it. */
export function microseconds(text: string): number {
  const ts = parseTimestamp(`${text.replace(' ', 'T')}Z`);
  if (ts === undefined) throw new TypeError('a DATETIME was expected of the store');
  return ts;
}
