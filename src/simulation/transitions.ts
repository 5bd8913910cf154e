import type { AnyMachineSnapshot, StateValue, Subscribable } from 'xstate';
import { innermostStates, type Lit } from '../monitor/lit-chart.ts';

/** States that are kept of one session: our choice, ten times what a usual one goes through. */
const MOST_TRANSITIONS = 200;

/** How many of them are its first ones; the others are its last ones. Our choice: more than lead to a simulation. */
const FIRST_TRANSITIONS = 40;

/** A machine has entered a state. */
export interface Transition {
  /** Milliseconds since the session began, on a clock that is never set. */
  readonly at: number;
  readonly machine: 'session' | 'engine';
  /** Names from the outermost state to the innermost, e.g. `connected.fetching`. */
  readonly state: string;
}

type Machine = Subscribable<AnyMachineSnapshot> & { getSnapshot(): AnyMachineSnapshot };

/** The states of a session's machines in the order in which they were entered, in bounded memory. */
export interface TransitionLog {
  readonly transitions: readonly Transition[];
  /** States between the first and the last ones that were dropped. */
  readonly leftOut: number;
  /** Where a machine is and was; undefined before it is followed. */
  lit(name: Transition['machine']): Lit | undefined;
  /**
   * Records the state that the machine is in, and every other one from now on.
   * Costs a comparison for each event of this one actor; an inspector would cost every event of the system.
   */
  follow(name: Transition['machine'], machine: Machine): void;
}

/** @param elapsed milliseconds since the session began */
export function transitionLog(elapsed: () => number): TransitionLog {
  const transitions: Transition[] = [];
  /** Innermost states, no more than a machine has. */
  const places = new Map<Transition['machine'], { active: readonly string[]; readonly visited: Set<string> }>();
  let leftOut = 0;

  function record(transition: Transition): void {
    transitions.push(transition);
    if (transitions.length <= MOST_TRANSITIONS) return;
    transitions.splice(FIRST_TRANSITIONS, 1);
    leftOut++;
  }

  return {
    transitions,
    get leftOut() {
      return leftOut;
    },
    lit(name) {
      const place = places.get(name);
      return place && { active: place.active, visited: [...place.visited] };
    },
    follow(name, machine) {
      let last: string | undefined;
      const visited = new Set<string>();
      const look = ({ value }: AnyMachineSnapshot) => {
        const state = statePath(value);
        if (state === last) return;
        last = state;
        const active = innermostStates(value);
        for (const path of active) visited.add(path);
        places.set(name, { active, visited });
        record({ at: elapsed(), machine: name, state });
      };
      look(machine.getSnapshot());
      // Whoever supervises the machine tells its errors.
      machine.subscribe({ next: look, error: () => {} });
    },
  };
}

/** Names from the outermost state to the innermost, joined by dots; of parallel states joined by commas. */
export function statePath(value: StateValue): string {
  if (typeof value === 'string') return value;
  return Object.entries(value)
    .map(([name, inner]) => (inner === undefined ? name : `${name}.${statePath(inner)}`))
    .join(', ');
}
