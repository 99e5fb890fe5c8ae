/** Bounds of what is remembered. A node takes 120 bytes. */
const MAX_NODES = 2048;
const MAX_CHILDREN = 8;
const MAX_DEPTH = 64;
const MAX_LENGTH = 80;
const WORDS = MAX_LENGTH / 4;
/** A lead is compared by whole words; the shortest, `,"":`, is one. */
const MIN_LENGTH = 4;
/** So many objects that found no room pass before all is forgotten and learned anew. */
const PATIENCE = 8192;

/**
 * What stood between the values of earlier objects, `, "lineno": `, in a tree: each path from the root is the beginning
 * of an object that was met. The records of one client mostly have the same keys in the same order, so that where one
 * value ends, comma, key and colon of the next are known and need only be compared.
 *
 * Nodes are numbered from 1; 0 is the root, and "none" as an answer. Everything is in flat arrays: objects would be read
 * through pointers, and this is where the slicer spends a third of its time.
 */
export class LeadTree {
  /** Counts how often all was forgotten; numbers of nodes from before mean nothing any more. */
  generation = 0;
  /** Bytes of each lead, up to the value. */
  readonly lengths = new Uint8Array(MAX_NODES);
  /** Where in each lead the key's opening quote is. */
  readonly keys = new Uint8Array(MAX_NODES);
  readonly #words = new Int32Array(MAX_NODES * WORDS);
  readonly #firstChild = new Uint16Array(MAX_NODES);
  readonly #nextSibling = new Uint16Array(MAX_NODES);
  readonly #childCount = new Uint8Array(MAX_NODES);
  readonly #depths = new Uint8Array(MAX_NODES);
  #count = 1;
  #misses = 0;

  /**
   * The child of a node whose lead stands at a position with a value right behind it, 0 if none does: `"a":` is not the
   * lead of `"a": 1`. The one found is tried first next time.
   */
  find(node: number, view: DataView, at: number): number {
    let before = 0;
    let child = this.#firstChild[node] ?? 0;
    while (child !== 0 && !this.#stands(child, view, at)) {
      before = child;
      child = this.#nextSibling[child] ?? 0;
    }
    if (child !== 0 && before !== 0) this.#moveToFront(node, before, child);
    return child;
  }

  /** Whether a node's lead is at a position, with a value behind it. */
  #stands(node: number, view: DataView, at: number): boolean {
    const words = this.#words;
    const first = node * WORDS;
    if (view.getInt32(at, true) !== words[first]) return false;
    // The last word overlaps the one before where the length is no multiple of four.
    const last = at + (this.lengths[node] ?? 0) - 4;
    let index = first + 1;
    let next = at + 4;
    while (next < last && view.getInt32(next, true) === words[index]) {
      next += 4;
      index += 1;
    }
    if (next < last) return false;
    // Of a lead of one word, the last is the first.
    if (last > at && view.getInt32(last, true) !== words[index]) return false;
    return view.getUint8(last + 4) > 0x20;
  }

  #moveToFront(node: number, before: number, child: number): void {
    this.#nextSibling[before] = this.#nextSibling[child] ?? 0;
    this.#nextSibling[child] = this.#firstChild[node] ?? 0;
    this.#firstChild[node] = child;
  }

  /** Remembers the lead from `from` to `value`, with its key at `key`, as a child of a node; 0 where it cannot. */
  add(node: number, view: DataView, from: number, key: number, value: number): number {
    const length = value - from;
    const depth = (this.#depths[node] ?? 0) + 1;
    if (length < MIN_LENGTH || length > MAX_LENGTH || depth > MAX_DEPTH) return 0;
    if (this.#count === MAX_NODES || (this.#childCount[node] ?? 0) === MAX_CHILDREN) {
      this.#miss();
      return 0;
    }
    const child = this.#count;
    this.#count += 1;
    this.lengths[child] = length;
    this.keys[child] = key - from;
    this.#depths[child] = depth;
    this.#childCount[child] = 0;
    this.#firstChild[child] = 0;
    const words = child * WORDS;
    for (let index = 0; index * 4 < length; index += 1) {
      this.#words[words + index] = view.getInt32(from + Math.min(index * 4, length - 4), true);
    }
    this.#nextSibling[child] = this.#firstChild[node] ?? 0;
    this.#firstChild[node] = child;
    this.#childCount[node] = (this.#childCount[node] ?? 0) + 1;
    return child;
  }

  #miss(): void {
    this.#misses += 1;
    if (this.#misses < PATIENCE) return;
    this.#misses = 0;
    this.#count = 1;
    this.#firstChild[0] = 0;
    this.#childCount[0] = 0;
    this.generation += 1;
  }
}
