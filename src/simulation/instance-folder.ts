import { lstat, mkdir, realpath, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { AppError } from '../errors.ts';
import { makePrivateFolder } from '../operations/private-folder.ts';

/** Only our user may look into projects. */
const PRIVATE = 0o700;

/** Permission of everybody to change what is in a folder, and what keeps them from what belongs to others there. */
const WRITABLE_BY_ALL = 0o002;
const STICKY = 0o1000;

/**
 * Makes the folder that holds one folder a session, and beside it that of the ledger, private to the user who runs the
 * server. Those that are refused are as they were before.
 *
 * @param projects absolute path of the folder that holds both
 * @returns the path of the first
 * @throws AppError `configurationInvalid` if another user could put something in the place of these
 * @throws Error if they cannot be made
 */
export async function createInstancesFolder(projects: string): Promise<string> {
  const own = [join(projects, 'instances'), join(projects, 'ledger')] as const;
  const made: string[] = [];
  try {
    for (const folder of own) made.push(...makePrivateFolder(folder));
    // In the temporary folder everybody can make folders, those that we expect to be ours too.
    const real = await realpath(projects);
    const above = [...foldersBetween(tmpdir(), projects), ...foldersBetween(await realpath(tmpdir()), real)];
    for (const folder of [...above, ...own]) await demandTrusted(folder);
  } catch (error) {
    // One that is used meanwhile is not empty, and stays.
    for (const folder of made.reverse()) await rmdir(folder).catch(() => {});
    throw error;
  }
  return own[0];
}

export async function createInstanceFolder(path: string): Promise<void> {
  await mkdir(path, { mode: PRIVATE });
}

/** `path` and the folders above it as far as they are in `top`; none if it is elsewhere. */
function foldersBetween(top: string, path: string): string[] {
  return path.startsWith(`${top}${sep}`) ? [path, ...foldersBetween(top, dirname(path))] : [];
}

async function demandTrusted(folder: string): Promise<void> {
  const found = await lstat(folder);
  const isOpen = found.isDirectory() && (found.mode & WRITABLE_BY_ALL) !== 0 && (found.mode & STICKY) === 0;
  const ours = process.getuid?.() ?? 0;
  if (!isOpen && [ours, 0].includes(found.uid)) return;
  throw new AppError(
    'configurationInvalid',
    `Expected ${folder} to be a folder that only user ${ours} can change, found one of user ${found.uid}${isOpen ? ' that everybody can change' : ''}. Remove it, or choose another \`projectsDir\`.`,
  );
}
