import type { AnyActorLogic, AnyActorRef, Subscription } from 'xstate';
import type {
  ChildCount,
  ChildSpec,
  ChildStatus,
  Reply,
  SupervisorLogic,
  SupervisorOptions,
  SupervisorRef,
  SupervisorReport,
  System,
} from './supervisor-types.ts';

export type * from './supervisor-types.ts';
export { SupervisorError } from './supervisor-types.ts';

/**
 * An Erlang/OTP supervisor as actor logic: its children are actors of the same system, with it as their parent.
 *
 * @param init the options, or a function that is given the actor's input and system and returns them
 * @throws TypeError from the actor's start if an option is out of range, or nothing tells the time: neither
 *   `options.now` nor a `now()` of the clock given to the root actor
 */
export function supervisor<TInput = unknown>(
  init: SupervisorOptions | ((args: { input: TInput; system: System }) => SupervisorOptions),
): SupervisorLogic<TInput> {
  throw new Error(`Expected an implementation of supervisor for ${typeof init}`);
}

/** A child spec whose `input` is checked against the logic's. */
export function child<TLogic extends AnyActorLogic>(spec: ChildSpec<TLogic>): ChildSpec {
  return spec;
}

/** Adds a child and starts it. Refused: `alreadyStarted`, `alreadyPresent`, `failedToStart`, `busy`, `shuttingDown`. */
export function startChild<TLogic extends AnyActorLogic>(ref: SupervisorRef, spec: ChildSpec<TLogic>): Promise<Reply> {
  throw new Error(`Expected an implementation of startChild for ${ref.id}/${spec.id}`);
}

/** Stops a child; answers when it has ended. Refused: `notFound`, `busy`, `shuttingDown`. */
export function stopChild(ref: SupervisorRef, id: string): Promise<Reply> {
  throw new Error(`Expected an implementation of stopChild for ${ref.id}/${id}`);
}

/** Starts a stopped child. Refused: `notFound`, `running`, `restarting`, `failedToStart`, `busy`, `shuttingDown`. */
export function restartChild(ref: SupervisorRef, id: string): Promise<Reply> {
  throw new Error(`Expected an implementation of restartChild for ${ref.id}/${id}`);
}

/** Forgets a stopped child. Refused: `notFound`, `running`, `restarting`, `busy`, `shuttingDown`. */
export function deleteChild(ref: SupervisorRef, id: string): Promise<Reply> {
  throw new Error(`Expected an implementation of deleteChild for ${ref.id}/${id}`);
}

/** The actor of a running or stopping child. */
export function getChild(ref: SupervisorRef, id: string): AnyActorRef | undefined {
  throw new Error(`Expected an implementation of getChild for ${ref.id}/${id}`);
}

/** All children in the order of their start. */
export function whichChildren(ref: SupervisorRef): ChildStatus[] {
  throw new Error(`Expected an implementation of whichChildren for ${ref.id}`);
}

export function countChildren(ref: SupervisorRef): ChildCount {
  throw new Error(`Expected an implementation of countChildren for ${ref.id}`);
}

/** Hears every failure reported by this supervisor and those below it. */
export function onReport(ref: SupervisorRef, handler: (report: SupervisorReport) => void): Subscription {
  return ref.on('supervisor.report', (report) => handler(report as SupervisorReport));
}
