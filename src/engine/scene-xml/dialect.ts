import { isReleaseBefore } from '../scene/release.ts';

/**
 * How a scene is written: the name of the root, which clients do not look at,
 * and the names of the tags, which they do.
 */
export interface Dialect {
  readonly root: 'X3D' | 'W3D';
  /** `legacy`: clients up to R2023a know `Transform` only, with a `type`, and other names for the roles of textures. */
  readonly tags: 'modern' | 'legacy';
}

/** The first message of a client that wants a scene: `w3d` since R2025a, `x3d` before. */
export type SceneRequest = 'x3d' | 'w3d';

/**
 * The dialect of a client, which tells no more of itself than its request: a
 * client that says `x3d` is of the release that the world is written for, as
 * webots.cloud sees to; one that says `w3d` is of R2025a or later.
 */
export function dialectFor(request: SceneRequest, version: string): Dialect {
  if (request === 'w3d') return { root: 'W3D', tags: 'modern' };
  return { root: 'X3D', tags: isReleaseBefore(version, 'R2023b') ? 'legacy' : 'modern' };
}
