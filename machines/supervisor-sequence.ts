/**
 * The sequences of a supervisor: children are started one after the other, stopped one after the other the other way
 * round, and a restart is a stop of those whom it concerns, followed by their start.
 */
import { addRestart, backoffDelay, countFailures } from './restart-window.ts';
import type { Child, Draft, Purpose } from './supervisor-state.ts';
import { SupervisorError } from './supervisor-types.ts';

/** Starts the children in this order; temporary ones that were forgotten meanwhile are left out. */
export function startAll(draft: Draft, ids: readonly string[], purpose: Purpose): void {
  startFrom(draft, ids, 0, purpose);
}

function startFrom(draft: Draft, ids: readonly string[], first: number, purpose: Purpose): void {
  for (let position = first; position < ids.length; position++) {
    const child = draft.child(ids[position]!);
    if (!child) continue;
    draft.phase = { type: 'starting', ids, position, purpose };
    draft.order({ type: 'start', spec: child.spec });
    return;
  }
  draft.phase = { type: 'steady' };
}

export function started(draft: Draft, id: string, ref: Child['ref'], now: number): void {
  const { phase } = draft;
  if (phase.type !== 'starting') return;
  const child = draft.child(id)!;
  draft.set({ ...child, state: 'running', ref, starts: child.starts + 1, startedAt: now });
  if (phase.purpose.type === 'command' && ref) draft.reply(phase.purpose.replyTo, { ok: true, ref });
  startFrom(draft, phase.ids, phase.position + 1, phase.purpose);
}

/** A failed start is the failure of whoever ordered it: the whole supervisor, a restart, or a command. */
export function notStarted(draft: Draft, id: string, error: unknown, now: number): void {
  const { phase } = draft;
  if (phase.type !== 'starting') return;
  const before = draft.child(id)!;
  const child = draft.set({ ...before, state: 'stopped', ref: undefined, starts: before.starts + 1, startedAt: now });
  draft.order({ type: 'report', errorContext: 'startError', reason: error, child });
  draft.phase = { type: 'steady' };
  switch (phase.purpose.type) {
    case 'begin': {
      const message = `Supervisor '${draft.rules.name}': child '${id}' did not start`;
      fail(draft, new SupervisorError(message, { cause: error }));
      break;
    }
    case 'restart':
      restart(draft, child, error, now);
      break;
    case 'command':
      if (phase.purpose.isNew) draft.forget(id);
      draft.reply(phase.purpose.replyTo, { ok: false, reason: 'failedToStart', error });
  }
}

/** Restarts a child that has failed, with those whom its end concerns, or gives up. */
export function restart(draft: Draft, child: Child, error: unknown, now: number): void {
  const { backoff } = draft.rules;
  const { restarts, isExceeded } = addRestart(draft.restarts, now, draft.rules);
  draft.restarts = restarts;
  if (isExceeded) {
    giveUp(draft, child, error);
    return;
  }
  const failures = backoff ? countFailures(child.failures, now - child.startedAt, backoff.resetAfter) : 0;
  const delay = backoff ? backoffDelay(failures, backoff) : 0;
  const { id } = draft.set({ ...child, state: 'restarting', ref: undefined, failures }).spec;
  if (delay > 0) draft.order({ type: 'wait', id, starts: child.starts, delay });
  regroup(draft, id, delay === 0);
}

function giveUp(draft: Draft, child: Child, error: unknown): void {
  const { name, intensity, period } = draft.rules;
  settle(draft, child);
  draft.order({ type: 'report', errorContext: 'shutdown', reason: 'reachedMaxRestartIntensity', child });
  const message = `Supervisor '${name}': more than ${intensity} restarts within ${period} ms, at last of '${child.spec.id}'`;
  end(draft, new SupervisorError(message, { cause: error }));
}

/** Stops the children whom the end of `leader` concerns; starts all of them now, or leaves that to the end of its wait. */
export function regroup(draft: Draft, leader: string, startsNow: boolean): void {
  const ids = group(draft, leader);
  draft.phase = { type: 'regrouping', ids, members: new Set(ids), position: ids.length - 1, leader, startsNow };
  stopNext(draft);
}

function group(draft: Draft, leader: string): string[] {
  if (draft.rules.strategy === 'oneForOne') return [leader];
  const ids = draft.ids();
  return draft.rules.strategy === 'oneForAll' ? ids : ids.slice(ids.indexOf(leader));
}

/** Ends the supervisor: stops all children, then finishes, with `error` if it gives up. */
export function end(draft: Draft, error: SupervisorError | undefined): void {
  const ids = draft.ids();
  draft.phase = { type: 'ending', ids, position: ids.length - 1, error };
  if (draft.rules.shutdownOrder === 'parallel') {
    for (const id of ids.toReversed()) if (draft.child(id)?.state === 'running') stop(draft, draft.child(id)!);
  }
  stopNext(draft);
}

/** Goes on with the stops of the present phase, until one has to be waited for or all are done. */
export function stopNext(draft: Draft): void {
  const { phase } = draft;
  if (phase.type !== 'regrouping' && phase.type !== 'ending') return;
  for (let { position } = phase; position >= 0; position--) {
    const id = phase.ids[position]!;
    if (draft.child(id)?.state === 'running') stop(draft, draft.child(id)!);
    const child = draft.child(id);
    if (child?.state === 'stopping') {
      draft.phase = { ...phase, position };
      return;
    }
    const isLeader = phase.type === 'regrouping' && id === phase.leader;
    if (child?.state === 'restarting' && !isLeader) settle(draft, child);
  }
  if (phase.type === 'ending') finish(draft, phase.error);
  else if (phase.startsNow) startAll(draft, phase.ids, { type: 'restart' });
  else draft.phase = { type: 'steady' };
}

export function stop(draft: Draft, child: Child): void {
  const stopping = draft.set({ ...child, state: 'stopping' });
  if (child.spec.shutdown > 0) draft.order({ type: 'askToStop', child: stopping });
  else force(draft, stopping);
}

/** The last resort for a child that does not end by itself. */
export function force(draft: Draft, child: Child): void {
  draft.order({ type: 'force', child });
  settle(draft, child);
}

/** Records that a child has no actor any more and waits for none; a temporary one is forgotten. */
export function settle(draft: Draft, child: Child): void {
  const { id, restart } = child.spec;
  if (child.state === 'stopping' || child.state === 'restarting') draft.order({ type: 'cancelTimers', id });
  for (const stopper of child.stoppers) draft.reply(stopper, { ok: true });
  if (restart === 'temporary') draft.forget(id);
  else draft.set({ ...child, state: 'stopped', ref: undefined, stoppers: [] });
}

/** Ends the supervisor at once: no child is asked. */
export function fail(draft: Draft, error: SupervisorError | undefined): void {
  for (const id of draft.ids().toReversed()) {
    const child = draft.child(id)!;
    if (child.ref) force(draft, child);
    else settle(draft, child);
  }
  finish(draft, error);
}

function finish(draft: Draft, error: SupervisorError | undefined): void {
  draft.phase = { type: 'ended' };
  draft.order({ type: 'finish', error });
}
