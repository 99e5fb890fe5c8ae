import { isAscii } from 'node:buffer';
import { type Texts, textAt } from './texts.ts';

/** Bytes of texts that are made one string: a larger one would stay until the collector's next great round. */
const WHOLE_BYTES = 65_536;

/** Texts as strings. Those that are all ASCII are decoded as what they are, small ones all at once. */
export class Strings {
  readonly #texts: Texts;
  readonly #isAscii: boolean;
  readonly #whole: string | undefined;

  constructor(texts: Texts) {
    this.#texts = texts;
    this.#isAscii = isAscii(texts.bytes);
    if (this.#isAscii && texts.bytes.length <= WHOLE_BYTES) this.#whole = texts.bytes.toString('latin1');
  }

  at(place: number): string {
    const { starts, bytes } = this.#texts;
    const [start = 0, end = 0] = [starts[place], starts[place + 1]];
    if (this.#whole !== undefined) return this.#whole.slice(start, end);
    return this.#isAscii ? bytes.toString('latin1', start, end) : textAt(this.#texts, place);
  }
}
