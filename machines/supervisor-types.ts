import type {
  ActorLogic,
  ActorOptions,
  ActorRef,
  AnyActorLogic,
  AnyActorRef,
  EventObject,
  InputFrom,
  Snapshot,
} from 'xstate';
import type { Backoff } from './restart-window.ts';

/** The system that an actor belongs to, as XState types it. */
export type System = AnyActorRef['system'];

/** XState's clock. A supervisor takes the time from `now`, where the clock has one (`SimulatedClock` does). */
export type Clock = NonNullable<ActorOptions<AnyActorLogic>['clock']> & {
  /** Milliseconds that never run backwards, whatever happens to the time of day. */
  now?(): number;
};

/**
 * When a child that ended by itself is started again: `permanent` always,
 * `transient` after an error only, `temporary` never (and it is forgotten).
 */
export type Restart = 'permanent' | 'transient' | 'temporary';

/**
 * Whom the end of one child concerns: only itself (`oneForOne`), all children
 * (`oneForAll`), or itself and those started after it (`restForOne`).
 */
export type Strategy = 'oneForOne' | 'oneForAll' | 'restForOne';

/** `restarting`: it ended and waits for its backoff. `stopped`: its spec is kept, `restartChild` starts it. */
export type ChildState = 'running' | 'stopping' | 'restarting' | 'stopped';

export interface ChildSpec<TLogic extends AnyActorLogic = AnyActorLogic> {
  /** Unique among the children of one supervisor; also the actor's `id`. */
  readonly id: string;
  readonly src: TLogic;
  /** A function is called anew at every start; if it throws, the start has failed. */
  readonly input?: InputFrom<TLogic> | (() => InputFrom<TLogic>);
  /** Default `permanent`. */
  readonly restart?: Restart;
  /**
   * Longest wait in ms between `{ type: 'stop' }` and the forced stop; 0 forces at once, without asking.
   * Default 5000, and no limit for supervisors, whose own children have theirs (both as in OTP).
   */
  readonly shutdown?: number;
  /** Name under which `system.get` finds the child. Taken names make the start fail. */
  readonly systemId?: string;
}

export interface SupervisorOptions {
  /** Default `oneForOne`. */
  readonly strategy?: Strategy;
  /** Most restarts within `period` before the supervisor gives up; default 1, as in OTP. */
  readonly intensity?: number;
  /** In ms; default 5000, as in OTP. */
  readonly period?: number;
  /** Waits before restarts. Default none: a child is restarted at once, as in OTP. */
  readonly backoff?: Backoff;
  /**
   * How the children are stopped when the supervisor itself ends: one after the other, the last started first
   * (`reverse`, the default), or all at once (`parallel`, as OTP's `simple_one_for_one` does).
   */
  readonly shutdownOrder?: 'reverse' | 'parallel';
  /** Children started with the supervisor, in this order. */
  readonly children?: readonly ChildSpec[];
  /** Milliseconds that never run backwards. Default: `now()` of the clock that the root actor was given. */
  readonly now?: () => number;
}

/** Why a command was not carried out. */
export type Refusal =
  | 'alreadyStarted'
  | 'alreadyPresent'
  | 'notFound'
  | 'running'
  | 'restarting'
  | 'failedToStart'
  | 'busy'
  | 'shuttingDown';

/** `ref` is the child that was started; `error` is what it threw. */
export type Reply =
  | { readonly ok: true; readonly ref?: AnyActorRef }
  | { readonly ok: false; readonly reason: Refusal; readonly error?: unknown };

export type ReplyTo = (reply: Reply) => void;

/** For machines, which send these instead of calling `startChild` and its kin. */
export type SupervisorCommand =
  | { readonly type: 'supervisor.startChild'; readonly spec: ChildSpec; readonly replyTo?: ReplyTo | undefined }
  | {
      readonly type: 'supervisor.stopChild' | 'supervisor.restartChild' | 'supervisor.deleteChild';
      readonly id: string;
      readonly replyTo?: ReplyTo | undefined;
    };

/** `stop` ends the supervisor gracefully. What else a child sends to its parent is emitted again. */
export type SupervisorEvent = SupervisorCommand | { readonly type: 'stop' } | EventObject;

/** The child that a report is about. */
export interface Offender {
  readonly id: string;
  /** The `sessionId` of the actor, or undefined where none could be created. */
  readonly sessionId: string | undefined;
  readonly restart: Restart;
  /** In ms. */
  readonly shutdown: number;
  readonly type: 'worker' | 'supervisor';
}

/**
 * What failed: a child could not be started (`startError`), ended by itself (`childTerminated`), did not end well
 * when it was told to (`shutdownError`), or was the one restart too many (`shutdown`: the supervisor gives up).
 */
export type ErrorContext = 'startError' | 'childTerminated' | 'shutdownError' | 'shutdown';

/** Emitted by the supervisor for every failure, and by every supervisor above it. */
export interface SupervisorReport {
  readonly type: 'supervisor.report';
  /** The supervisor's `id`, after those of the supervisors above it: `root/sessions`. */
  readonly supervisor: string;
  readonly errorContext: ErrorContext;
  /** What the child threw, or one of OTP's words: `normal`, `killed`, `reachedMaxRestartIntensity`. */
  readonly reason: unknown;
  readonly offender: Offender;
}

/** Costs the same for one child as for ten thousand; `whichChildren` has the details. */
export type SupervisorSnapshot = Snapshot<undefined> & {
  /** Children known, whether they run or not. */
  readonly specs: number;
  /** Children that have an actor: running or stopping. */
  readonly active: number;
  /** True from `stop`, or from giving up, to the end. */
  readonly stopping: boolean;
};

export type SupervisorLogic<TInput = unknown> = ActorLogic<
  SupervisorSnapshot,
  SupervisorEvent,
  TInput,
  System,
  SupervisorReport | EventObject
>;

export type SupervisorRef = ActorRef<SupervisorSnapshot, SupervisorEvent, SupervisorReport | EventObject>;

/** One line of `whichChildren`. */
export interface ChildStatus {
  readonly id: string;
  readonly state: ChildState;
  readonly ref: AnyActorRef | undefined;
  readonly type: 'worker' | 'supervisor';
}

/** Answer of `getChildSpec`: what the supervisor does when the child ends, and when the child is to end. */
export type ChildRules = Pick<Offender, 'restart' | 'shutdown' | 'type'>;

/** Answer of `getOptions`. */
export type SupervisorRules = Required<
  Pick<SupervisorOptions, 'strategy' | 'intensity' | 'period' | 'shutdownOrder'>
> & { readonly backoff: Required<Backoff> | undefined };

/** Answer of `countChildren`, with OTP's words; `active` children have an actor. */
export interface ChildCount {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** The supervisor gave up or could not start its children; `cause` is what the last child threw. */
export class SupervisorError extends Error {
  override readonly name = 'SupervisorError';
}
