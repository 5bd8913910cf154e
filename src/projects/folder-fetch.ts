import { constants } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readdir, readlink, realpath, symlink } from 'node:fs/promises';
import path from 'node:path';
import { AppError, shortageOf } from '../errors.ts';
import { checkoutFailure, isDiskFull, nameOf } from './checkout-failure.ts';
import { sizeInWords } from './checkout-progress.ts';
import { readRegularFile } from './pristine-path.ts';
import type { FetchedProject, FetchTask } from './project-fetch.ts';
import { MAX_PROJECT_FILES } from './project-tree.ts';
import type { WorldReading, WorldUrl } from './world-url.ts';

/** Permissions that the owner of a copied file always has, so that the project can be changed and removed. */
const OWNER_MODE = 0o600;

/**
 * Copies a project from a local folder that stands for a repository.
 *
 * The folder serves every ref: the first reading of the URL whose world is in it is taken. Pristine files are read
 * from the folder as it then is. Links are copied as links; devices and folders named `.git` are left out.
 *
 * @param source absolute path of the folder
 * @throws AppError, or the task's abort reason
 */
export async function fetchFromFolder(task: FetchTask, source: string): Promise<FetchedProject> {
  const { world, workTree, progress, log } = task;
  const root = await realpath(source).catch((cause: unknown) => {
    log(`the local folder of ${nameOf(world)} cannot be used: ${String(cause)}`);
    throw checkoutFailure.repositoryNotFound(world, cause);
  });
  progress.step('asking');
  const reading = await chooseReading(root, world);
  const from = path.join(root, reading.folder);
  try {
    await mkdir(path.join(workTree, reading.folder), { recursive: true });
    await copyTree(task, from, path.join(workTree, reading.folder));
  } catch (error) {
    if (error instanceof AppError || task.signal.aborted || isDiskFull(error)) throw error;
    const shortage = shortageOf(error);
    if (shortage) throw shortage;
    log(`the local folder of ${nameOf(world)} cannot be copied: ${String(error)}`);
    throw checkoutFailure.unusable(world, 'a file in it cannot be copied', error);
  }
  return { reading, commit: undefined, readPristine: (file) => readOriginal(root, file) };
}

async function chooseReading(root: string, world: WorldUrl): Promise<WorldReading> {
  for (const reading of world.readings) {
    const folder = path.join(root, reading.folder);
    // A folder behind a link is not taken: it may be anywhere on this machine.
    const [real, found] = await Promise.all([
      realpath(folder).catch(() => undefined),
      lstat(path.join(folder, 'worlds', reading.world)).catch(() => undefined),
    ]);
    if (real !== folder || !found) continue;
    // A device is not copied: what comes later would find no world.
    if (!found.isFile() && !found.isSymbolicLink())
      throw checkoutFailure.unusable(world, `${reading.world} is not a file`);
    return reading;
  }
  throw checkoutFailure.worldMissing(world.readings[0]);
}

async function copyTree({ world, signal, sizeLimit, progress }: FetchTask, from: string, to: string): Promise<void> {
  const folders = [''];
  let bytes = 0;
  let count = 0;
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const entry of await readdir(path.join(from, folder), { withFileTypes: true })) {
      signal.throwIfAborted();
      count += 1;
      if (count > MAX_PROJECT_FILES) throw checkoutFailure.tooManyFiles(world, MAX_PROJECT_FILES);
      const name = path.join(folder, entry.name);
      const [origin, target] = [path.join(from, name), path.join(to, name)];
      if (entry.isDirectory() && entry.name !== '.git') {
        await mkdir(target);
        folders.push(name);
      } else if (entry.isSymbolicLink()) {
        await symlink(await readlink(origin), target);
      } else if (entry.isFile()) {
        const { size, mode } = await lstat(origin);
        bytes += size;
        if (bytes > sizeLimit) throw checkoutFailure.tooLarge(world, sizeLimit);
        await copyFile(origin, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
        if ((mode & OWNER_MODE) !== OWNER_MODE) await chmod(target, mode | OWNER_MODE);
        progress.step('writing', sizeInWords(bytes));
      }
    }
  }
}

async function readOriginal(root: string, file: string): Promise<Buffer | undefined> {
  const target = path.join(root, file);
  // A way that leads through a link is another one once it is resolved.
  const real = await realpath(target).catch(() => undefined);
  return real === target ? readRegularFile(target) : undefined;
}
