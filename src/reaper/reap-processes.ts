import { setTimeout as delay } from 'node:timers/promises';
import { hasProcessTable, type SessionTraces, sessionProcesses } from './process-table.ts';
import { signalProcess } from './signal-process.ts';

/** Wait between two looks at the process table while something still runs, in ms: our choice. */
const LOOK_INTERVAL = 5;

/**
 * Ends every process of a session with SIGKILL: its process groups, then all
 * processes of our user that carry the session's mark, until none is left.
 *
 * @param timeout longest wait for processes that the system does not end, in ms
 * @throws Error if some are left then
 */
export async function reapProcesses(traces: SessionTraces, timeout: number): Promise<void> {
  for (const group of traces.groups) signalProcess(-group, 'SIGKILL');
  if (!hasProcessTable) return;
  for (const deadline = performance.now() + timeout; performance.now() < deadline; ) {
    const left = await sessionProcesses(traces);
    if (left.length === 0) return;
    for (const pid of left) signalProcess(pid, 'SIGKILL');
    await delay(LOOK_INTERVAL);
  }
  throw new Error(`Expected every process of session ${traces.session} to end, some still run after ${timeout} ms`);
}
