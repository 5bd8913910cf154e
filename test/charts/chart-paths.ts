import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine, EventObject, StateValue } from 'xstate';
import { getShortestPaths } from 'xstate/graph';

/** One step of a path: what happens, and where the machine is then, as {@link stateName} tells it. */
export interface Step {
  readonly event: string;
  readonly state: string;
}

/** A shortest path through a chart, from the machine's start on. */
export interface ChartPath {
  /** The names of its events in order: what no other path has. */
  readonly name: string;
  /** State of the machine before the first event. */
  readonly start: string;
  readonly steps: readonly Step[];
}

/** Events of a chart by names that say what must happen for each. */
export type NamedEvents = Readonly<Record<string, AnyEventObject>>;

/** The innermost states, and why the machine ends where it does: two ends for different reasons are two states. */
export function stateName({ value, context }: AnyMachineSnapshot): string {
  const { end } = context as { end?: { reason: string } };
  return [...leaves(value).sort(), ...(end ? [`for ${end.reason}`] : [])].join(' ');
}

function leaves(value: StateValue): string[] {
  if (typeof value === 'string') return [value];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner!).map((path) => `${key}.${path}`));
}

/**
 * The shortest paths to all states, without those that another one begins with: who walks that one has walked them.
 *
 * @param events what may happen in a state
 * @param distinction what else tells two states apart, because they go on differently
 */
export function shortestPaths(
  machine: AnyStateMachine,
  input: unknown,
  events: (snapshot: AnyMachineSnapshot) => NamedEvents,
  distinction: (snapshot: AnyMachineSnapshot) => unknown = () => undefined,
): ChartPath[] {
  const names = new Map<EventObject, string>();
  const nameOf = (event: EventObject) => names.get(event) ?? event.type;
  const paths = getShortestPaths(machine, {
    input,
    serializeState: (snapshot) => JSON.stringify([stateName(snapshot), distinction(snapshot)]),
    serializeEvent: nameOf,
    events: (snapshot) =>
      Object.entries(events(snapshot)).map(([name, event]) => {
        names.set(event, name);
        return event;
      }),
  }).map(({ steps: [start, ...steps] }): ChartPath => {
    const named = steps.map(({ event, state }) => ({ event: nameOf(event), state: stateName(state) }));
    return { name: named.map(({ event }) => event).join(', '), start: stateName(start!.state), steps: named };
  });
  return paths.filter(({ name }) => name && !paths.some((other) => other.name.startsWith(`${name}, `)));
}
