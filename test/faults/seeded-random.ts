/** Numbers that a printed seed gives again. */
export interface SeededRandom {
  readonly seed: number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  /** True with this probability, 0 to 1. */
  chance(probability: number): boolean;
}

/** By CHRONOLOGER_SEED the same numbers as in an earlier run; else others in each run. */
export function seededRandom(): SeededRandom {
  const seed = Number(process.env.CHRONOLOGER_SEED ?? Math.floor(Math.random() * 2 ** 31));
  let state = seed;
  // mulberry32, as published by Tommy Ettinger into the public domain
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    seed,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    chance: (probability) => next() < probability,
  };
}
