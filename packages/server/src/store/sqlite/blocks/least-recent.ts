/** Keeps what was used last, up to a number of bytes; the newest is kept whatever its size. */
export class LeastRecent<K, T> {
  readonly #limit: number;
  /** In the order of use. */
  readonly #entries = new Map<K, readonly [value: T, bytes: number]>();
  readonly #free: (value: T) => void;
  #bytes = 0;

  /** `free` is told of each value that is not kept any more. */
  constructor(limit: number, free: (value: T) => void = () => undefined) {
    this.#limit = limit;
    this.#free = free;
  }

  /** What is kept by this key, else what `make` makes, with its size in bytes; undefined is not kept. */
  get(key: K, make: () => readonly [value: T, bytes: number] | undefined): T | undefined {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found[0];
    }
    const made = make();
    if (made === undefined) return undefined;
    this.#entries.set(key, made);
    this.#bytes += made[1];
    for (const [oldest, [value, bytes]] of this.#entries) {
      if (this.#bytes <= this.#limit || oldest === key) break;
      this.#entries.delete(oldest);
      this.#bytes -= bytes;
      this.#free(value);
    }
    return made[0];
  }
}
