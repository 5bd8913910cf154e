import type { AnyActorRef } from 'xstate';
import { statusOf } from './supervisor-actor.ts';
import type { System } from './supervisor-types.ts';

const watched = new WeakSet<System['scheduler']>();

/**
 * From now on, stops the children of every actor of the system that throws, at any depth; XState leaves them running.
 *
 * `cancelAll` is the one step of every actor's end that XState's interface lets see: it is called when the actor's
 * last snapshot stands, and before its parent hears of the end.
 */
export function stopOrphans({ scheduler }: System): void {
  if (watched.has(scheduler)) return;
  watched.add(scheduler);
  const { cancelAll } = scheduler;
  scheduler.cancelAll = (actor) => {
    cancelAll(actor);
    if (statusOf(actor) === 'error') stopChildren(actor);
  };
}

/** XState lets only the parent stop an actor; the event is the one that the parent would send. */
function stopChildren(parent: AnyActorRef): void {
  const children: Record<string, AnyActorRef | undefined> = parent.getSnapshot().children ?? {};
  for (const child of Object.values(children)) {
    if (child && statusOf(child) === 'active') child.send({ type: 'xstate.stop' });
  }
}
