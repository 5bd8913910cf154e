import type { ActorView, Entry, Recording } from './recording.ts';
import { type Actors, replayForgetting } from './replay.ts';

/** Bytes of the entries of a part: our choice, some hundreds of them. */
export const MOST_SLICE = 40_000;

/** Whom an entry concerns, in the order of keys in which `EntryRing` has them: reading it whole takes ten times as long. */
const CONCERNED =
  /^\{"n":\d+,"at":[\d.e+-]+,"type":"(?:step","actor":"([^"]+)|event",(?:"from":"([^"]+)",)?"to":"([^"]+)|actor","actor":\{"id":"([^"]+)".*?"parent":"([^"]+))"/;

/**
 * The last of what some actors and those below them did, with where they stood before.
 *
 * @param baseline where all actors stood before the first entry
 * @param texts entries as JSON
 * @returns undefined where they did nothing
 */
export function sliceOf(
  ids: readonly string[],
  baseline: readonly ActorView[],
  texts: readonly string[],
): Pick<Recording, 'baseline' | 'entries'> | undefined {
  const wanted = new Set(ids);
  const before: Actors = new Map();
  // Parents come before their children.
  for (const view of baseline) {
    if (!wanted.has(view.actor.id) && !wanted.has(view.actor.parent ?? '')) continue;
    wanted.add(view.actor.id);
    before.set(view.actor.id, view);
  }
  const mine: string[] = [];
  let first = 0;
  let size = 0;
  for (const text of texts) {
    const concerned = CONCERNED.exec(text)?.slice(1);
    if (!concerned?.some((id) => id !== undefined && wanted.has(id))) continue;
    const [, , , created] = concerned;
    if (created !== undefined) wanted.add(created);
    mine.push(text);
    size += text.length;
    for (; size > MOST_SLICE; first++) {
      const dropped = mine[first]!;
      size -= dropped.length;
      mine[first] = '';
      replayForgetting(before, JSON.parse(dropped) as Entry);
    }
  }
  if (mine.length === 0) return undefined;
  return { baseline: [...before.values()], entries: mine.slice(first).map((text) => JSON.parse(text) as Entry) };
}
