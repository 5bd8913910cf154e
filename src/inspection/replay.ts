import type { ActorView, Entry, StepEntry } from './recording.ts';

/** Where all actors stand, by their ids, in the order in which they came. */
export type Actors = Map<string, ActorView>;

/** Carries out what an entry tells. */
export function replay(actors: Actors, entry: Entry): void {
  if (entry.type === 'actor') {
    const { actor } = entry;
    actors.set(actor.id, { actor, status: 'active', states: [], entered: {}, lastMoves: [], visits: {} });
  } else if (entry.type === 'step') {
    const view = actors.get(entry.actor);
    if (view) actors.set(entry.actor, stepped(view, entry));
  }
}

/** Carries out what an entry tells, and forgets the actor that it ends: no later one speaks of it. */
export function replayForgetting(actors: Actors, entry: Entry): void {
  replay(actors, entry);
  forgetEnded(actors, entry);
}

/** Forgets the actor that an entry ends. */
export function forgetEnded(actors: Actors, entry: Entry): void {
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

function stepped(view: ActorView, entry: StepEntry): ActorView {
  const { at, event, status, states = view.states, moves = [], context } = entry;
  // In a parallel machine the other parts stay where they are.
  const isKept = (state: string) =>
    view.states.includes(state) && states.includes(state) && !moves.some(({ target }) => isWithin(state, target));
  const isEnd = view.status === 'active' && status !== 'active';
  const left = view.states.filter((state) => isEnd || !isKept(state));
  const come = states.filter((state) => !isKept(state));
  const isMove = moves.length > 0 || states.join() !== view.states.join();
  return {
    ...view,
    status,
    states,
    lastEvent: event,
    ...(context !== undefined && { context }),
    ...(isMove && { lastMoves: moves }),
    ...((left.length > 0 || come.length > 0) && {
      entered: Object.fromEntries(states.map((state) => [state, isKept(state) ? (view.entered[state] ?? at) : at])),
      visits: visited(view, left, come, at),
    }),
  };
}

/** Whether a state is at a path, or below it; all are below the empty path of a machine. */
function isWithin(state: string, path: string): boolean {
  return path === '' || state === path || state.startsWith(`${path}.`);
}

function visited(view: ActorView, left: readonly string[], come: readonly string[], at: number): ActorView['visits'] {
  const visits: Record<string, { count: number; time: number }> = { ...view.visits };
  for (const state of left) {
    const { count = 1, time = 0 } = visits[state] ?? {};
    visits[state] = { count, time: time + at - (view.entered[state] ?? at) };
  }
  for (const state of come) {
    const { count = 0, time = 0 } = visits[state] ?? {};
    visits[state] = { count: count + 1, time };
  }
  return visits;
}

/** The time in ms that an actor has spent in each of its innermost states until `now`. */
export function timesAt({ visits, states, entered, status }: ActorView, now: number): ReadonlyMap<string, number> {
  const times = new Map(Object.entries(visits).map(([state, { time }]) => [state, time]));
  if (status !== 'active') return times;
  for (const state of states) times.set(state, (times.get(state) ?? 0) + now - (entered[state] ?? now));
  return times;
}
