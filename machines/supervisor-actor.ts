import { type ActorScope, type AnyActorRef, createActor, type EventObject } from 'xstate';
import type { ChildSpec, SupervisorEvent, SupervisorReport, SupervisorSnapshot, System } from './supervisor-types.ts';

/** What XState gives to a supervisor's logic. */
export type Scope = ActorScope<SupervisorSnapshot, SupervisorEvent, System, SupervisorReport | EventObject>;

/** From the parent up to the root. */
export function ancestorsOf(ref: AnyActorRef): AnyActorRef[] {
  return ref._parent ? [ref._parent, ...ancestorsOf(ref._parent)] : [];
}

/** The ids from the root down to the actor: its name in reports. */
export function nameOf(ref: AnyActorRef): string {
  return [...ancestorsOf(ref).toReversed(), ref].map(({ id }) => id).join('/');
}

export function statusOf(ref: AnyActorRef): SupervisorSnapshot['status'] {
  return ref.getSnapshot().status;
}

/** What an actor threw; undefined if it did not. */
export function errorOf(ref: AnyActorRef): unknown {
  return ref.getSnapshot().error;
}

/**
 * Starts an actor as a child of the supervisor.
 *
 * @throws what its `input` or its first step threw, or XState's error if the `systemId` is taken
 */
export function startActor({ id, src, input, systemId }: ChildSpec, parent: AnyActorRef): AnyActorRef {
  const ref: AnyActorRef = createActor(src, {
    parent,
    id,
    input: typeof input === 'function' ? input() : input,
    ...(systemId !== undefined && { systemId }),
  });
  ref.start();
  if (statusOf(ref) === 'error') throw errorOf(ref);
  return ref;
}
