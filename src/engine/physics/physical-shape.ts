import type { ColliderDesc } from '@dimforge/rapier3d-compat';
import type { ColliderShape } from './collider-plan.ts';
import { hullPointsOf, meshOf, patchesOf } from './mesh.ts';
import type { Rapier } from './rapier.ts';

/** What physics makes of a shape: several of a large surface, none of a mesh that it can make nothing of; in slices. */
export function* colliderDescriptions(
  rapier: Rapier,
  shape: ColliderShape,
  isMoving: boolean,
): Generator<void, readonly ColliderDesc[], undefined> {
  const { ColliderDesc } = rapier;
  switch (shape.kind) {
    case 'box':
      return [ColliderDesc.cuboid(...shape.halfSize)];
    case 'sphere':
      return [ColliderDesc.ball(shape.radius)];
    case 'cylinder':
    case 'capsule':
    case 'cone':
      return [ColliderDesc[shape.kind](shape.halfHeight, shape.radius)];
    case 'plane':
      return [new ColliderDesc(new rapier.HalfSpace({ x: 0, y: 0, z: 1 }))];
    case 'mesh': {
      const mesh = yield* meshOf(shape.source);
      if (mesh.corners.length === 0) return [];
      // Only what is convex has an inside, which a moving body needs.
      if (isMoving) return usable(ColliderDesc.convexHull(yield* hullPointsOf(mesh, shape.scale)));
      const surface: ColliderDesc[] = [];
      for (const { points, corners } of patchesOf(mesh, shape.scale)) {
        surface.push(...usable(ColliderDesc.trimesh(points, corners)));
        yield;
      }
      return surface;
    }
  }
}

/** Nothing for a mesh that physics can make nothing of: one without any extent has neither inside nor surface. */
function usable(description: ColliderDesc | null): ColliderDesc[] {
  if (description === null) return [];
  // Declared as never missing, and missing all the same for such a mesh.
  const raw: { free(): void } | undefined = description.shape.intoRaw();
  raw?.free();
  return raw === undefined ? [] : [description];
}
