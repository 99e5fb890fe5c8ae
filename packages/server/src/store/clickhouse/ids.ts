/** 2020-01-01T00:00Z, in milliseconds since 1970. */
const EPOCH = 1_577_836_800_000;
/** Ids of one server in a millisecond. */
const SEQUENCE = 256;
/** Servers. */
export const NODES = 16;
const PER_MILLISECOND = SEQUENCE * NODES;
const DAY = 86_400_000;

/** Ids of all servers in a second. */
export const IDS_OF_SECOND = 1000 * PER_MILLISECOND;

/** Ids of a day: those of a table's partition are in one of them. */
export const IDS_OF_DAY = DAY * PER_MILLISECOND;

/**
 * Gives out ids that ascend and that no other server gives out, without asking anybody: (milliseconds since
 * 2020-01-01T00:00Z) × 4,096 + node × 256 + sequence, 53 bits until 2089. A used-up sequence borrows the next
 * millisecond, and a clock that goes back is waited for in the same way.
 */
export class IdSequence {
  readonly #node: number;
  readonly #now: () => number;
  /** Places of this node alone: milliseconds × 256 + sequence. */
  #next: number;

  /** `behind`: all ids of this node up to this one may be taken. `now` is in milliseconds since 1970. */
  constructor(node: number, behind: number, now: () => number) {
    this.#node = node;
    this.#now = now;
    // Another node's id is rounded up to the next millisecond.
    const rest = behind % PER_MILLISECOND;
    const sequence = Math.min(SEQUENCE, Math.max(0, rest - node * SEQUENCE + 1));
    this.#next = Math.floor(behind / PER_MILLISECOND) * SEQUENCE + sequence;
  }

  /** The id before the next one, or less where this node has none there. */
  get last(): number {
    return this.#idAt(this.#next - 1);
  }

  /** The next `count` ids, all of one day. */
  take(count: number): number[] {
    let first = Math.max(this.#next, Math.floor(this.#now() - EPOCH) * SEQUENCE);
    const dayOf = (place: number) => Math.floor(place / (DAY * SEQUENCE));
    if (dayOf(first) !== dayOf(first + count - 1)) first = dayOf(first + count - 1) * DAY * SEQUENCE;
    this.#next = first + count;
    return Array.from({ length: count }, (_, index) => this.#idAt(first + index));
  }

  #idAt(place: number): number {
    const millisecond = Math.floor(place / SEQUENCE);
    return millisecond * PER_MILLISECOND + this.#node * SEQUENCE + (place - millisecond * SEQUENCE);
  }
}
