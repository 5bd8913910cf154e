import { type Actor, type ActorOptions, type AnyActorLogic, createActor } from 'xstate';
import type { Clock } from './supervisor-types.ts';

/** A clock that tells the time: what the program's root is given, e.g. from `performance.now`. */
export type RootClock = Required<Clock>;

/**
 * `createActor` for the root of a program with many timers: ending one of its actors looks only at that actor's
 * timers, where XState walks those of the whole system.
 */
export function createRootActor<TLogic extends AnyActorLogic>(
  logic: TLogic,
  options: ActorOptions<TLogic> & { readonly clock: RootClock },
): Actor<TLogic> {
  return createActor(logic, options);
}
