import { readWorld } from '../world/read-world.ts';
import { makeScene, type Scene } from './scene.ts';

/** Hears how loading goes: the step as clients know it, and how much of it is done, from 0 to 100. */
export type LoadingListener = (status: string, percent: number) => void;

/**
 * Reads a world and makes its scene; other work has its turn meanwhile.
 *
 * @throws AppError `worldUnreadable`
 */
export async function loadScene(path: string, onProgress: LoadingListener): Promise<Scene> {
  onProgress('Parsing nodes', 0);
  const world = await readWorld(path, (part) => onProgress('Parsing nodes', Math.floor(100 * part)));
  onProgress('Creating nodes', 0);
  const scene = makeScene(world);
  onProgress('Finalizing nodes', 100);
  return scene;
}
