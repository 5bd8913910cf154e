import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** A machine as plain data: what a drawing of it shows. */
export interface Chart {
  /** Id of the machine. */
  readonly id: string;
  readonly description: string;
  /** The machine as the state that holds all others. */
  readonly root: ChartState;
}

export interface ChartState {
  readonly key: string;
  /** Keys from the root on, joined by dots; empty for the root. */
  readonly path: string;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final';
  readonly description: string;
  /** Path of the child that is entered first, where there is one. */
  readonly initial: string | undefined;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  /** Actors that run while the state holds. */
  readonly invoked: readonly string[];
  readonly transitions: readonly ChartTransition[];
  readonly children: readonly ChartState[];
}

export interface ChartTransition {
  /** What takes it, in words: an event, `after killGrace (5 s)`, `checkout done`, `always`. */
  readonly trigger: string;
  readonly guard: string | undefined;
  /** Path of the state that it leads to; undefined if the state stays. */
  readonly target: string | undefined;
  readonly actions: readonly string[];
}

/** Durations of named delays in ms; a delay that is not here is shown by its name alone. */
export type Delays = Readonly<Record<string, number>>;

/** Reads a machine. @param delays what its named delays come to unless told otherwise */
export function chartOf(machine: AnyStateMachine, delays: Delays = {}): Chart {
  const root = stateOf(machine.root, delays);
  return { id: machine.id, description: root.description, root };
}

/** A state and all below it, outer ones first. */
export function statesOf(state: ChartState): ChartState[] {
  return [state, ...state.children.flatMap(statesOf)];
}

function stateOf(node: AnyStateNode, delays: Delays): ChartState {
  const initial = node.type === 'compound' ? node.initial.target?.[0] : undefined;
  return {
    key: node.key,
    path: pathOf(node),
    kind: kindOf(node),
    description: node.description ?? '',
    initial: initial && pathOf(initial),
    entry: namesOf(node.entry),
    exit: namesOf(node.exit),
    invoked: node.invoke.map(({ id }) => id),
    transitions: transitionsOf(node).map((transition) => transitionOf(transition, delays)),
    children: Object.values(node.states)
      .sort((a, b) => a.order - b.order)
      .map((child) => stateOf(child, delays)),
  };
}

function kindOf({ id, type }: AnyStateNode): ChartState['kind'] {
  if (type === 'history') throw new TypeError(`Expected no history state, got ${id}`);
  return type;
}

/** In the order of {@link ChartState.transitions}; delayed ones are among those of events, by an event of their own. */
export function transitionsOf(node: AnyStateNode): AnyTransitionDefinition[] {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
}

function transitionOf(transition: AnyTransitionDefinition, delays: Delays): ChartTransition {
  const { eventType, guard, target, actions, source, reenter } = transition;
  const [first] = target ?? [];
  return {
    trigger: triggerOf(eventType, delays),
    guard: guard === undefined ? undefined : guardName(guard),
    target: first === undefined ? undefined : pathOf(first),
    actions: [...namesOf(actions), ...(reenter && first === source ? ['enters anew'] : [])],
  };
}

function triggerOf(eventType: string, delays: Delays): string {
  const [, kind, rest = ''] = /^xstate\.(after|done\.actor|done\.state|error\.actor)\.(.*)$/.exec(eventType) ?? [];
  switch (kind) {
    case 'after':
      return delayInWords(rest.split('.')[0]!, delays);
    case 'done.actor':
      return `${rest} done`;
    case 'error.actor':
      return `${rest} failed`;
    case 'done.state':
      return `${rest.split('.').at(-1)} is over`;
    default:
      return eventType === '' ? 'always' : eventType;
  }
}

/** @param delay its name, or its length in ms */
function delayInWords(delay: string, delays: Delays): string {
  const ms = /^\d+$/.test(delay) ? Number(delay) : delays[delay];
  if (ms === undefined) return `after ${delay}`;
  const length = durationInWords(ms);
  return String(ms) === delay ? `after ${length}` : `after ${delay} (${length})`;
}

const HOUR = 3_600_000;
const MINUTE = 60_000;
const SECOND = 1_000;

function durationInWords(ms: number): string {
  if (ms >= HOUR && ms % HOUR === 0) return `${ms / HOUR} h`;
  if (ms >= 2 * MINUTE && ms % MINUTE === 0) return `${ms / MINUTE} min`;
  return ms >= SECOND ? `${ms / SECOND} s` : `${ms} ms`;
}

function guardName(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  const { type, name } = guard as { type?: string; name?: string };
  const found = type ?? name;
  if (!found || found === 'guard') throw new TypeError('Expected every guard to have a name, found one without');
  return found;
}

/** Names of actions; what XState adds for itself, as the timer of a delay, is left out. */
function namesOf(actions: readonly unknown[]): string[] {
  return actions.flatMap((action) => {
    if (typeof action === 'string') return [action];
    const { type } = action as { type?: string };
    return type === undefined || type.startsWith('xstate.') ? [] : [type];
  });
}

function pathOf({ path }: AnyStateNode): string {
  return path.join('.');
}
