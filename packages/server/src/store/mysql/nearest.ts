import { quoted } from './literal.ts';

/** Nesting that a server's JSON takes; MariaDB's json_valid takes less than MySQL's column. */
export const MAX_DEPTH = { mysql: 100, mariadb: 31 } as const;

/** A key of MySQL's JSON has a length of 16 bits; a code point has at most four bytes. */
const MAX_KEY = 16_000;

/** Of a text that is too large as a whole: characters that are left of each string in it. */
const SHORT = 256;

/** What a JSON column can hold. */
export interface JsonLimits {
  readonly depth: number;
  /** Bytes of the text as a literal. */
  readonly size: number;
}

/** A number as it was written. */
class NumberText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * The nearest to a JSON object that a JSON column takes: a lone surrogate becomes U+FFFD, a number beyond a double the
 * largest double, what is nested too deeply the text of itself. Of a text that is too large strings are cut, and if that
 * does not help, it becomes {}. The exact text is kept elsewhere.
 */
export function nearestJson(text: string, limits: JsonLimits): string {
  const value = JSON.parse(text, (_key, each: unknown, context?: { readonly source?: string }) =>
    typeof each === 'number' ? new NumberText(nearestNumber(context?.source ?? String(each))) : each,
  );
  for (const longest of [Number.POSITIVE_INFINITY, SHORT]) {
    const rendered = render(value, limits.depth, longest);
    if (Buffer.byteLength(quoted(rendered)) <= limits.size) return rendered;
  }
  return '{}';
}

const HUGE_EXPONENT = /e\+?\d{3,}$/i;

function nearestNumber(source: string): string {
  const number = Number(source);
  // By its exponent alone MySQL refuses 0e400.
  if (Number.isFinite(number)) return HUGE_EXPONENT.test(source) ? String(number) : source;
  return number > 0 ? '1.7976931348623157e308' : '-1.7976931348623157e308';
}

function render(value: unknown, depth: number, longest: number): string {
  if (value instanceof NumberText) return value.text;
  if (typeof value === 'string') return JSON.stringify(nearestText(value, longest));
  if (typeof value !== 'object' || value === null) return String(value);
  // An empty list has a depth of its own.
  if (depth === 0)
    return JSON.stringify(nearestText(render(value, Number.POSITIVE_INFINITY, longest), longest));
  if (Array.isArray(value)) return `[${value.map((item) => render(item, depth - 1, longest)).join(', ')}]`;
  const members = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(nearestText(key, MAX_KEY))}: ${render(item, depth - 1, longest)}`,
  );
  return `{${members.join(', ')}}`;
}

function nearestText(text: string, longest: number): string {
  return (text.length > longest ? text.slice(0, longest) : text).toWellFormed();
}
