import type { Kind } from '../servers/kinds.ts';

/**
 * Runs `measure` for each side in turn: reference, ours, reference, ours, …, so that what slows the machine down for
 * a while slows both.
 */
export async function alternate(
  kinds: readonly Kind[],
  rounds: number,
  measure: (kind: Kind, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const kind of kinds) await measure(kind, round);
  }
}
