import { ApiError } from '../errors.ts';

/**
 * Bytes of bodies in memory at once, from their arrival until they are stored. At the bound a writer is told to come
 * back, and nothing is taken and then lost.
 */
export class Budget {
  readonly #limit: number;
  #used = 0;

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Throws an ApiError (503) when that much more does not fit. */
  take(bytes: number): void {
    if (this.#used + bytes > this.#limit) throw new ApiError('busy');
    this.#used += bytes;
  }

  give(bytes: number): void {
    this.#used -= bytes;
  }
}
