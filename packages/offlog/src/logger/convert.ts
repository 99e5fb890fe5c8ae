import { escapeOf, repr } from '../python-repr.ts';
import { inspected, shown } from './display.ts';
import { exponential, fixed, general } from './float-digits.ts';
import { type Conversion, FormatError } from './template.ts';

/** A conversion whose width and precision are known. */
export type Settled = Conversion & {
  readonly width: number | undefined;
  readonly precision: number | undefined;
};

/**
 * One value by one conversion, as Python's % does it.
 *
 * @throws FormatError for a value that does not go with the conversion
 */
export function convert(value: unknown, conversion: Settled): string {
  switch (conversion.type) {
    case 's':
      return text(shown(value), conversion);
    case 'r':
      return text(typeof value === 'string' ? repr(value) : inspected(value), conversion);
    case 'a':
      return text(typeof value === 'string' ? repr(value, true) : asciiOf(inspected(value)), conversion);
    case 'c':
      return padded('', character(value), { ...conversion, zero: false });
    case 'd':
    case 'i':
    case 'u':
      return integer(wholeOf(value), 10, '', conversion);
    case 'o':
      return integer(exactOf(value, conversion), 8, '0o', conversion);
    case 'x':
    case 'X':
      return integer(exactOf(value, conversion), 16, '0x', conversion);
    default:
      return float(numberOf(value, conversion), conversion);
  }
}

function text(whole: string, conversion: Settled): string {
  const { precision } = conversion;
  const cut = precision === undefined ? whole : [...whole].slice(0, precision).join('');
  return padded('', cut, { ...conversion, zero: false });
}

function asciiOf(whole: string): string {
  return whole.replace(/[^\0-\x7f]/gu, (each) => escapeOf(each.codePointAt(0) ?? 0));
}

function character(value: unknown): string {
  if (typeof value === 'string' && [...value].length === 1) return value;
  if (typeof value !== 'number' && typeof value !== 'bigint') {
    throw new FormatError('%c requires an integer or a single character');
  }
  const point = Number(value);
  if (!Number.isInteger(point) || point < 0 || point > 0x10ffff) {
    throw new FormatError('%c requires a code point below 0x110000');
  }
  return String.fromCodePoint(point);
}

/** Numbers lose their fraction, as Python's int() does it. */
function wholeOf(value: unknown): bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value !== 'number') throw new FormatError(`%d requires a number, not ${kindOf(value)}`);
  if (!Number.isFinite(value)) throw new FormatError(`%d cannot show ${value}`);
  return BigInt(Math.trunc(value));
}

function exactOf(value: unknown, { type }: Settled): bigint {
  if (typeof value === 'number' && !Number.isInteger(value)) {
    throw new FormatError(`%${type} requires an integer, not ${value}`);
  }
  if (typeof value !== 'bigint' && typeof value !== 'number' && typeof value !== 'boolean') {
    throw new FormatError(`%${type} requires an integer, not ${kindOf(value)}`);
  }
  return BigInt(value);
}

function numberOf(value: unknown, { type }: Settled): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return Number(value);
  throw new FormatError(`%${type} requires a number, not ${kindOf(value)}`);
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value === 'object' ? 'an object' : typeof value;
}

function integer(value: bigint, base: 8 | 10 | 16, prefix: string, conversion: Settled): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString(base).padStart(conversion.precision ?? 1, '0');
  const before = (negative ? '-' : conversion.sign) + (conversion.alternate ? prefix : '');
  const whole = padded(before, digits, conversion);
  return conversion.type === 'X' ? whole.toUpperCase() : whole;
}

function float(value: number, conversion: Settled): string {
  const { precision = 6, alternate, type, sign } = conversion;
  const negative = value < 0 || Object.is(value, -0);
  const digits = Number.isFinite(value)
    ? FLOATS[type.toLowerCase() as keyof typeof FLOATS](value, precision, alternate)
    : Number.isNaN(value)
      ? 'nan'
      : 'inf';
  const whole = padded(negative ? '-' : sign, digits, conversion);
  return type === type.toUpperCase() ? whole.toUpperCase() : whole;
}

const FLOATS = { e: exponential, f: fixed, g: general };

/** Fills up to the width: blanks on either side, or zeros between sign and digits. */
function padded(before: string, body: string, { width = 0, left, zero }: Settled): string {
  const length = before.length + [...body].length;
  if (length >= width) return before + body;
  const missing = width - length;
  if (left) return before + body + ' '.repeat(missing);
  return zero ? before + '0'.repeat(missing) + body : ' '.repeat(missing) + before + body;
}
