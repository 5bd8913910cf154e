import { type Actor, type ActorOptions, type AnyActorLogic, type AnyActorRef, createActor } from 'xstate';
import type { Clock } from './supervisor-types.ts';

/** In ms, 24.8 days: longer timers would fire at once, as Node and browsers count them in 32 bits. */
export const MAX_DELAY = 2 ** 31 - 1;

/** A clock that also tells the time, e.g. by `performance.now`, for the root actor of a program. */
export type RootClock = Required<Clock>;

interface Timer {
  readonly source: AnyActorRef;
  readonly id: string;
}

/**
 * `createActor` for the root of a program with many timers: ending one of its actors looks only at that actor's
 * timers, where XState walks those of the whole system. Timers above `MAX_DELAY` are cut to it.
 */
export function createRootActor<TLogic extends AnyActorLogic>(
  logic: TLogic,
  options: ActorOptions<TLogic> & { readonly clock: RootClock },
): Actor<TLogic> {
  const timers = new TimerIndex();
  const root = createActor(logic, { ...options, clock: timers.watch(options.clock) });
  timers.install(root.system.scheduler);
  return root;
}

/** Which timers each actor has. */
class TimerIndex {
  private readonly ids = new Map<AnyActorRef, Set<string>>();
  private scheduled = 0;
  /** The timer whose `setTimeout` XState is about to call. */
  private current: Timer | undefined;

  /** The same clock, but a timer that fires is removed from the index. */
  watch(clock: RootClock): RootClock {
    return {
      setTimeout: (callback, delay) => {
        const timer = this.current;
        const fire = () => {
          if (timer) this.remove(timer);
          callback();
        };
        return clock.setTimeout(fire, Math.min(delay, MAX_DELAY));
      },
      clearTimeout: (handle) => clock.clearTimeout(handle),
      now: () => clock.now(),
    };
  }

  /** Replaces the methods of a system's scheduler, of which only `cancelAll` does its work in another way. */
  install(scheduler: AnyActorRef['system']['scheduler']): void {
    const { schedule, cancel } = scheduler;
    scheduler.schedule = (source, target, event, delay, id = `timer.${this.scheduled++}`) => {
      this.current = this.add({ source, id });
      schedule(source, target, event, delay, id);
      this.current = undefined;
    };
    scheduler.cancel = (source, id) => {
      cancel(source, id);
      this.remove({ source, id });
    };
    scheduler.cancelAll = (source) => {
      for (const id of [...(this.ids.get(source) ?? [])]) scheduler.cancel(source, id);
    };
  }

  private add(timer: Timer): Timer {
    const ids = this.ids.get(timer.source);
    if (ids) ids.add(timer.id);
    else this.ids.set(timer.source, new Set([timer.id]));
    return timer;
  }

  private remove({ source, id }: Timer): void {
    const ids = this.ids.get(source);
    if (ids?.delete(id) && ids.size === 0) this.ids.delete(source);
  }
}
