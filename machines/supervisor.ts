import type { AnyActorLogic, AnyActorRef, Subscription } from 'xstate';
import { nameOf, type Scope } from './supervisor-actor.ts';
import { isSupervisorLogic, registerSupervisorLogic } from './supervisor-options.ts';
import { stopOrphans } from './supervisor-orphans.ts';
import { SupervisorShell, shellOf } from './supervisor-shell.ts';
import type {
  ChildCount,
  ChildRules,
  ChildSpec,
  ChildStatus,
  Reply,
  SupervisorCommand,
  SupervisorLogic,
  SupervisorOptions,
  SupervisorRef,
  SupervisorReport,
  SupervisorRules,
  SupervisorSnapshot,
  System,
} from './supervisor-types.ts';

export type * from './supervisor-types.ts';
export { SupervisorError } from './supervisor-types.ts';

/**
 * An Erlang/OTP supervisor as actor logic: its children are actors of the same system, with it as their parent.
 *
 * Its actor fails at its start with a `SupervisorError` if an option is out of range, a child does not start, or
 * nothing tells the time: neither `options.now` nor a `now()` of the clock that the root actor was given. It fails
 * later if it gives up, after more restarts than `intensity` within `period`.
 *
 * @param init the options, or a function that is given the actor's input and system and returns them
 */
export function supervisor<TInput = unknown>(
  init: SupervisorOptions | ((args: { input: TInput; system: System }) => SupervisorOptions),
): SupervisorLogic<TInput> {
  const boot = (scope: Scope, input: TInput): SupervisorSnapshot => {
    const options = typeof init === 'function' ? init({ input, system: scope.system }) : init;
    return new SupervisorShell(scope, options).view();
  };
  const logic: SupervisorLogic<TInput> = {
    config: init,
    getInitialSnapshot: boot,
    start: (_, { self, system }) => {
      stopOrphans(system);
      self.send({ type: 'supervisor.begin' });
    },
    transition: (snapshot, event, { self }) => {
      const shell = shellOf(self);
      if (!shell) return snapshot;
      if (event.type === 'xstate.stop') shell.kill();
      else shell.receive(event);
      return shell.view();
    },
    getPersistedSnapshot: (snapshot) => snapshot,
    restoreSnapshot: (_, scope) => boot(scope, undefined as TInput),
  };
  registerSupervisorLogic(logic);
  return logic;
}

/** A child spec whose `input` is checked against the logic's. */
export function child<TLogic extends AnyActorLogic>(spec: ChildSpec<TLogic>): ChildSpec {
  return spec;
}

/** Adds a child and starts it. Refused: `alreadyStarted`, `alreadyPresent`, `failedToStart`, `busy`, `shuttingDown`. */
export function startChild<TLogic extends AnyActorLogic>(ref: SupervisorRef, spec: ChildSpec<TLogic>): Promise<Reply> {
  return ask(ref, { type: 'supervisor.startChild', spec });
}

/** Stops a child; answers when it has ended. Refused: `notFound`, `busy`, `shuttingDown`. */
export function stopChild(ref: SupervisorRef, id: string): Promise<Reply> {
  return ask(ref, { type: 'supervisor.stopChild', id });
}

/** Starts a stopped child. Refused: `notFound`, `running`, `restarting`, `failedToStart`, `busy`, `shuttingDown`. */
export function restartChild(ref: SupervisorRef, id: string): Promise<Reply> {
  return ask(ref, { type: 'supervisor.restartChild', id });
}

/** Forgets a stopped child. Refused: `notFound`, `running`, `restarting`, `busy`, `shuttingDown`. */
export function deleteChild(ref: SupervisorRef, id: string): Promise<Reply> {
  return ask(ref, { type: 'supervisor.deleteChild', id });
}

function ask(ref: SupervisorRef, command: SupervisorCommand): Promise<Reply> {
  return new Promise((resolve) => {
    const shell = shellOf(ref);
    if (shell) shell.ask(command, resolve);
    else resolve({ ok: false, reason: 'shuttingDown' });
  });
}

/** Whether an actor is a supervisor, also one that is being created. */
export function isSupervisor(ref: AnyActorRef): boolean {
  const { logic } = ref as { readonly logic?: AnyActorLogic };
  return logic !== undefined && isSupervisorLogic(logic);
}

/** The actor of a running or stopping child. */
export function getChild(ref: SupervisorRef, id: string): AnyActorRef | undefined {
  return shellOf(ref)?.child(id)?.ref;
}

/** All children in the order of their start. */
export function whichChildren(ref: SupervisorRef): ChildStatus[] {
  const children = shellOf(ref)?.list() ?? [];
  return children.map(({ spec, state, ref }) => ({ id: spec.id, state, ref, type: spec.type }));
}

/** How one child is looked after, with the defaults filled in; undefined if there is none with this id. */
export function getChildSpec(ref: SupervisorRef, id: string): ChildRules | undefined {
  const spec = shellOf(ref)?.child(id)?.spec;
  return spec && { restart: spec.restart, shutdown: spec.shutdown, type: spec.type };
}

/** The supervisor's options with their defaults filled in; undefined if the actor is no supervisor. */
export function getOptions(ref: AnyActorRef): SupervisorRules | undefined {
  return shellOf(ref)?.rules;
}

export function countChildren(ref: SupervisorRef): ChildCount {
  const children = whichChildren(ref);
  const active = children.filter((child) => child.ref).length;
  const supervisors = children.filter(({ type }) => type === 'supervisor').length;
  return { specs: children.length, active, supervisors, workers: children.length - supervisors };
}

/**
 * The report of an actor that a machine has invoked, and whose failure it has got over: sent to the machine's parent, it
 * is published like that of a child.
 *
 * @param self the machine's actor
 * @param id the id of the actor that failed
 * @param reason what it threw
 */
export function failureReport(self: AnyActorRef, id: string, reason: unknown): SupervisorReport {
  return {
    type: 'supervisor.report',
    supervisor: nameOf(self),
    errorContext: 'childTerminated',
    reason,
    offender: { id, sessionId: undefined, restart: 'temporary', shutdown: 0, type: 'worker' },
  };
}

/** Hears every failure reported by this supervisor and those below it. */
export function onReport(ref: SupervisorRef, handler: (report: SupervisorReport) => void): Subscription {
  return ref.on('supervisor.report', (report) => handler(report as SupervisorReport));
}
