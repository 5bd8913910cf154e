import { runInTurns } from '../turns.ts';
import type { ReadingBudget } from './node-reader.ts';
import { parseWorldInSlices } from './parser.ts';
import type { World } from './world.ts';

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
  return runInTurns(parseWorldInSlices(text, budget), onProgress);
}
