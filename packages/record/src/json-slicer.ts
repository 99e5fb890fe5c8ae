import { ByteScanner, skipString } from './json-bytes.ts';
import { LeadTree } from './lead-tree.ts';

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const COMMA = 0x2c;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Slices JSON objects: one validating pass over their bytes, which finds where each member's key and value are and makes
 * nothing of them. It takes and refuses what ObjectReader does of the same text.
 *
 * The arrays are used again by the next `read`.
 */
export class JsonSlicer {
  readonly scanner = new ByteScanner();
  /** Members of the object, repeated keys and all. */
  count = 0;
  /** Where each member's key has its opening quote. */
  keyStarts = new Int32Array(64);
  valueStarts = new Int32Array(64);
  valueEnds = new Int32Array(64);
  /**
   * A number that objects have in common whose members are led in by the same bytes: same keys, order and blanks. 0 for
   * one that is not remembered. It holds for one `generation`.
   */
  shape = 0;
  readonly #tree = new LeadTree();
  /** What the tree made of the lead that `#newMember` read. */
  #node = 0;

  get generation(): number {
    return this.#tree.generation;
  }

  /** Reads the object at `from` in the bytes that the scanner has open. Answers the position behind it, or -1. */
  read(from: number): number {
    const { scanner } = this;
    const { view } = scanner;
    const tree = this.#tree;
    this.count = 0;
    this.shape = 0;
    if (view.getUint8(from) !== OPEN_BRACE) return -1;
    let node = 0;
    let at = from + 1;
    for (let index = 0; ; index += 1) {
      if (index === this.keyStarts.length) this.#grow();
      const child = node === 0 && index > 0 ? 0 : tree.find(node, view, at);
      if (child !== 0) {
        this.keyStarts[index] = at + (tree.keys[child] ?? 0);
        at += tree.lengths[child] ?? 0;
        node = child;
      } else {
        const next = scanner.skipBlanks(at);
        if (view.getUint8(next) === CLOSE_BRACE) {
          this.count = index;
          this.shape = node;
          return next + 1;
        }
        at = this.#newMember(index, node, at, next);
        if (at === -1) return -1;
        node = this.#node;
      }
      this.valueStarts[index] = at;
      at = scanner.skipValue(at, 1);
      if (at === -1) return -1;
      this.valueEnds[index] = at;
    }
  }

  /**
   * Reads what leads to a value where the tree did not know it: from `lead`, with the first token at `token`. Answers
   * where the value is, or -1. Kept out of `read`, which is small enough then for V8 to put the calls of each member into it.
   */
  #newMember(index: number, node: number, lead: number, token: number): number {
    const { scanner } = this;
    let key = token;
    if (index > 0) {
      if (scanner.bytes[token] !== COMMA) return -1;
      key = scanner.skipBlanks(token + 1);
    }
    const value = scanner.skipKey(key);
    if (value === -1) return -1;
    this.keyStarts[index] = key;
    this.#node = index > 0 && node === 0 ? 0 : this.#learn(node, lead, key, value);
    return value;
  }

  /**
   * A lead with tabs or line breaks is rewritten by whoever stores it, so it is no pattern for others. One without a
   * value would not be found again, and be learned each time it comes.
   */
  #learn(node: number, from: number, key: number, value: number): number {
    const { controls, view } = this.scanner;
    return controls || view.getUint8(value) <= 0x20 ? 0 : this.#tree.add(node, view, from, key, value);
  }

  #grow(): void {
    this.keyStarts = grown(this.keyStarts);
    this.valueStarts = grown(this.valueStarts);
    this.valueEnds = grown(this.valueEnds);
  }

  /** The i-th key, its escapes undone. */
  key(index: number): string {
    const start = this.keyStarts[index] ?? 0;
    const text = this.text(start, skipString(this.scanner.view, start + 1));
    return text.includes('\\') ? JSON.parse(text) : text.slice(1, -1);
  }

  /** The bytes from a position to another as text. Throws a TypeError where they are no UTF-8. */
  text(from: number, to: number): string {
    return decoder.decode(this.scanner.bytes.subarray(from, to));
  }

  /**
   * The members that count, by key, in the order of the object: of a repeated key it is the last one, as in JSON.parse
   * and in Python.
   */
  members(): Map<string, number> {
    const last = new Map<string, number>();
    for (let index = 0; index < this.count; index += 1) {
      const key = this.key(index);
      last.delete(key);
      last.set(key, index);
    }
    return last;
  }
}

function grown(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(array.length * 2);
  larger.set(array);
  return larger;
}
