import type { AnyActorRef } from 'xstate';
import { type SupervisorRef, whichChildren } from './supervisor.ts';

/** How many actors there are: `ref`, and all below it that have not ended. */
export function countActors(ref: AnyActorRef): number {
  const { children = {} } = ref.getSnapshot() as {
    readonly children?: Readonly<Record<string, AnyActorRef | undefined>>;
  };
  const supervised = whichChildren(ref as SupervisorRef).map((status) => status.ref);
  return [...Object.values(children), ...supervised]
    .filter((child) => child !== undefined)
    .filter((child) => (child.getSnapshot() as { readonly status?: string }).status === 'active')
    .reduce((count, child) => count + countActors(child), 1);
}
