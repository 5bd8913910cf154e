import type { Entry } from '../../inspection/recording.ts';
import type { Actors } from '../../inspection/replay.ts';
import { branchOf, nameById, nameOf } from './names.ts';
import type { RecordingWindow } from './recording-window.ts';

export interface Filter {
  /** What an entry must have in its names, event or states; in small letters. */
  readonly text: string;
  /** The actor to which, and to those below it, entries must belong. */
  readonly within: string | undefined;
}

/** The last `most` entries up to number `n` that pass, the latest first. */
export function lastEntries(
  window: RecordingWindow,
  n: number,
  actors: Actors,
  filter: Filter,
  most: number,
  passes: (entry: Entry) => boolean = () => true,
): Entry[] {
  const branch = filter.within === undefined ? undefined : branchOf(actors, filter.within);
  const found: Entry[] = [];
  for (let index = window.indexAfter(n) - 1; index >= 0 && found.length < most; index--) {
    const entry = window.entries[index];
    if (!entry || entry.n > n || !passes(entry)) continue;
    if (branch && !idsOf(entry).some((id) => branch.has(id))) continue;
    if (filter.text === '' || textOf(entry, actors).toLowerCase().includes(filter.text)) found.push(entry);
  }
  return found;
}

function idsOf(entry: Entry): string[] {
  if (entry.type === 'actor') return [entry.actor.id];
  if (entry.type === 'step') return [entry.actor];
  return entry.from === undefined ? [entry.to] : [entry.from, entry.to];
}

function textOf(entry: Entry, actors: Actors): string {
  if (entry.type === 'actor') return `${nameOf(entry.actor)} ${entry.actor.machine ?? ''}`;
  const names = idsOf(entry).map((id) => `${nameById(actors, id)} ${actors.get(id)?.actor.machine ?? ''}`);
  const states = entry.type === 'step' ? (entry.states ?? []) : [];
  return [...names, entry.event, ...states].join(' ');
}
