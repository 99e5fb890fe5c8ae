/** Not printable to Python: its str.isprintable() by general category, the space apart. */
const UNPRINTABLE = /[\p{C}\p{Z}]/u;

/**
 * Python's repr() of a text, given as its characters (code points; lone surrogates stay alone). With `ascii` its
 * ascii(): what is not ASCII is escaped, too.
 */
export function repr(text: Iterable<string>, ascii = false): string {
  const characters = [...text];
  const quote = characters.includes("'") && !characters.includes('"') ? '"' : "'";
  return quote + characters.map((character) => escaped(character, quote, ascii)).join('') + quote;
}

function escaped(character: string, quote: string, ascii: boolean): string {
  if (character === quote || character === '\\') return `\\${character}`;
  if (character === '\n') return '\\n';
  if (character === '\r') return '\\r';
  if (character === '\t') return '\\t';
  const point = character.codePointAt(0) ?? 0;
  const plain = character === ' ' || !UNPRINTABLE.test(character);
  return plain && !(ascii && point > 0x7e) ? character : escapeOf(point);
}

/** A code point as Python escapes it in a literal. */
export function escapeOf(point: number): string {
  const hex = point.toString(16);
  if (point <= 0xff) return `\\x${hex.padStart(2, '0')}`;
  return point <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
