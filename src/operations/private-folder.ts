import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

const PRIVATE = 0o700;

/**
 * Makes a folder, and those above it that are missing, for our user alone.
 *
 * `mkdir` with `recursive` tries again without end where a file system says of a folder in one that is there that
 * there is no such thing, as /proc does.
 *
 * @param path absolute
 * @returns those that were made, the outermost first
 * @throws Error of the system
 */
export function makePrivateFolder(path: string): string[] {
  if (existsSync(path)) return [];
  const above = makePrivateFolder(dirname(path));
  try {
    mkdirSync(path, { mode: PRIVATE });
  } catch (error) {
    // Another process may have made it meanwhile.
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return above;
    throw error;
  }
  return [...above, path];
}
