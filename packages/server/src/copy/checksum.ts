import { createHash } from 'node:crypto';
import type { StoredRecord } from '../store/store.ts';

/** Characters that are gathered before they are hashed: a call costs as much as some hundred of them. */
const GATHERED = 65_536;

/**
 * The number of records and SHA-256 over all that is stored of them, in the order of ids: for each its id, time in
 * microseconds, level, name, message and the length of the text of `logrec` as a JSON array, a line feed, that text, a
 * line feed; in UTF-8.
 */
export class Checksum {
  readonly #hash = createHash('sha256');
  #gathered = '';
  count = 0;

  add({ id, ts, level, name, message, logrec }: StoredRecord): void {
    this.#gathered += `${JSON.stringify([id, ts, level, name, message, logrec.length])}\n${logrec}\n`;
    this.count++;
    if (this.#gathered.length >= GATHERED) this.#flush();
  }

  /** In hexadecimal digits, of what was added by now. */
  get sha256(): string {
    this.#flush();
    return this.#hash.copy().digest('hex');
  }

  #flush(): void {
    this.#hash.update(this.#gathered);
    this.#gathered = '';
  }
}
