import { type CompiledForm, compileForm } from './compiled-form.ts';
import { formOf } from './logrec-form.ts';

/** Forms that are remembered; then all are forgotten and learned anew. */
const MOST = 4096;
/**
 * Values of the JSON column that all forms together may name. Beyond max_dynamic_paths of the column ClickHouse keeps what a
 * path has in one place with all other such paths, of which each that is read costs a walk through that place.
 */
const MOST_NAMED = 256;

/**
 * The forms of what is written. A form is used from its second time on: one that never comes again saves nothing, and each
 * that is used is read from other columns.
 */
export class KnownForms {
  /** Whether it can be used; unlearned ones are undefined. */
  readonly #usable = new Map<string, boolean | undefined>();
  /** What the used forms name. */
  readonly #columns = new Set<string>();

  /** The form of a text that is known to be a JSON object; empty where the text is to be kept as a whole. */
  of(text: string): string {
    const form = formOf(text);
    let usable = this.#usable.get(form);
    if (usable === undefined) {
      const isSecond = this.#usable.has(form);
      if (this.#usable.size >= MOST) this.#forget();
      usable = isSecond ? this.#learned(form) : undefined;
      this.#usable.set(form, usable);
    }
    return usable ? form : '';
  }

  #learned(form: string): boolean {
    const names = compileForm(form)?.columns.map(({ name }) => name);
    if (names === undefined) return false;
    const fresh = names.filter((name) => !this.#columns.has(name));
    if (this.#columns.size + fresh.length > MOST_NAMED) return false;
    for (const name of fresh) this.#columns.add(name);
    return true;
  }

  #forget(): void {
    this.#usable.clear();
    this.#columns.clear();
  }
}

/** Forms as they are filled, taken apart once. */
export class CompiledForms {
  readonly #compiled = new Map<string, CompiledForm>();

  /** Throws an Error for what is no form. */
  get(form: string): CompiledForm {
    let compiled = this.#compiled.get(form);
    if (compiled === undefined) {
      compiled = compileForm(form);
      if (compiled === undefined) throw new Error(`a record has a form that cannot be filled: ${form}`);
      if (this.#compiled.size >= MOST) this.#compiled.clear();
      this.#compiled.set(form, compiled);
    }
    return compiled;
  }
}
