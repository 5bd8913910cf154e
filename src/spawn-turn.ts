import { setImmediate } from 'node:timers/promises';

/**
 * Turns of the event loop between two spawns: our choice. A request takes two
 * or three (its bytes, its answer), and should meet one spawn at most.
 */
const TURNS_BETWEEN = 4;

let lastTurn: Promise<void> = Promise.resolve();

/**
 * Resolves when the caller may spawn a process: one at a time, with some turns
 * of the event loop between two. Spawning blocks for milliseconds, so that ten
 * clients at once would else hold up every request for ten times as long.
 */
export function spawnTurn(): Promise<void> {
  const turn = lastTurn;
  lastTurn = turn.then(letOthersRun);
  return turn;
}

async function letOthersRun(): Promise<void> {
  for (let turn = 0; turn < TURNS_BETWEEN; turn++) await setImmediate();
}
