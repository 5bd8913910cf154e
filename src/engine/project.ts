import { readdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';

/** Worlds of a project that clients are told of (our choice). */
const MOST_WORLDS = 1_000;

/** The project that a world belongs to. */
export interface Project {
  /** Absolute path of the folder that clients may read. */
  readonly root: string;
  /** Absolute path of the folder of worlds: `worlds` in the project, or the project itself. */
  readonly worlds: string;
}

/**
 * The project of a world: what holds its folder `worlds`. A world that is in no
 * such folder is a project of its own, so that nothing above its folder is shown.
 *
 * @param world absolute path
 */
export function projectOf(world: string): Project {
  const worlds = dirname(world);
  return { root: basename(worlds) === 'worlds' ? dirname(worlds) : worlds, worlds };
}

/** Path of a world from the project down, with `/` between names, as clients know it. */
export function clientPath({ root }: Project, world: string): string {
  return relative(root, world).split(sep).join('/');
}

/** The worlds of a project by name; those whose names clients could not read are left out. */
export async function listWorlds({ worlds }: Project): Promise<string[]> {
  // A folder that cannot be listed has no worlds to choose from; the one that runs is told apart from these.
  const entries = await readdir(worlds, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile() && /^[^.:;][^:;]*\.wbt$/.test(entry.name))
    .map(({ name }) => name)
    .sort()
    .slice(0, MOST_WORLDS)
    .map((name) => join(worlds, name));
}

/**
 * The world of that name.
 *
 * @param name of the file, without a folder
 * @returns its absolute path; `undefined` where there is none in the folder of worlds
 */
export async function findWorld({ worlds }: Project, name: string): Promise<string | undefined> {
  if (!/^[^./\\\0][^/\\\0]*\.wbt$/.test(name)) return undefined;
  const path = join(worlds, name);
  try {
    // A link must not lead out of the folder.
    return dirname(await realpath(path)) === (await realpath(worlds)) ? path : undefined;
  } catch {
    // There is no such file.
    return undefined;
  }
}
