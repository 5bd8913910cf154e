import type { End } from '../../machines/end-reason.ts';
import type { WebotsLaunch } from '../../machines/webots-process-types.ts';
import { hasProcessTable } from '../reaper/process-table.ts';

/**
 * Checks that the engine, and nobody else, listens on the port that it was
 * given: Webots takes the next one silently where a port is busy
 * (`docs/protocol.md`).
 *
 * @param listeningPorts the ports on which processes of a session listen
 * @returns undefined if it does, or if this system does not tell
 */
export async function checkPort(
  { sessionId, port }: WebotsLaunch,
  listeningPorts: (session: string) => Promise<readonly number[]>,
): Promise<End | undefined> {
  if (!hasProcessTable) return undefined;
  const ports = await listeningPorts(sessionId);
  if (ports.includes(port)) return undefined;
  const found = ports.length === 0 ? 'none' : `port ${ports.join(', ')}`;
  return {
    reason: 'engineMisplaced',
    text: `Expected the simulation to listen on port ${port}, found ${found}. Please try again.`,
  };
}
