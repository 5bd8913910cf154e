import type { AnyActorRef, SnapshotFrom } from 'xstate';
import type { loadMonitorMachine } from '../../machines/load-monitor.ts';

/** Loads in percent, and the sample that they come from; undefined while there is none. */
export type LoadReading = Pick<SnapshotFrom<typeof loadMonitorMachine>['context'], 'latest' | 'mean' | 'sample'>;

/**
 * What the monitor of the load has measured; of one that is being started again, what stood before.
 *
 * @param monitor the actor, while it runs
 */
export function createLoadReading(monitor: () => AnyActorRef | undefined): () => LoadReading {
  let last: LoadReading = { latest: 0, mean: 0, sample: undefined };
  return () => {
    const snapshot = monitor()?.getSnapshot() as SnapshotFrom<typeof loadMonitorMachine> | undefined;
    if (snapshot?.context.sample) last = snapshot.context;
    return last;
  };
}
