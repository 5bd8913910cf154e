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
  if (statusOf(ref) !== 'error') return ref;
  stopDescendants(ref);
  throw errorOf(ref);
}

/** Stops an actor without asking it, with all below it. Nothing that it throws meanwhile comes out of this. */
export function stopByForce(ref: AnyActorRef, { stopChild }: Scope): void {
  const descendants = descendantsOf(ref);
  stopChild(ref);
  stopAll(descendants);
  // An actor in the midst of an event ends after it, and may yet throw.
  if (statusOf(ref) === 'active') ref.subscribe({ error: () => stopDescendants(ref) });
}

/** XState leaves the children of a machine that threw running. */
export function stopDescendants(ref: AnyActorRef): void {
  stopAll(descendantsOf(ref));
}

/** All actors below, a parent before its children. Found before their parents are stopped, which forget them then. */
function descendantsOf(ref: AnyActorRef): AnyActorRef[] {
  const children: Record<string, AnyActorRef | undefined> = ref.getSnapshot().children ?? {};
  return Object.values(children).flatMap((child) => (child ? [child, ...descendantsOf(child)] : []));
}

/** Only its parent may stop an actor by XState's interface, and the parents of these can not any more. */
function stopAll(refs: readonly AnyActorRef[]): void {
  for (const ref of refs) if (statusOf(ref) === 'active') ref.send({ type: 'xstate.stop' });
}
