import { isAscii } from 'node:buffer';
import { type Texts, textAt } from './texts.ts';

/** Texts as strings: those of a column that is all ASCII are cut from one string, which costs a tenth of decoding each. */
export class Strings {
  readonly #texts: Texts;
  readonly #whole: string | undefined;

  constructor(texts: Texts) {
    this.#texts = texts;
    if (isAscii(texts.bytes)) this.#whole = texts.bytes.toString('latin1');
  }

  at(place: number): string {
    if (this.#whole === undefined) return textAt(this.#texts, place);
    const { starts } = this.#texts;
    return this.#whole.slice(starts[place], starts[place + 1]);
  }
}
