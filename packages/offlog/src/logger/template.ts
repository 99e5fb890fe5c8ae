/** Flags, width, precision and type of a conversion, as in `%-8.3f`. */
export type Conversion = {
  /** The name in `%(name)s`. */
  readonly key: string | undefined;
  readonly left: boolean;
  readonly sign: '' | '+' | ' ';
  readonly alternate: boolean;
  readonly zero: boolean;
  /** Undefined for none; `*` takes it from the arguments. */
  readonly width: number | '*' | undefined;
  readonly precision: number | '*' | undefined;
  readonly type: string;
};

/** Literal text and conversions, in turn. */
export type Template = readonly (string | Conversion)[];

/** A template or an argument that Python's % would refuse. */
export class FormatError extends Error {}

/** Greater widths and precisions, which Python would take, are refused: a slip must not fill the memory. */
export const WIDEST = 10_000;

const CONVERSION = /([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?[hlL]?(.)?/suy;
const TYPES = 'diouxXeEfFgGcrsa';

/**
 * Takes a template of Python's % apart.
 *
 * @see https://docs.python.org/3/library/stdtypes.html#printf-style-string-formatting
 * @throws FormatError
 */
export function parseTemplate(text: string): Template {
  const parts: (string | Conversion)[] = [];
  let literal = '';
  for (let at = 0; at < text.length; ) {
    const percent = text.indexOf('%', at);
    if (percent < 0) {
      literal += text.slice(at);
      break;
    }
    literal += text.slice(at, percent);
    const { key, end } = keyAt(text, percent + 1);
    CONVERSION.lastIndex = end;
    const [whole = '', flags = '', width, precision, type] = CONVERSION.exec(text) ?? [];
    at = end + whole.length;
    if (text[percent + 1] === '%') {
      literal += '%';
      continue;
    }
    if (type === undefined) throw new FormatError('the format ends within a conversion');
    if (!TYPES.includes(type)) throw new FormatError(`unknown conversion %${type}`);
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push({
      key,
      left: flags.includes('-'),
      sign: flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '',
      alternate: flags.includes('#'),
      zero: flags.includes('0'),
      width: sizeOf(width),
      precision: precision === '' ? 0 : sizeOf(precision),
      type,
    });
  }
  if (literal !== '') parts.push(literal);
  return parts;
}

function keyAt(text: string, start: number): { key: string | undefined; end: number } {
  if (text[start] !== '(') return { key: undefined, end: start };
  // Parentheses within a name are counted, as Python does.
  let depth = 1;
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')') depth -= 1;
    if (depth === 0) return { key: text.slice(start + 1, at), end: at + 1 };
  }
  throw new FormatError('a name without its closing parenthesis');
}

function sizeOf(digits: string | undefined): number | '*' | undefined {
  if (digits === undefined || digits === '*') return digits;
  return checkedSize(Number(digits));
}

export function checkedSize(size: number): number {
  if (size > WIDEST) throw new FormatError(`a width or precision above ${WIDEST}`);
  return size;
}
