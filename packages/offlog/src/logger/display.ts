import { inspect } from 'node:util';

/** Everything here answers a text whatever the value does when it is looked at: a log line must not fail. */
function safely(text: () => string): string {
  try {
    return text();
  } catch {
    return '<cannot be shown>';
  }
}

/** A value as Node shows it, in one line where that is possible. */
export function inspected(value: unknown): string {
  return safely(() => inspect(value, { breakLength: Number.POSITIVE_INFINITY, depth: 4 }));
}

/** An error with its stack, its causes and its properties, on lines of their own. */
export function stackOf(error: Error): string {
  return safely(() => inspect(error, { depth: 4 }));
}

/** `Name: message`. */
export function titleOf(error: Error): string {
  return safely(() => Error.prototype.toString.call(error));
}

/** Whether something is an error, of this realm or another. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]';
  } catch {
    return false;
  }
}

/** What `%s` makes of a value: its own text where it has one that says something, else as Node shows it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return value;
  if (isError(value)) return titleOf(value);
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return String(value);
  if (typeof value === 'function' || value instanceof Date || value instanceof Uint8Array) {
    return inspected(value);
  }
  try {
    const own: unknown = value.toString;
    const ofNoUse = own === Object.prototype.toString || own === Array.prototype.toString;
    const text: unknown = typeof own === 'function' && !ofNoUse ? value.toString() : undefined;
    return typeof text === 'string' ? text : inspected(value);
  } catch {
    return inspected(value);
  }
}
