import type { ActorView, RecordedActor } from '../../inspection/recording.ts';
import type { Actors } from '../../inspection/replay.ts';

/** An id that nobody can guess is no name. */
const RANDOM = /^[\da-f]{32}$/;

/** Characters of such an id that tell actors apart for people. */
const SHOWN = 6;

/** An actor's name for people. */
export function nameOf({ name, machine }: RecordedActor): string {
  return RANDOM.test(name) ? `${machine ?? 'actor'} ${name.slice(0, SHOWN)}` : name;
}

export function nameById(actors: Actors, id: string | undefined): string {
  const view = id === undefined ? undefined : actors.get(id);
  return view ? nameOf(view.actor) : (id ?? '');
}

/** What an actor is doing. */
export function stateOf({ actor, status, states }: ActorView): string {
  if (states.length > 0) return states.join(', ');
  return actor.kind === 'supervisor' && status === 'active' ? 'supervises' : status;
}

/** The ids of an actor and of all below it. */
export function branchOf(actors: Actors, id: string): ReadonlySet<string> {
  const ids = new Set([id]);
  // Parents come before their children.
  for (const { actor } of actors.values()) if (actor.parent !== undefined && ids.has(actor.parent)) ids.add(actor.id);
  return ids;
}

/** A time in ms as seconds, so that digits stay in their places. */
export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}
