/** Readers of settings: each takes a text, or a value of a configuration module, and throws an Error that says what is due. */

import { parseDsn } from './store/dsn.ts';

export type Reader<T> = (value: unknown) => T;

/** A number as text or as a number. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/.test(value)
    ? Number(value)
    : Number.NaN;
}

export const text: Reader<string> = (value) => {
  if (typeof value !== 'string') throw new Error('a text is due');
  return value;
};

export function integer(min: number, max: number): Reader<number> {
  return (value) => {
    const number = numberOf(value);
    if (!Number.isInteger(number) || number < min || number > max) {
      throw new Error(`an integer from ${min} to ${max} is due`);
    }
    // Not -0, which prints as such.
    return number + 0;
  };
}

/** A number above zero; fractions are taken. */
export const positive: Reader<number> = (value) => {
  const number = numberOf(value);
  if (!(number > 0 && number < Number.POSITIVE_INFINITY)) throw new Error('a number above 0 is due');
  return number;
};

/** Timers of Node count milliseconds in 31 bits; a longer time would end at once. */
const MAX_SECONDS = 2_147_483;

/** Seconds for a timer: above zero, fractions are taken. */
export const seconds: Reader<number> = (value) => {
  const number = positive(value);
  if (number > MAX_SECONDS) throw new Error(`at most ${MAX_SECONDS} seconds can be waited for`);
  return number;
};

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
  ki: 2 ** 10,
  mi: 2 ** 20,
  gi: 2 ** 30,
  ti: 2 ** 40,
};

/** Bytes, as a number or with a unit: 64MiB, 10 GB, 500k. At least `min`. */
export function size(min: number): Reader<number> {
  return (value) => {
    const source = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
    const [, digits, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]i?)?b?\s*$/i.exec(source) ?? [];
    const bytes = Math.floor(Number(digits) * (UNITS[unit.toLowerCase()] ?? Number.NaN));
    if (!(bytes >= min && Number.isSafeInteger(bytes)))
      throw new Error(`a size of ${min} bytes or more is due, such as 64MiB`);
    return bytes;
  };
}

/** Words split at white space, or a list of them. */
export const words: Reader<readonly string[]> = (value) => {
  if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return [...value];
  return text(value)
    .split(/\s+/)
    .filter((word) => word !== '');
};

export const dsn: Reader<string> = (value) => {
  parseDsn(text(value));
  return text(value);
};

export function oneOf<const T extends string>(...choices: readonly T[]): Reader<T> {
  return (value) => {
    const choice = choices.find((each) => each === value);
    if (choice === undefined) throw new Error(`one of ${choices.join(', ')} is due`);
    return choice;
  };
}
