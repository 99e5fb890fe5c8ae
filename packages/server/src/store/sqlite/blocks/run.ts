import type { LogRecord, RecordSlicer } from '@chronologer/record';
import type { PackedBatch, RecordPacker } from '../../store.ts';
import { type Frame, FramesWriter } from './frames.ts';
import { KindCounter } from './kind-counter.ts';
import type { Kind } from './kinds.ts';

/** A block has no more records than this; */
export const MAX_RECORDS = 4096;
/** and, but for its last record, no more bytes of texts. */
export const MAX_BYTES = 4_194_304;

/** Sizes of frames of messages and of texts of `logrec`. */
export const MESSAGE_FRAME = { texts: 2048, bytes: 65_536 };
export const LOGREC_FRAME = { texts: 344, bytes: 229_376 };

/** Records behind each other, packed, without their ids: what blocks are made of. */
export interface Run extends PackedBatch {
  readonly count: number;
  /** Bytes of the texts before they were packed. */
  readonly bytes: number;
  /** Microseconds since 1970. */
  readonly times: Float64Array;
  readonly kinds: readonly Kind[];
  /** Which of the kinds each record is of. */
  readonly kindOf: Uint32Array;
  readonly messages: readonly Frame[];
  readonly logrecs: readonly Frame[];
}

/** Collects records into a run, and then into the next one. */
export class RunBuilder implements RecordPacker {
  readonly #times = new Float64Array(MAX_RECORDS);
  readonly #kindOf = new Uint32Array(MAX_RECORDS);
  readonly #kinds = new KindCounter();
  readonly #messages = new FramesWriter(MESSAGE_FRAME);
  readonly #logrecs = new FramesWriter(LOGREC_FRAME);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count >= MAX_RECORDS || this.#bytes >= MAX_BYTES;
  }

  get #bytes(): number {
    return this.#messages.bytes + this.#logrecs.bytes;
  }

  add(record: LogRecord): void {
    this.#begin(record.ts, record.level, record.name);
    this.#messages.add(record.message);
    this.#logrecs.add(record.logrec);
  }

  addSliced(slicer: RecordSlicer): void {
    this.#begin(slicer.ts, slicer.level, slicer.name);
    const { bytes, messageText, messageStart, messageEnd } = slicer;
    if (messageText === undefined) {
      const length = messageEnd - messageStart;
      this.#messages.addWritten(
        length,
        (target, at) => at + bytes.copy(target, at, messageStart, messageEnd),
      );
    } else this.#messages.add(messageText);
    this.#logrecs.addWritten(slicer.logrecRoom, (target, at) => slicer.writeLogrec(target, at));
  }

  #begin(ts: number, level: number, name: string): void {
    this.#times[this.#count] = ts;
    this.#kindOf[this.#count] = this.#kinds.add(level, name);
    this.#count++;
  }

  /** What was added, at least one record. Begins anew. */
  take(): Run {
    const run = {
      count: this.#count,
      bytes: this.#bytes,
      times: this.#times.slice(0, this.#count),
      kinds: this.#kinds.take(),
      kindOf: this.#kindOf.slice(0, this.#count),
      messages: this.#messages.take(),
      logrecs: this.#logrecs.take(),
    };
    this.clear();
    return run;
  }

  /** Forgets what was added. */
  clear(): void {
    this.#count = 0;
    this.#kinds.take();
    this.#messages.clear();
    this.#logrecs.clear();
  }
}
