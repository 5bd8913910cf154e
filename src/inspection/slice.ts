import type { ActorView, Entry, Recording } from './recording.ts';
import { actorsAt } from './replay.ts';

/** Entries that are searched, the latest: our choice, so that it takes some milliseconds. */
export const MOST_SEARCHED = 20_000;

/** Bytes of the entries of a part: our choice, some hundreds of them. */
export const MOST_SLICE = 40_000;

/**
 * The last of what some actors and those below them did, with where they stood before.
 *
 * @param texts entries as JSON
 * @returns undefined where they did nothing
 */
export function sliceOf(
  ids: readonly string[],
  baseline: readonly ActorView[],
  texts: readonly string[],
): Pick<Recording, 'baseline' | 'entries'> | undefined {
  const wanted = new Set(ids);
  for (const { actor } of baseline) if (wanted.has(actor.parent ?? '')) wanted.add(actor.id);
  const entries = entriesOf(wanted, texts);
  if (entries.length === 0) return undefined;
  let size = 0;
  const start =
    entries.findLastIndex((entry) => {
      size += JSON.stringify(entry).length;
      return size > MOST_SLICE;
    }) + 1;
  const before = actorsAt(baseline, entries.slice(0, start), Number.POSITIVE_INFINITY);
  return {
    baseline: [...before.values()].filter(({ actor }) => wanted.has(actor.id)),
    entries: entries.slice(start),
  };
}

/** @param wanted ids of the actors, to which those are added that they create */
function entriesOf(wanted: Set<string>, texts: readonly string[]): Entry[] {
  const found: Entry[] = [];
  let pattern = patternOf(wanted);
  for (const text of texts) {
    // Most are of others: they are not worth the reading.
    if (!pattern.test(text)) continue;
    const entry = JSON.parse(text) as Entry;
    if (!concerns(entry, wanted)) continue;
    found.push(entry);
    if (entry.type !== 'actor' || wanted.has(entry.actor.id)) continue;
    wanted.add(entry.actor.id);
    pattern = patternOf(wanted);
  }
  return found;
}

/** Whether one of the actors did it, or had it done to it, or was created by one of them. */
function concerns(entry: Entry, ids: ReadonlySet<string>): boolean {
  if (entry.type === 'step') return ids.has(entry.actor);
  if (entry.type === 'event') return ids.has(entry.to) || ids.has(entry.from ?? '');
  return ids.has(entry.actor.id) || ids.has(entry.actor.parent ?? '');
}

/** Finds entries that may be of these actors. */
function patternOf(ids: ReadonlySet<string>): RegExp {
  return new RegExp(`"(?:${[...ids].map((id) => id.replace(/[^\w:]/g, '\\$&')).join('|')})"`);
}
