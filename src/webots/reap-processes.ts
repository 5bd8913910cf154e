import { setTimeout as delay } from 'node:timers/promises';
import { hasProcessTable, sessionProcesses } from './process-table.ts';

/** Wait between two looks at the process table while something still runs, in ms: our choice. */
const LOOK_INTERVAL = 5;

/**
 * Ends every process of a session with SIGKILL: its process group, then all
 * processes of our user that carry the session's mark, until none is left.
 *
 * @param group process group of the engine, or undefined if it was never spawned
 * @param timeout longest wait for processes that the system does not end, in ms
 * @throws Error if some are left then
 */
export async function reapProcesses(sessionId: string, group: number | undefined, timeout: number): Promise<void> {
  if (group !== undefined) signalProcess(-group, 'SIGKILL');
  if (!hasProcessTable) return;
  for (const deadline = performance.now() + timeout; performance.now() < deadline; ) {
    const left = await sessionProcesses(sessionId, group);
    if (left.length === 0) return;
    for (const pid of left) signalProcess(pid, 'SIGKILL');
    await delay(LOOK_INTERVAL);
  }
  throw new Error(`Processes of session ${sessionId} could not be ended`);
}

/**
 * @param target a pid, or minus the id of a process group
 * @returns false if it is gone already, or not ours to signal
 */
export function signalProcess(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || code === 'EPERM') return false;
    throw error;
  }
}
