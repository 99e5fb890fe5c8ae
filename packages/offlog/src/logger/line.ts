import { isError, shown, stackOf, titleOf } from './display.ts';
import { levelName } from './levels.ts';
import { formatted, typeTaking } from './printf.ts';
import { timestamp } from './timestamp.ts';

/** Conversions that an error can be for. */
const AS_TEXT: ReadonlySet<string | undefined> = new Set(['s', 'r', 'a']);

/**
 * A log line, `[2023-07-03 10:12:54.796 my app INFO] text`, without the end of the line. Never fails.
 *
 * The last argument may be an error beyond what the message's conversions take; its stack follows on lines of its own, as it
 * does when a conversion took it. A message without arguments is taken as it is. Newlines in a message stay, as in the reference.
 */
export function lineOf(
  name: string | null,
  level: number,
  message: unknown,
  args: readonly unknown[],
): string {
  const who = name === null ? '' : `${name} `;
  const head = `[${timestamp(Date.now())} ${who}${levelName(level)}] `;
  if (args.length === 0) {
    if (typeof message === 'string') return head + message;
    return isError(message) ? `${head}${titleOf(message)}\n${stackOf(message)}` : head + shown(message);
  }
  const text = shown(message);
  const last = args.at(-1);
  if (!isError(last)) return head + formatted(text, args);
  // In `100% failed` there is a conversion, `% f`; it is not meant for an error.
  const isTaken = AS_TEXT.has(typeTaking(text, args.length - 1));
  const rest = isTaken ? args : args.slice(0, -1);
  return `${head}${rest.length === 0 ? text : formatted(text, rest)}\n${stackOf(last)}`;
}
