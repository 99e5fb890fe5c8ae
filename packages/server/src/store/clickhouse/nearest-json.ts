/**
 * What ClickHouse's JSON parser refuses: surrogates, which may be lone, and numbers beyond 64 bits or a double. Numbers stand
 * behind a colon, comma or bracket: an identifier such as "a5f0e0230f" is none.
 */
const SUSPICIOUS = /\\u[dD][89a-fA-F]|[:[,]\s*-?(?:[\d.]*?\d{19}|[\d.]{3,}[eE]|\d+[eE][+-]?\d{3})/;

/**
 * The nearest JSON text that ClickHouse's JSON type takes, where it would refuse this one; undefined where it takes this one.
 * Lone surrogates become U+FFFD, long integers the nearest double, numbers beyond all doubles null.
 */
export function nearestJson(text: string): string | undefined {
  if (!SUSPICIOUS.test(text)) return undefined;
  return JSON.stringify(JSON.parse(text), (_key, value) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  ).replace(/\\u[dD][89a-fA-F][0-9a-fA-F]{2}/g, '\ufffd');
}
