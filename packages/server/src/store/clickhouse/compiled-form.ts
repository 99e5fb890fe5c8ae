import { type Filling, fillingOf } from './form-holes.ts';

/** Keys that can stand in the name of a subcolumn and mean nothing else there. A dot would part a key in two. */
const PLAIN_KEY = /^[\w @/\u0080-\uffff-]+$/;
/** Each hole is a column to be read. */
const MOST_HOLES = 200;
const LONGEST = 16_384;

/** A form taken apart: texts, and between each and the next the column whose value stands there. */
export interface CompiledForm {
  readonly literals: readonly string[];
  readonly columns: readonly Column[];
}

/** A value of logrec, by the name of a subcolumn, which tells its path and type; how it is read and written as JSON. */
export interface Column extends Pick<Filling, 'read' | 'write'> {
  readonly name: string;
}

/**
 * Takes a form apart. Undefined for one that cannot be filled: without holes or with too many, with a key twice in an object
 * or one that a subcolumn cannot be named by.
 */
export function compileForm(form: string): CompiledForm | undefined {
  if (form.length > LONGEST) return undefined;
  const compiler = new Compiler(form);
  return compiler.run() && compiler.columns.length > 0 ? compiler : undefined;
}

class Compiler implements CompiledForm {
  readonly #form: string;
  readonly literals: string[] = [];
  readonly columns: Column[] = [];
  #at = 0;
  #written = 0;

  constructor(form: string) {
    this.#form = form;
  }

  run(): boolean {
    const isWell = this.#object('logrec');
    this.literals.push(this.#form.slice(this.#written));
    return isWell && this.#at === this.#form.length && this.columns.length <= MOST_HOLES;
  }

  #object(path: string): boolean {
    const keys = new Set<string>();
    if (!this.#passed('{')) return false;
    while (!this.#passed('}')) {
      if (keys.size > 0 && !this.#passed(',')) return false;
      const key = this.#taken(/"([^"\\]*)"\s*:\s*/y)?.[1];
      if (key === undefined || keys.has(key) || !PLAIN_KEY.test(key)) return false;
      keys.add(key);
      if (!this.#value(`${path}.\`${key}\``)) return false;
    }
    return true;
  }

  #value(path: string): boolean {
    if (this.#form[this.#at] === '{') return this.#object(path);
    const filling = fillingOf(this.#form.slice(this.#at, this.#at + 10));
    if (filling === undefined) return this.#literal();
    const { type, read, write, length } = filling;
    this.columns.push({ name: `${path}.:\`${type}\``, read, write });
    this.literals.push(this.#form.slice(this.#written, this.#at));
    this.#at += length;
    this.#written = this.#at;
    return true;
  }

  /** A value that stayed in the form. */
  #literal(): boolean {
    if (this.#taken(/"(?:[^"\\]|\\.)*"|[\w.+-]+/y) !== undefined) return true;
    if (this.#form[this.#at] !== '[') return false;
    let depth = 0;
    do {
      const token = this.#taken(/[[\]]|"(?:[^"\\]|\\.)*"|[^[\]"]+/y)?.[0];
      if (token === undefined) return false;
      if (token === '[') depth++;
      if (token === ']') depth--;
    } while (depth > 0);
    return true;
  }

  #passed(character: string): boolean {
    this.#taken(/\s*/y);
    if (this.#form[this.#at] !== character) return false;
    this.#at++;
    this.#taken(/\s*/y);
    return true;
  }

  #taken(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#form);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }
}
