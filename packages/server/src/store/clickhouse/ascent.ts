import { stored } from '../portion.ts';
import type { IdRange, Portion, PortionLimits, Stretch } from '../store.ts';
import { all, ofTime } from './condition.ts';
import { fittingOf, type Place, within } from './pages.ts';
import { type Ask, WholeRecords } from './whole-records.ts';

/** How much wider each next window of ids is, while too few records are found. */
const WIDER = 8;

/**
 * Records, lowest id first. The table is ordered by time: so, as with pages, the ids are looked for in windows, and their
 * texts are read then.
 */
export class Ascent {
  readonly #ask: Ask;
  readonly #whole: WholeRecords;

  constructor(ask: Ask) {
    this.#ask = ask;
    this.#whole = new WholeRecords(ask);
  }

  async ids(): Promise<IdRange | undefined> {
    const { lowest, highest, count } = await this.#bounds();
    return count === 0 ? undefined : { from: lowest, to: highest };
  }

  async portion(stretch: Stretch, limits: PortionLimits): Promise<Portion> {
    for (let { from } = stretch; ; ) {
      const places = await this.#lowest({ ...stretch, from }, limits.records);
      const fitting = fittingOf(places, limits.bytes);
      const last = fitting.at(-1);
      if (last === undefined) return { records: [] };
      const place = all(within(fitting));
      const rows = await this.#whole.read(place, all([place, ...ofTime(stretch)]));
      const records = rows.reverse().map(stored);
      const isOver = fitting.length === places.length && places.length < limits.records;
      if (isOver || last.id >= stretch.to) return { records };
      if (records.length > 0) return { records, next: last.id + 1 };
      // Retention has removed all of them since they were found: those that are left may be above.
      from = last.id + 1;
    }
  }

  async #lowest(stretch: Stretch, take: number): Promise<Place[]> {
    const { lowest, highest, count } = await this.#bounds();
    const places: Place[] = [];
    const end = Math.min(stretch.to, highest);
    let low = Math.max(stretch.from, lowest);
    let width = Math.ceil(((highest - lowest + 1) / Math.max(1, count)) * take * 2);
    while (count > 0 && low <= end && places.length < take) {
      const high = Math.min(end, low + width - 1);
      const where = all([`record_id >= ${low} AND record_id <= ${high}`, ...ofTime(stretch)]);
      const rows = await this.#ask(
        `SELECT record_id, ts, size FROM record WHERE ${where} ORDER BY record.record_id LIMIT ${take - places.length}`,
      );
      while (!rows.over) places.push({ id: rows.uint64(), ts: rows.exactInt64(), size: rows.uint32() });
      low = high + 1;
      width *= WIDER;
    }
    return places;
  }

  async #bounds(): Promise<{ lowest: number; highest: number; count: number }> {
    const bounds = await this.#ask('SELECT min(record_id), max(record_id), count() FROM record');
    return { lowest: bounds.uint64(), highest: bounds.uint64(), count: bounds.uint64() };
  }
}
