import { lstat, realpath, unlink } from 'node:fs/promises';
import path from 'node:path';
import { measureTree } from '../reaper/measure-tree.ts';
import { checkoutFailure } from './checkout-failure.ts';
import type { WorldReading, WorldUrl } from './world-url.ts';

/** Most files, folders and links in one project; our choice, some ten times what large Webots projects have. */
export const MAX_PROJECT_FILES = 100_000;

export interface ProjectInspection {
  readonly world: WorldUrl;
  readonly reading: WorldReading;
  /** Root of the repository. */
  readonly workTree: string;
  readonly sizeLimit: number;
  readonly signal: AbortSignal;
  readonly log: (message: string) => void;
}

/**
 * Looks through a fetched project, and makes sure that no path in it leads out of it.
 *
 * Links that lead out of the project or nowhere, and devices, are removed, with a line in the log; a project whose
 * world is reached through such a link is refused.
 *
 * @throws AppError `worldMissing`, `projectUnusable` or `projectTooLarge`
 */
export async function inspectProject(
  inspection: ProjectInspection,
): Promise<{ projectFolder: string; worldPath: string }> {
  const { world, reading, workTree, sizeLimit, signal, log } = inspection;
  const projectFolder = path.join(workTree, reading.folder);
  const worldPath = path.join(projectFolder, 'worlds', reading.world);
  const root = await realpath(workTree);
  const realFolder = path.join(root, reading.folder);

  await checkWorld(inspection, worldPath, realFolder);
  const content = await measureTree(projectFolder, { bytes: sizeLimit, count: MAX_PROJECT_FILES, signal });
  if (content.count > MAX_PROJECT_FILES) throw checkoutFailure.tooManyFiles(world, MAX_PROJECT_FILES);
  if (content.bytes > sizeLimit) throw checkoutFailure.tooLarge(world, sizeLimit);

  const strays: Buffer[] = [...content.devices];
  for (const link of content.links) {
    signal.throwIfAborted();
    if (!(await leadsInto(link, realFolder))) strays.push(link);
  }
  for (const stray of strays) {
    await unlink(stray);
    log(
      `removed ${path.relative(workTree, stray.toString())} from ${world.url}: it leads out of the project or nowhere`,
    );
  }
  return { projectFolder, worldPath };
}

async function checkWorld({ world, reading, workTree }: ProjectInspection, worldPath: string, realFolder: string) {
  const real = await realpath(worldPath).catch(() => undefined);
  if (real === undefined) {
    // A link on the way is told apart, because the file that its page shows seems to be there.
    if (await hasLink(workTree, worldPath)) {
      throw checkoutFailure.unusable(world, `${reading.world} is a link that leads nowhere`);
    }
    throw checkoutFailure.worldMissing(reading);
  }
  if (!isInside(real, realFolder)) {
    throw checkoutFailure.unusable(world, `${reading.world} is a link that leads out of the project`);
  }
  if (!(await lstat(real)).isFile()) throw checkoutFailure.unusable(world, `${reading.world} is not a file`);
}

/** Whether a part of `target` below `root` is a link. */
async function hasLink(root: string, target: string): Promise<boolean> {
  const parts = path.relative(root, target).split(path.sep);
  for (let depth = 1; depth <= parts.length; depth++) {
    const status = await lstat(path.join(root, ...parts.slice(0, depth))).catch(() => undefined);
    if (!status?.isDirectory()) return status?.isSymbolicLink() ?? false;
  }
  return false;
}

async function leadsInto(link: Buffer, realFolder: string): Promise<boolean> {
  // A link that cannot be resolved leads nowhere, or round in a circle.
  const real = await realpath(link).catch(() => undefined);
  return real !== undefined && (real === realFolder || isInside(real, realFolder));
}

function isInside(target: string, folder: string): boolean {
  return target.startsWith(folder + path.sep);
}
