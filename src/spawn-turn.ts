import { setImmediate } from 'node:timers/promises';

let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Resolves when the caller may spawn a process: one at a time, with a turn of
 * the event loop between two. Spawning blocks for milliseconds, so that ten
 * clients at once would else hold up every request for ten times as long.
 */
export function spawnTurn(): Promise<void> {
  const turn = lastTurn.then(() => setImmediate());
  lastTurn = turn;
  return turn;
}
