import { type ActorScope, type AnyActorRef, createActor, type EventObject } from 'xstate';
import type { ChildSpec, SupervisorEvent, SupervisorReport, SupervisorSnapshot, System } from './supervisor-types.ts';

/** What XState gives to a supervisor's logic. */
export type Scope = ActorScope<SupervisorSnapshot, SupervisorEvent, System, SupervisorReport | EventObject>;

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
export function startActor({ id, src, input, systemId }: ChildSpec, { self, stopChild }: Scope): AnyActorRef {
  const ref: AnyActorRef = createActor(src, {
    parent: self,
    id,
    input: typeof input === 'function' ? input() : input,
    ...(systemId !== undefined && { systemId }),
  });
  try {
    ref.start();
  } catch (error) {
    // Not the actor's own error, which XState keeps, but that of an inspector of the system.
    stopChild(ref);
    throw error;
  }
  if (statusOf(ref) === 'error') throw errorOf(ref);
  return ref;
}
