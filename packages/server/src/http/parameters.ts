import { parseTimestamp } from '@chronologer/record';
import { ApiError } from '../errors.ts';
import { isTimeZone } from '../store/local-time.ts';
import type { Filter, Period } from '../store/store.ts';

const INTEGER = /^\s*[+-]?\d+\s*$/;
/** A level is an integer of 32 bits. */
const MAX_LEVEL = 2 ** 31 - 1;

/** Prefixes of names at most: SQLite takes expressions that are 1,000 deep. */
const MAX_NAMES = 500;

/** A parameter that is given once and not empty; throws an ApiError (400) when it is given twice. */
function single(parameters: URLSearchParams, name: string): string | undefined {
  const values = parameters.getAll(name);
  if (values.length > 1) throw new ApiError('badValue', `${name} is given ${values.length} times`);
  return values[0] === '' ? undefined : values[0];
}

/** The filters of a reading request; an empty one is none. Throws an ApiError (400). */
export function readFilter(parameters: URLSearchParams): Filter {
  const after = readTime(single(parameters, 'after'));
  const before = readTime(single(parameters, 'before'));
  const level = readLevel(single(parameters, 'level'));
  const query = single(parameters, 'query');
  const names = (single(parameters, 'name') ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  if (names.length > MAX_NAMES) throw new ApiError('badValue', `name has more than ${MAX_NAMES} prefixes`);
  return {
    names,
    ...(after !== undefined && { after }),
    ...(before !== undefined && { before }),
    ...(level !== undefined && { level }),
    ...(query !== undefined && { query }),
  };
}

/** `group` and `timezone` of a timeline, undefined where no group is asked for. Throws an ApiError (400). */
export function readGrouping(parameters: URLSearchParams): { period: Period; timezone: string } | undefined {
  const period = single(parameters, 'group');
  if (period === undefined) return undefined;
  if (period !== 'hour' && period !== 'day')
    throw new ApiError('badValue', `group must be hour or day, not '${period}'`);
  const timezone = single(parameters, 'timezone');
  if (timezone === undefined) throw new ApiError('badValue', 'group needs a timezone');
  if (!isTimeZone(timezone)) throw new ApiError('badValue', `unknown timezone '${timezone}'`);
  return { period, timezone };
}

/** The offsets of a range, both inclusive. `right` may be -1, for an empty range. Throws an ApiError (400). */
export function readRange(parameters: URLSearchParams): { left: number; right: number } {
  const left = readOffset(parameters, 'left');
  const right = readOffset(parameters, 'right');
  if (left < 0) throw new ApiError('badValue', `left must not be negative: ${left}`);
  return { left, right };
}

function readOffset(parameters: URLSearchParams, name: string): number {
  const text = parameters.get(name);
  if (text === null) throw new ApiError('badValue', `${name} is missing: a range needs left and right`);
  single(parameters, name);
  const value = INTEGER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new ApiError('badValue', `${name} is no integer: '${text}'`);
  return value;
}

function readTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ts = parseTimestamp(text);
  if (ts === undefined) throw new ApiError('badValue', `time data '${text}' is not supported`);
  return ts;
}

function readLevel(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const level = INTEGER.test(text) ? Number(text) : Number.NaN;
  if (!(Math.abs(level) <= MAX_LEVEL))
    throw new ApiError('badValue', `level is no integer of 32 bits: '${text}'`);
  return level;
}

/** `raw` of the URL: an integer, true unless zero. Throws an ApiError (400). */
export function readRaw(parameters: URLSearchParams): boolean {
  const text = parameters.get('raw');
  if (text === null) return false;
  single(parameters, 'raw');
  if (!INTEGER.test(text)) throw new ApiError('badValue', `raw is no integer: '${text}'`);
  return Number(text) !== 0;
}
