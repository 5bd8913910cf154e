import { chmod, lstat, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/** Files and folders of one folder that are removed at the same time, at most: our choice, what the disk does at once. */
const BATCH = 16;

/** Tries in all, and the wait between two in ms: a last writer may still end. Our choice. */
const TRIES = 6;
const RETRY_DELAY = 50;

/**
 * Longest path in bytes that is gone down: half of Linux's PATH_MAX of 4,096.
 * What lies deeper, as programs can make it lie, is moved up first.
 */
const LONGEST_PATH = 2_048;

/** Everything for the owner, so that what is in a folder can be removed. */
const OPEN = 0o700;

/**
 * Removes a folder and all that is in it, links not followed; nothing happens
 * if it is not there. Unlike `rm` of Node, removes what nobody may write to,
 * and what lies deeper than a path can be long.
 *
 * @throws Error of the system if something cannot be removed
 */
export async function removeFolder(folder: string): Promise<void> {
  const root = Buffer.from(folder);
  for (let tries = 1; await exists(root); tries++) {
    try {
      let moved = 0;
      // What was moved up is found at the next look.
      while (!(await removeIn(root, () => join(root, Buffer.from(`.moved-${moved++}`)))));
      return await rmdir(root);
    } catch (error) {
      if (tries === TRIES) throw error;
      await delay(RETRY_DELAY);
    }
  }
}

/** Removes what is in a folder. @returns false if some of it was moved to where `placeAbove` says */
async function removeIn(folder: Buffer, placeAbove: () => Buffer): Promise<boolean> {
  try {
    return await removeEntries(folder, placeAbove);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    await chmod(folder, OPEN);
    return removeEntries(folder, placeAbove);
  }
}

async function removeEntries(folder: Buffer, placeAbove: () => Buffer): Promise<boolean> {
  let isEmpty = true;
  const entries = await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  for (let start = 0; start < entries.length; start += BATCH) {
    await Promise.all(
      entries.slice(start, start + BATCH).map(async (entry) => {
        const path = join(folder, entry.name);
        if (!entry.isDirectory()) return unlink(path);
        if (path.length > LONGEST_PATH) {
          isEmpty = false;
          return rename(path, placeAbove());
        }
        if (!(await removeIn(path, placeAbove))) isEmpty = false;
        await rmdir(path);
      }),
    );
  }
  return isEmpty;
}

function join(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, Buffer.from('/'), name]);
}

async function exists(path: Buffer): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
