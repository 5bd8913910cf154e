import type { AnyActorRef, SnapshotFrom } from 'xstate';
import type { loadMonitorMachine } from '../../machines/load-monitor.ts';

/** What is known of the load of this machine: 0 and no sample before the first one. */
export type LoadReading = Pick<SnapshotFrom<typeof loadMonitorMachine>['context'], 'latest' | 'mean' | 'sample'>;

/** Reads the load from its monitor, which may be started anew. @param monitor the actor, while there is one */
export function createLoadReading(monitor: () => AnyActorRef | undefined): () => LoadReading {
  let last: LoadReading = { latest: 0, mean: 0, sample: undefined };
  return () => {
    const snapshot = monitor()?.getSnapshot() as SnapshotFrom<typeof loadMonitorMachine> | undefined;
    // One that is being restarted has measured nothing yet: the last figures stand.
    if (snapshot?.context.sample) last = snapshot.context;
    return last;
  };
}
