import { readdirSync, rmdirSync, unlinkSync } from 'node:fs';
import { chmod, lstat, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Files and folders that are removed by this thread alone, at about 0.1 ms
 * each: our choice, what a small project has. Handing so few to other threads
 * takes longer than removing them.
 */
const FEW = 64;

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
  if (removeFew(folder)) return;
  const root = Buffer.from(folder);
  for (let tries = 1; await exists(root); tries++) {
    try {
      let moved = 0;
      // What was moved up is found at the next look.
      while (!(await removeIn(root, () => join(root, Buffer.from(`.moved-${moved++}`)))));
      return await unlessGone(rmdir(root));
    } catch (error) {
      if (tries === TRIES) throw error;
      await delay(RETRY_DELAY);
    }
  }
}

/** Removes a folder of few files. @returns false if there are more, or if something is in the way: then some are left */
function removeFew(root: string): boolean {
  let left = FEW;
  const remove = (folder: string): boolean => {
    const entries = readdirSync(folder, { withFileTypes: true });
    left -= entries.length;
    if (left < 0) return false;
    for (const entry of entries) {
      const path = `${folder}/${entry.name}`;
      if (!entry.isDirectory()) unlinkSync(path);
      else if (!remove(path)) return false;
    }
    rmdirSync(folder);
    return true;
  };
  try {
    return remove(root);
  } catch {
    return false;
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
  const entries = (await unlessGone(readdir(folder, { withFileTypes: true, encoding: 'buffer' }))) ?? [];
  for (let start = 0; start < entries.length; start += BATCH) {
    await Promise.all(
      entries.slice(start, start + BATCH).map(async (entry) => {
        const path = join(folder, entry.name);
        if (!entry.isDirectory()) return unlessGone(unlink(path));
        if (path.length > LONGEST_PATH) {
          isEmpty = false;
          return unlessGone(rename(path, placeAbove()));
        }
        if (!(await removeIn(path, placeAbove))) isEmpty = false;
        await unlessGone(rmdir(path));
      }),
    );
  }
  return isEmpty;
}

/** Somebody else may remove the same. */
async function unlessGone<T>(done: Promise<T>): Promise<T | undefined> {
  try {
    return await done;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
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
