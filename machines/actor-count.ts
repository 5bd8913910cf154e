import type { AnyActorRef } from 'xstate';
import { type SupervisorRef, whichChildren } from './supervisor.ts';

/** `ref`, and all actors below it that have not ended, parents before their children. */
export function* livingActors(ref: AnyActorRef): Generator<AnyActorRef> {
  yield ref;
  const { children = {} } = ref.getSnapshot() as {
    readonly children?: Readonly<Record<string, AnyActorRef | undefined>>;
  };
  const supervised = whichChildren(ref as SupervisorRef).map((status) => status.ref);
  for (const child of [...Object.values(children), ...supervised]) {
    if (child && (child.getSnapshot() as { readonly status?: string }).status === 'active') yield* livingActors(child);
  }
}

/** How many actors there are: `ref`, and all below it that have not ended. */
export function countActors(ref: AnyActorRef): number {
  let count = 0;
  for (const _ of livingActors(ref)) count++;
  return count;
}
