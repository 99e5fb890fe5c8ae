import type { Kind } from './kinds.ts';

/** Counts the pairs of level and name that occur, and numbers them from 0 in the order in which they came. */
export class KindCounter {
  #kinds: Kind[] = [];
  /** By name, then by level. */
  #places = new Map<string, Map<number, number>>();

  /** Its number. */
  add(level: number, name: string, count = 1): number {
    let places = this.#places.get(name);
    if (places === undefined) {
      places = new Map();
      this.#places.set(name, places);
    }
    const place = places.get(level) ?? this.#kinds.length;
    const kind = this.#kinds[place];
    if (kind === undefined) {
      this.#kinds.push({ level, name, count });
      places.set(level, place);
    } else kind.count += count;
    return place;
  }

  /** The pairs by their numbers. Begins anew. */
  take(): Kind[] {
    const kinds = this.#kinds;
    this.#kinds = [];
    this.#places.clear();
    return kinds;
  }
}
