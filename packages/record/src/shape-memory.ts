import type { ObjectReader } from './json-object.ts';
import type { LogRecord } from './model.ts';
import { RecordShape } from './record-shape.ts';
import type { RecordOptions } from './record-values.ts';

const MAX_SHAPES = 4;
/** Making a regular expression takes a fifth of a millisecond, so each further one must be worth more records. */
const FIRST_REPEATS = 32;
const MAX_REPEATS = 1 << 20;
/** Where less than half of so many records were of a known shape, so many are read without looking. */
const WINDOW = 256;
const PAUSE = 4096;

/** The shapes of the records that come most, the newest in use first. */
export class ShapeMemory {
  readonly #shapes: RecordShape[] = [];
  #repeats = 0;
  #due = FIRST_REPEATS;
  #tries = 0;
  #hits = 0;
  #pause = 0;

  /** The record, where it is of a shape that is known. */
  read(text: string, options: RecordOptions): LogRecord | undefined {
    if (this.#shapes.length === 0 || this.#isPaused()) return undefined;
    for (const [index, shape] of this.#shapes.entries()) {
      const record = shape.read(text, options);
      if (record === undefined) continue;
      this.#hits += 1;
      if (index > 0) {
        this.#shapes.splice(index, 1);
        this.#shapes.unshift(shape);
      }
      return record;
    }
    return undefined;
  }

  #isPaused(): boolean {
    if (this.#pause > 0) {
      this.#pause -= 1;
      return true;
    }
    this.#tries += 1;
    if (this.#tries === WINDOW) {
      if (this.#hits < WINDOW / 2) this.#pause = PAUSE;
      this.#tries = 0;
      this.#hits = 0;
    }
    return false;
  }

  /** Called with each record that was read member by member; one that came often enough becomes a shape. */
  learn(reader: ObjectReader): void {
    const leads = reader.repeatedLeads();
    if (leads === undefined) return;
    this.#repeats += 1;
    if (this.#repeats < this.#due) return;
    this.#repeats = 0;
    this.#due = Math.min(this.#due * 2, MAX_REPEATS);
    const shape = new RecordShape(reader, leads);
    if (this.#shapes.some((known) => known.source === shape.source)) return;
    this.#shapes.unshift(shape);
    this.#shapes.length = Math.min(this.#shapes.length, MAX_SHAPES);
  }
}
