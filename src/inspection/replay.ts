import type { ActorView, Entry, StepEntry } from './recording.ts';

/** Where all actors stand, by their ids, in the order in which they came. */
export type Actors = Map<string, ActorView>;

/** Carries out what an entry tells. */
export function replay(actors: Actors, entry: Entry): void {
  if (entry.type === 'actor') {
    const { actor, at } = entry;
    actors.set(actor.id, { actor, status: 'active', states: [], since: at, lastMoves: [], visits: {} });
  } else if (entry.type === 'step') {
    const view = actors.get(entry.actor);
    if (view) actors.set(entry.actor, stepped(view, entry));
  }
}

/** Carries out what an entry tells, and forgets the actor that it has ended: for entries that nobody will look at again. */
export function replayForgetting(actors: Actors, entry: Entry): void {
  replay(actors, entry);
  if (entry.type === 'step' && entry.status !== 'active') actors.delete(entry.actor);
}

/** Where the actors stood after the entries up to number `n`. */
export function actorsAt(baseline: readonly ActorView[], entries: Iterable<Entry>, n: number): Actors {
  const actors: Actors = new Map(baseline.map((view) => [view.actor.id, view]));
  for (const entry of entries) {
    if (entry.n > n) break;
    replay(actors, entry);
  }
  return actors;
}

function stepped(view: ActorView, { at, event, status, states, moves = [], context }: StepEntry): ActorView {
  const entered = states ?? view.states;
  const isMove = moves.length > 0 || entered.join() !== view.states.join();
  return {
    ...view,
    status,
    states: entered,
    lastEvent: event,
    ...(context !== undefined && { context }),
    ...(isMove && { since: at, lastMoves: moves, visits: visited(view, entered, at) }),
  };
}

function visited(view: ActorView, entered: readonly string[], at: number): ActorView['visits'] {
  const visits: Record<string, { count: number; time: number }> = { ...view.visits };
  for (const state of view.states) {
    const { count = 1, time = 0 } = visits[state] ?? {};
    visits[state] = { count, time: time + at - view.since };
  }
  for (const state of entered) {
    const { count = 0, time = 0 } = visits[state] ?? {};
    visits[state] = { count: count + 1, time };
  }
  return visits;
}

/** The time in ms that an actor has spent in each of its innermost states until `now`. */
export function timesAt({ visits, states, since, status }: ActorView, now: number): ReadonlyMap<string, number> {
  const times = new Map(Object.entries(visits).map(([state, { time }]) => [state, time]));
  if (status === 'active') for (const state of states) times.set(state, (times.get(state) ?? 0) + now - since);
  return times;
}
