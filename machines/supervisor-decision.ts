/**
 * The rules of a supervisor, after `supervisor.erl` of Erlang/OTP: what follows from an occurrence in a state.
 *
 * Pure: the time is an argument, and whatever is to be done leaves as orders. A child that starts, fails to start or
 * ends because of an order comes back as a further occurrence.
 */
import {
  end,
  fail,
  force,
  notStarted,
  regroup,
  restart,
  settle,
  startAll,
  started,
  stop,
  stopNext,
} from './supervisor-sequence.ts';
import type { ResolvedSpec, SupervisorState } from './supervisor-state.ts';
import {
  type Child,
  type Command,
  type Decision,
  Draft,
  type Ended,
  isCommand,
  type Occurrence,
} from './supervisor-state.ts';
import { type Refusal, type ReplyTo, SupervisorError } from './supervisor-types.ts';

/** @param now in ms; never less than at an earlier decision */
export function decide(state: SupervisorState, occurrence: Occurrence, now: number): Decision {
  const draft = new Draft(state);
  switch (admission(draft, occurrence)) {
    case 'handled':
      handle(draft, occurrence, now);
      break;
    case 'postponed':
      draft.order({ type: 'postpone' });
      break;
    case 'refused':
      if (isCommand(occurrence)) draft.reply(occurrence.replyTo, { ok: false, reason: 'shuttingDown' });
  }
  return draft;
}

/** Whether an occurrence is handled in the present phase, in a later one, or not at all. */
function admission(draft: Draft, occurrence: Occurrence): 'handled' | 'postponed' | 'refused' {
  const { phase } = draft;
  if (phase.type === 'ended') return 'refused';
  if (occurrence.type === 'kill') return 'handled';
  const concernsStops = occurrence.type === 'ended' || occurrence.type === 'supervisor.deadlinePassed';
  switch (phase.type) {
    case 'idle':
      return occurrence.type === 'begin' ? 'handled' : 'postponed';
    case 'steady':
    case 'starting':
      return 'handled';
    case 'regrouping': {
      if (occurrence.type === 'stop') return 'handled';
      const isExpected = concernsStops && (phase.members.has(occurrence.id) || isStopping(draft, occurrence.id));
      return isExpected ? 'handled' : 'postponed';
    }
    case 'ending':
      return concernsStops ? 'handled' : 'refused';
  }
}

function isStopping(draft: Draft, id: string): boolean {
  return draft.child(id)?.state === 'stopping';
}

function handle(draft: Draft, occurrence: Occurrence, now: number): void {
  switch (occurrence.type) {
    case 'begin':
      begin(draft, occurrence.specs);
      break;
    case 'started':
      started(draft, occurrence.id, occurrence.ref, now);
      break;
    case 'notStarted':
      notStarted(draft, occurrence.id, occurrence.error, now);
      break;
    case 'ended':
      ended(draft, occurrence, now);
      break;
    case 'supervisor.deadlinePassed':
      deadlinePassed(draft, occurrence.id, occurrence.starts);
      break;
    case 'supervisor.waitPassed':
      waitPassed(draft, occurrence.id, occurrence.starts);
      break;
    case 'stop':
      end(draft, undefined);
      break;
    case 'kill':
      fail(draft, undefined);
      break;
    default:
      command(draft, occurrence);
  }
}

function begin(draft: Draft, specs: readonly ResolvedSpec[]): void {
  for (const spec of specs) {
    if (draft.child(spec.id)) {
      fail(draft, new SupervisorError(`Supervisor '${draft.rules.name}': more than one child '${spec.id}'`));
      return;
    }
    draft.set(newChild(spec));
  }
  startAll(draft, draft.ids(), { type: 'begin' });
}

function newChild(spec: ResolvedSpec): Child {
  return { spec, state: 'stopped', ref: undefined, starts: 0, startedAt: 0, failures: 0, stoppers: [] };
}

function command(draft: Draft, command: Command): void {
  const child = draft.child(command.type === 'supervisor.startChild' ? command.spec.id : command.id);
  const refusal = refusalOf(command, child);
  if (refusal) draft.reply(command.replyTo, { ok: false, reason: refusal });
  else carryOut(draft, command, child);
}

function refusalOf(command: Command, child: Child | undefined): Refusal | undefined {
  if (command.type === 'supervisor.startChild') {
    if (!child) return undefined;
    return child.state === 'stopped' ? 'alreadyPresent' : 'alreadyStarted';
  }
  if (!child) return 'notFound';
  if (command.type === 'supervisor.stopChild' || child.state === 'stopped') return undefined;
  return child.state === 'restarting' ? 'restarting' : 'running';
}

function carryOut(draft: Draft, command: Command, child: Child | undefined): void {
  const { replyTo } = command;
  if (command.type === 'supervisor.startChild') {
    draft.set(newChild(command.spec));
    startAll(draft, [command.spec.id], { type: 'command', isNew: true, replyTo });
    return;
  }
  if (!child) return;
  switch (command.type) {
    case 'supervisor.stopChild':
      stopOnRequest(draft, child, replyTo);
      break;
    case 'supervisor.restartChild':
      startAll(draft, [command.id], { type: 'command', isNew: false, replyTo });
      break;
    case 'supervisor.deleteChild':
      draft.forget(command.id);
      draft.reply(replyTo, { ok: true });
  }
}

/** Answers when the child has ended, which may be now. */
function stopOnRequest(draft: Draft, child: Child, replyTo: ReplyTo | undefined): void {
  const stoppers = replyTo ? [...child.stoppers, replyTo] : child.stoppers;
  const asked = draft.set({ ...child, stoppers });
  if (child.state === 'running') stop(draft, asked);
  else if (child.state !== 'stopping') settle(draft, asked);
}

/** The end of a child that was told to stop, or is going to be, is awaited; any other is judged by its spec. */
function ended(draft: Draft, { id, ref, isError, error }: Ended, now: number): void {
  const child = draft.child(id);
  // One that had to wait may be of an earlier life.
  if (child?.ref !== ref) return;
  const isAwaited = draft.phase.type !== 'steady' || child.state === 'stopping';
  if (isAwaited) {
    if (isError) draft.order({ type: 'report', errorContext: 'shutdownError', reason: error, child });
    settle(draft, child);
    stopNext(draft);
    return;
  }
  const isPermanent = child.spec.restart === 'permanent';
  if (isError || isPermanent) {
    draft.order({ type: 'report', errorContext: 'childTerminated', reason: isError ? error : 'normal', child });
  }
  if (isPermanent || (isError && child.spec.restart === 'transient')) restart(draft, child, error, now);
  else settle(draft, child);
}

function deadlinePassed(draft: Draft, id: string, starts: number): void {
  const child = draft.child(id);
  if (child?.state !== 'stopping' || child.starts !== starts) return;
  draft.order({ type: 'report', errorContext: 'shutdownError', reason: 'killed', child });
  force(draft, child);
  stopNext(draft);
}

function waitPassed(draft: Draft, id: string, starts: number): void {
  const child = draft.child(id);
  if (child?.state === 'restarting' && child.starts === starts) regroup(draft, id, true);
}
