import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadingBudget } from './node-reader.ts';
import { parseWorldInSlices } from './parser.ts';
import type { World } from './world.ts';

/** Time that reading may keep the event loop, in ms (our choice: half a picture at 60 Hz). */
const TURN = 8;

/**
 * Reads the text of a world or of a PROTO file; other work has its turn meanwhile.
 *
 * @param onProgress hears how much is read, from 0 to 1
 * @throws WorldError
 */
export async function parseInTurns(
  text: string,
  budget: ReadingBudget,
  onProgress: (part: number) => void = () => {},
): Promise<World> {
  const slices = parseWorldInSlices(text, budget);
  for (let start = performance.now(); ; ) {
    const { done, value } = slices.next();
    if (done) return value;
    if (performance.now() - start < TURN) continue;
    onProgress(value);
    await nextTurn();
    start = performance.now();
  }
}
