import { setTimeout as delay } from 'node:timers/promises';
import { between, type Draw, pick } from './draws.ts';
import type { Server } from './server.ts';

/** Waits between two faults, in ms: our choice; a server starts in about one second. */
const INTERVAL = { low: 8_000, high: 25_000 };

/** What happens to a whole server. */
const SERVER_FAULTS = [
  { name: 'server: SIGTERM, and started again', signal: 'SIGTERM', weight: 1 },
  { name: 'server: SIGKILL, and started again', signal: 'SIGKILL', weight: 1 },
] as const;

/** Ends a server and starts it again at drawn times, until `signal` aborts. @param note hears each fault's name */
export async function troubleServer(
  server: Server,
  draw: Draw,
  signal: AbortSignal,
  note: (name: string) => void,
): Promise<void> {
  for (;;) {
    const wait = between(draw, INTERVAL.low, INTERVAL.high);
    const fault = pick(draw, SERVER_FAULTS);
    await delay(wait, undefined, { signal }).catch(() => {
      // The soak is over: then there is no next fault.
    });
    if (signal.aborted) return;
    note(fault.name);
    const status = await server.end(fault.signal);
    if (fault.signal === 'SIGTERM' && status !== 0) throw new Error(`Expected 0 after SIGTERM, got ${status}`);
    await server.start();
  }
}
