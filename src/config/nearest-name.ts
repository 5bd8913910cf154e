import { distance } from 'fastest-levenshtein';

/** Share of a name's letters that may differ for a suggestion; our choice. */
const DIFFERENT_SHARE = 0.4;

/** The one of `names` that `name` was probably meant to be, letters' case aside, or undefined where none comes close. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map((candidate) => ({ candidate, steps: distance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((one, other) => one.steps - other.steps);
  const [best] = ranked;
  return best && best.steps <= best.candidate.length * DIFFERENT_SHARE ? best.candidate : undefined;
}
