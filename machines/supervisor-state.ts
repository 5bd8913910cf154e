import type { AnyActorRef } from 'xstate';
import type {
  ChildSpec,
  ChildState,
  ErrorContext,
  Offender,
  Reply,
  ReplyTo,
  SupervisorCommand,
  SupervisorError,
  SupervisorRules,
} from './supervisor-types.ts';

/** A child spec with its defaults filled in. */
export type ResolvedSpec = ChildSpec & Required<Pick<ChildSpec, 'restart' | 'shutdown'>> & Pick<Offender, 'type'>;

/** The supervisor's options with their defaults filled in, and its name for reports. */
export interface Rules extends SupervisorRules {
  readonly name: string;
}

/** A child as the rules see it. */
export interface Child {
  readonly spec: ResolvedSpec;
  readonly state: ChildState;
  /** The actor of a running or stopping child. The rules never call it. */
  readonly ref: AnyActorRef | undefined;
  /** Starts tried so far; a timer that names a lower number is of an earlier life. */
  readonly starts: number;
  /** Time of the last start tried, in ms. */
  readonly startedAt: number;
  /** Failures in a row, for the backoff. */
  readonly failures: number;
  /** Who asked for the stop that is going on. */
  readonly stoppers: readonly ReplyTo[];
}

/** Why children are being started, which decides what a failed start means. */
export type Purpose =
  | { readonly type: 'begin' }
  | { readonly type: 'restart' }
  | { readonly type: 'command'; readonly isNew: boolean; readonly replyTo: ReplyTo | undefined };

/** Children being stopped: `ids` in the order of their start, taken from `position` down to 0. */
interface Stops {
  readonly ids: readonly string[];
  readonly position: number;
}

/**
 * - `idle`: not begun yet.
 * - `steady`: commands are carried out, ends of children are judged.
 * - `starting`: children are started, one after the other; lasts no longer than one event.
 * - `regrouping`: the children that `leader` concerns are being stopped, to be started with it now or after its wait.
 * - `ending`: all children are being stopped, because of `stop` or of `error`.
 * - `ended`: no child has an actor any more.
 */
export type Phase =
  | { readonly type: 'idle' }
  | { readonly type: 'steady' }
  | { readonly type: 'starting'; readonly ids: readonly string[]; readonly position: number; readonly purpose: Purpose }
  | (Stops & {
      readonly type: 'regrouping';
      readonly members: ReadonlySet<string>;
      readonly leader: string;
      readonly startsNow: boolean;
    })
  | (Stops & { readonly type: 'ending'; readonly error: SupervisorError | undefined })
  | { readonly type: 'ended' };

export interface SupervisorState {
  readonly rules: Rules;
  /** In the order of their start. */
  readonly children: ReadonlyMap<string, Child>;
  /** Times of the restarts that still count, in ms. */
  readonly restarts: readonly number[];
  readonly phase: Phase;
}

/** A command as the rules take it, with the defaults of the spec filled in. */
export type Command =
  | (Extract<SupervisorCommand, { spec: ChildSpec }> & { readonly spec: ResolvedSpec })
  | Extract<SupervisorCommand, { id: string }>;

/** A deadline or a wait has passed, of the child's life that `starts` numbers. */
export interface TimerEvent {
  readonly type: 'supervisor.deadlinePassed' | 'supervisor.waitPassed';
  readonly id: string;
  readonly starts: number;
}

/** The end of a child's actor; `error` is what it threw. */
export interface Ended {
  readonly type: 'ended';
  readonly id: string;
  readonly ref: AnyActorRef;
  readonly isError: boolean;
  readonly error: unknown;
}

/** What the rules decide upon. `started` and `notStarted` answer the order `start`, before anything else happens. */
export type Occurrence =
  | Command
  | TimerEvent
  | Ended
  | { readonly type: 'begin'; readonly specs: readonly ResolvedSpec[] }
  | { readonly type: 'started'; readonly id: string; readonly ref: AnyActorRef }
  | { readonly type: 'notStarted'; readonly id: string; readonly error: unknown }
  | { readonly type: 'stop' }
  | { readonly type: 'kill' };

const COMMANDS: ReadonlySet<Occurrence['type']> = new Set<Command['type']>([
  'supervisor.startChild',
  'supervisor.stopChild',
  'supervisor.restartChild',
  'supervisor.deleteChild',
]);

export function isCommand(occurrence: Occurrence): occurrence is Command {
  return COMMANDS.has(occurrence.type);
}

/** What is to be done, in this order. */
export type Order =
  | { readonly type: 'start'; readonly spec: ResolvedSpec }
  | { readonly type: 'askToStop'; readonly child: Child }
  | { readonly type: 'force'; readonly child: Child }
  | { readonly type: 'wait'; readonly id: string; readonly starts: number; readonly delay: number }
  | { readonly type: 'cancelTimers'; readonly id: string }
  | { readonly type: 'report'; readonly errorContext: ErrorContext; readonly reason: unknown; readonly child: Child }
  | { readonly type: 'reply'; readonly replyTo: ReplyTo; readonly reply: Reply }
  | { readonly type: 'postpone' }
  | { readonly type: 'finish'; readonly error: SupervisorError | undefined };

/** The next state as differences from the last one, and what is to be done. */
export interface Decision {
  /** Undefined where the child is forgotten. */
  readonly changes: ReadonlyMap<string, Child | undefined>;
  readonly restarts: readonly number[];
  readonly phase: Phase;
  readonly orders: readonly Order[];
}

/** A decision in the making: reads as the state that it leads to, and leaves the given state as it is. */
export class Draft implements Decision {
  readonly rules: Rules;
  readonly changes = new Map<string, Child | undefined>();
  readonly orders: Order[] = [];
  restarts: readonly number[];
  phase: Phase;
  private readonly state: SupervisorState;

  constructor(state: SupervisorState) {
    this.state = state;
    this.rules = state.rules;
    this.restarts = state.restarts;
    this.phase = state.phase;
  }

  child(id: string): Child | undefined {
    return this.changes.has(id) ? this.changes.get(id) : this.state.children.get(id);
  }

  ids(): string[] {
    const known = [...this.state.children.keys()].filter((id) => this.child(id));
    const added = [...this.changes.keys()].filter((id) => !this.state.children.has(id) && this.child(id));
    return [...known, ...added];
  }

  set(child: Child): Child {
    this.changes.set(child.spec.id, child);
    return child;
  }

  forget(id: string): void {
    this.changes.set(id, undefined);
  }

  order(order: Order): void {
    this.orders.push(order);
  }

  reply(replyTo: ReplyTo | undefined, reply: Reply): void {
    if (replyTo) this.order({ type: 'reply', replyTo, reply });
  }
}
