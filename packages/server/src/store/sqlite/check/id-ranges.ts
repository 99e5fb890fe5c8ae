import type { IdRange } from '../../store.ts';

/** Ids as ranges of neighbours, in order; each id once. */
export function rangesOf(ids: Iterable<number>): IdRange[] {
  const ranges: { from: number; to: number }[] = [];
  for (const id of [...new Set(ids)].sort((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last !== undefined && last.to + 1 === id) last.to = id;
    else ranges.push({ from: id, to: id });
  }
  return ranges;
}
