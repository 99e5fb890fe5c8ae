import type { Side } from '../servers/kinds.ts';
import { median } from './quantiles.ts';

export type Unit = 'records/s' | 'lines/s' | 'ms' | 'µs' | 'ns' | 's' | 'MB' | 'bytes';

/** A side's value of each round, and their median. */
export type Values = { median: number; rounds: number[] };

/** One line of a report: a figure of a case, for each side that was measured. */
export type Row = { case: string; figure: string; unit: Unit } & { [side in Side]?: Values };

/** Gathers what rounds measure, in the order in which cases and figures first appear. */
export class Rows {
  #rows = new Map<string, Row>();

  add(side: Side, name: string, figure: string, unit: Unit, value: number): void {
    const key = `${name}\n${figure}`;
    const row = this.#rows.get(key) ?? { case: name, figure, unit };
    this.#rows.set(key, row);
    const rounds = [...(row[side]?.rounds ?? []), Number(value.toPrecision(5))];
    row[side] = { median: Number(median(rounds).toPrecision(5)), rounds };
  }

  all(): Row[] {
    return [...this.#rows.values()];
  }
}

/** How many times better this server does than the reference, above 1 when it is better; undefined for one side. */
export function ratio(row: Row): number | undefined {
  if (!row.reference || !row.ours) return undefined;
  const [reference, ours] = [row.reference.median, row.ours.median];
  return row.unit.endsWith('/s') ? ours / reference : reference / ours;
}
