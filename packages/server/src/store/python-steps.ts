import { literalToJson } from '@chronologer/record';

/** A file that is no text, or holds something besides plain steps; the message says what. */
export class StepError extends Error {
  override readonly name = 'StepError';
}

const SPACE = /(?:\s|#[^\n]*|\\\n)+/y;
const IMPORT = /from[ \t]+yoyo[ \t]+import[ \t]+[\w \t,()]+|import[ \t]+yoyo/y;
const STEPS = /steps\s*=\s*\[/y;
const STEP = /(?:yoyo\.)?step\s*\(/y;
const STRING =
  /[rRuU]?(?:'''(?:[^\\]|\\[\s\S])*?'''|"""(?:[^\\]|\\[\s\S])*?"""|'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*")/y;

/**
 * The SQL of a migration of Chronologer 0.4.5's users: a Python file that holds `step('…')`, alone or as
 * `steps = [step('…'), …]`; what comes second in a step, how it is undone, is passed over. Throws a StepError for anything
 * else: no Python is run.
 */
export function stepsOf(source: string): string[] {
  return new Steps(source).read();
}

class Steps {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  read(): string[] {
    const steps: string[] = [];
    let inList = false;
    for (;;) {
      this.#take(SPACE);
      if (this.#at === this.#source.length) break;
      if (inList ? this.#takeSign(']') : this.#take(STEPS) !== undefined) inList = !inList;
      else if (this.#take(STEP) !== undefined) steps.push(this.#step());
      else if (!(inList ? this.#takeSign(',') : this.#take(IMPORT) !== undefined)) this.#refuse();
    }
    if (inList) this.#refuse();
    return steps;
  }

  /** The first of a call's texts, behind its bracket. */
  #step(): string {
    const sql = this.#text();
    if (this.#takeSign(',') && !this.#isNext(')')) {
      this.#text();
      this.#takeSign(',');
    }
    if (!this.#takeSign(')')) this.#refuse();
    return sql;
  }

  /** Texts beside each other are one, as in Python. */
  #text(): string {
    const parts: string[] = [];
    for (;;) {
      this.#take(SPACE);
      const literal = this.#take(STRING);
      if (literal === undefined) break;
      parts.push(JSON.parse(literalToJson(literal) ?? this.#refuse()));
    }
    return parts.length === 0 ? this.#refuse() : parts.join('');
  }

  #isNext(sign: string): boolean {
    this.#take(SPACE);
    return this.#source.startsWith(sign, this.#at);
  }

  #takeSign(sign: string): boolean {
    const found = this.#isNext(sign);
    if (found) this.#at += sign.length;
    return found;
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #refuse(): never {
    const line = this.#source.slice(0, this.#at).split('\n').length;
    const rest = this.#source.slice(this.#at).split('\n')[0]?.slice(0, 60) ?? '';
    throw new StepError(
      `line ${line} holds more than step('…') with a plain text: ${rest === '' ? 'the end is missing' : rest}`,
    );
  }
}
