import { constants, open } from 'node:fs/promises';
import { AppError } from '../../errors.ts';
import { ReadingBudget } from './node-reader.ts';
import { parseInTurns } from './parse-in-turns.ts';
import type { World } from './world.ts';

/** Size of the largest world file that is read, in bytes (our choice; the largest sample worlds have some 10 MB). */
export const MAXIMUM_FILE_SIZE = 100_000_000;

/**
 * Reads a world file; other work has its turn meanwhile.
 *
 * @param onProgress hears how much is read, from 0 to 1
 * @param budget of all files that belong to the world
 * @throws AppError `worldUnreadable`, with line and column where the text is wrong, without the path
 */
export async function readWorld(
  path: string,
  onProgress: (part: number) => void = () => {},
  budget = new ReadingBudget(),
): Promise<World> {
  return parseInTurns(await readText(path), budget, onProgress);
}

async function readText(path: string): Promise<string> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const status = await file.stat();
      if (!status.isFile()) throw new AppError('worldUnreadable', 'Expected the world to be a file.');
      if (status.size > MAXIMUM_FILE_SIZE) {
        throw new AppError(
          'worldUnreadable',
          `Expected a world of at most ${MAXIMUM_FILE_SIZE} bytes, got ${status.size} bytes.`,
        );
      }
      return await file.readFile('utf8');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const reason = code === 'ENOENT' ? 'there is no such file' : code;
    throw new AppError('worldUnreadable', `Expected a readable world file: ${reason}.`, { cause: error });
  }
}
