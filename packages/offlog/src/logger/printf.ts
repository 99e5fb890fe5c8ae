import { convert } from './convert.ts';
import { inspected, shown } from './display.ts';
import { type Conversion, checkedSize, FormatError, parseTemplate, type Template } from './template.ts';

/** Templates taken apart; programs have few, but some put values into them. */
const MOST_KEPT = 500;
const kept = new Map<string, Template>();

function templateOf(text: string): Template {
  const known = kept.get(text);
  if (known !== undefined) return known;
  const template = parseTemplate(text);
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(text, template);
  return template;
}

/**
 * The type of the conversion that takes an argument, counted from 0: `s` for the first of `%s and %d`, `*` for a width or
 * a precision. Undefined when none does, or the template is none.
 */
export function typeTaking(text: string, index: number): string | undefined {
  try {
    const types = templateOf(text).flatMap((part) => {
      if (typeof part === 'string') return [];
      const sizes = [part.width, part.precision].filter((size) => size === '*');
      return part.key === undefined ? [...sizes, part.type] : sizes;
    });
    return types[index];
  } catch {
    return undefined;
  }
}

/**
 * Formats as Python's % does; a single object serves `%(name)s`. Widths and precisions are at most 10,000.
 *
 * @throws FormatError when Python would refuse template or arguments
 */
export function printf(text: string, args: readonly unknown[]): string {
  const template = templateOf(text);
  const source = new Arguments(args);
  let line = '';
  for (const part of template) line += typeof part === 'string' ? part : convertNext(part, source);
  source.checkAllTaken();
  return line;
}

/** As {@link printf}, but never fails: what cannot be formatted is shown as it came, with a note. */
export function formatted(text: string, args: readonly unknown[]): string {
  try {
    return printf(text, args);
  } catch (error) {
    const reason = error instanceof FormatError ? error.message : shown(error);
    return `${text} [not formatted: ${reason}; arguments: ${args.map(inspected).join(', ')}]`;
  }
}

function convertNext(part: Conversion, source: Arguments): string {
  const { key } = part;
  let { left } = part;
  let width = part.width === '*' ? source.nextSize() : part.width;
  if (width !== undefined && width < 0) {
    left = true;
    width = checkedSize(-width);
  }
  const precision = part.precision === '*' ? Math.max(0, source.nextSize()) : part.precision;
  const value = key === undefined ? source.next() : source.named(key);
  return convert(value, { ...part, left, width, precision });
}

class Arguments {
  readonly #args: readonly unknown[];
  #taken = 0;
  #named = false;

  constructor(args: readonly unknown[]) {
    this.#args = args;
  }

  next(): unknown {
    if (this.#named || this.#taken >= this.#args.length) throw new FormatError('not enough arguments');
    return this.#args[this.#taken++];
  }

  nextSize(): number {
    const given = this.next();
    const size = typeof given === 'bigint' ? Number(given) : given;
    if (typeof size !== 'number' || !Number.isInteger(size)) throw new FormatError('* requires an integer');
    return checkedSize(size);
  }

  named(key: string): unknown {
    const [mapping] = this.#args;
    if (this.#args.length !== 1 || typeof mapping !== 'object' || mapping === null) {
      throw new FormatError(`%(${key}) requires an object as the only argument`);
    }
    this.#named = true;
    if (mapping instanceof Map ? mapping.has(key) : key in mapping) {
      return mapping instanceof Map ? mapping.get(key) : (mapping as Record<string, unknown>)[key];
    }
    throw new FormatError(`no ${key} among the arguments`);
  }

  checkAllTaken(): void {
    if (this.#named || this.#taken === this.#args.length) return;
    throw new FormatError('not all arguments were used');
  }
}
