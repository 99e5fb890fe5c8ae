import { RecordSlicer } from '@chronologer/record';
import type { PackedBatch, RecordPacker } from '../store/store.ts';
import { type Body, CHUNK_LINES, recordOfLine } from './decode.ts';
import { LineReader } from './lines.ts';

/** Records that are stored together: some chunks, which a bad line behind them does not take along. */
const GROUP = 4 * CHUNK_LINES;

/** Whole chunks of a body, as batches that are to be stored together. */
export type PackedGroup = readonly PackedBatch[];

/**
 * Packs large NDJSON bodies: what `decode` and then the store do with records, in one pass over the bytes and without a
 * text or an object for each record.
 */
export class Packing {
  readonly #packer: RecordPacker;
  readonly #slicer = new RecordSlicer();

  constructor(packer: RecordPacker) {
    this.#packer = packer;
  }

  /**
   * The records of a body, one group at a time as they are asked for; other bodies may be packed between two groups.
   * Throws a RecordError at the first record that cannot be taken: the whole chunks before it were yielded.
   */
  *pack(body: Body): Generator<PackedGroup> {
    const lines = new LineReader(body.bytes);
    while (!lines.over) {
      const { at, number } = lines;
      const { group, records, error } = this.#group(body, lines, GROUP);
      if (error === undefined) {
        if (records > 0) yield group;
        continue;
      }
      // Some of its chunk is packed already: what comes before that is packed once more.
      const good = records - (records % CHUNK_LINES);
      lines.at = at;
      lines.number = number;
      if (good > 0) yield this.#group(body, lines, good).group;
      throw error;
    }
  }

  /** Packs up to `most` records of the next lines. After an error the group is incomplete and `records` were good. */
  #group(
    body: Body,
    lines: LineReader,
    most: number,
  ): { group: PackedBatch[]; records: number; error?: unknown } {
    const group: PackedBatch[] = [];
    const sliceable = lines.valid && !body.raw;
    if (sliceable) this.#slicer.open(body.bytes);
    let records = 0;
    try {
      while (records < most && !lines.over) {
        const next = sliceable ? this.#slicer.read(lines.at) : -1;
        if (next === -1) {
          const line = lines.next();
          if (line === undefined) continue;
          this.#packer.add(recordOfLine(line, body));
        } else {
          lines.pass(next);
          this.#packer.addSliced(this.#slicer);
        }
        records++;
        if (this.#packer.full) group.push(this.#packer.take());
      }
      if (this.#packer.count > 0) group.push(this.#packer.take());
      return { group, records };
    } catch (error) {
      this.#packer.clear();
      return { group, records, error };
    }
  }
}
