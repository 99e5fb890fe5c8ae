import type { LogRecord } from '@chronologer/record';
import { FramesWriter, joinFrames } from './frames.ts';
import { bounds, encodeHead } from './head.ts';
import { encodeKinds, type Kind } from './kinds.ts';
import { pack } from './part.ts';

/** A block has no more records than this; */
export const MAX_RECORDS = 4096;
/** and, but for its last record, no more bytes of texts. */
const MAX_BYTES = 4_194_304;

/** A block as it is stored: what is known of it without unpacking, and its parts. */
export interface Block {
  readonly firstId: number;
  readonly lastId: number;
  readonly count: number;
  /** Microseconds since 1970, as the highest. */
  readonly lowestTime: number;
  readonly highestTime: number;
  readonly kinds: Buffer;
  readonly head: Buffer;
  readonly messages: Buffer;
  readonly logrecs: Buffer;
}

/** Collects records with ascending ids into a block, and then into the next one. */
export class BlockBuilder {
  #ids: number[] = [];
  #times: number[] = [];
  #kindOf: number[] = [];
  #kinds: Kind[] = [];
  /** By name, then by level. */
  readonly #places = new Map<string, Map<number, number>>();
  readonly #messages = new FramesWriter(32_768);
  readonly #logrecs = new FramesWriter(262_144);

  get count(): number {
    return this.#ids.length;
  }

  /** `most`: records of a block, up to MAX_RECORDS. */
  isFull(most: number): boolean {
    return this.count >= most || this.#messages.bytes + this.#logrecs.bytes >= MAX_BYTES;
  }

  add(id: number, record: LogRecord): void {
    this.#ids.push(id);
    this.#times.push(record.ts);
    this.#kindOf.push(this.#count(record.level, record.name));
    this.#messages.add(record.message);
    this.#logrecs.add(record.logrec);
  }

  /** Compresses what was added, at least one record, and begins anew. */
  build(): Block {
    const times = Float64Array.from(this.#times);
    const [lowestTime, highestTime] = bounds(times);
    const ids = Float64Array.from(this.#ids);
    const block = {
      firstId: ids[0] ?? 0,
      lastId: ids.at(-1) ?? 0,
      count: ids.length,
      lowestTime,
      highestTime,
      kinds: pack(encodeKinds(this.#kinds)),
      head: pack(encodeHead({ ids, times, kinds: Uint32Array.from(this.#kindOf) })),
      messages: joinFrames(this.#messages.take()),
      logrecs: joinFrames(this.#logrecs.take()),
    };
    this.clear();
    return block;
  }

  /** Forgets what was added. */
  clear(): void {
    this.#ids = [];
    this.#times = [];
    this.#kindOf = [];
    this.#kinds = [];
    this.#places.clear();
    this.#messages.clear();
    this.#logrecs.clear();
  }

  /** The place of a kind, counted. */
  #count(level: number, name: string): number {
    let places = this.#places.get(name);
    if (places === undefined) {
      places = new Map();
      this.#places.set(name, places);
    }
    const place = places.get(level) ?? this.#kinds.length;
    const kind = this.#kinds[place];
    if (kind === undefined) {
      this.#kinds.push({ level, name, count: 1 });
      places.set(level, place);
    } else kind.count++;
    return place;
  }
}
