/** Numbers that are the same for the same seed; each from 0 to below 1. */
export type Draw = () => number;

/** A stream of draws; `stream` separates those of one run from each other, so that none depends on another's pace. */
export function draws(seed: number, stream: number): Draw {
  // Mulberry32: 32 bits of state, more than good enough to choose faults.
  let state = (Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b)) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One of the entries, by weight. */
export function pick<Entry extends { readonly weight: number }>(draw: Draw, entries: readonly Entry[]): Entry {
  let rest = draw() * entries.reduce((sum, { weight }) => sum + weight, 0);
  for (const entry of entries) {
    rest -= entry.weight;
    if (rest < 0) return entry;
  }
  return entries.at(-1)!;
}

/** A number from `low` to below `high`. */
export function between(draw: Draw, low: number, high: number): number {
  return low + draw() * (high - low);
}
