import type { Json } from './lossless-json.ts';

/**
 * JSON with sorted keys, without spaces, non-ASCII characters escaped and floats as Python prints them: what the
 * checksums of data/chronologer-0.4.5.expected.json are made of.
 */
export function canonicalJson(value: Json): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number') return pythonFloat(value);
  if (typeof value === 'string') return asciiText(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const pairs = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return `{${pairs.map(([key, item]) => `${asciiText(key)}:${canonicalJson(item)}`).join(',')}}`;
}

function asciiText(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The shortest digits that read back, as JavaScript finds them too, in Python's layout: 1.0, 1e+16, 1e-05. */
function pythonFloat(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
