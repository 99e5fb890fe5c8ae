/** JSON in which no number has lost anything: an integer literal is a bigint, every other number the nearest double. */
export type Json = null | boolean | string | number | bigint | Json[] | { [key: string]: Json };

/** Reads JSON text; bare NaN is no JSON and throws a SyntaxError. */
export function parseJson(text: string): Json {
  return JSON.parse(text, exact);
}

// The compiler's library does not know the third parameter yet.
function exact(_key: string, value: unknown, context?: { source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' && source !== undefined && /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** JSON text for a message to a person; what parseJson read comes out as it was written. */
export function showJson(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && Number.isInteger(value))
    return Object.is(value, -0) ? '-0.0' : `${value}.0`;
  if (Array.isArray(value)) return `[${value.map(showJson).join(', ')}]`;
  if (typeof value === 'object' && value !== null)
    return `{${Object.entries(value)
      .map(([key, item]) => `${JSON.stringify(key)}: ${showJson(item)}`)
      .join(', ')}}`;
  return JSON.stringify(value);
}
