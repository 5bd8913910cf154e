import type { ColliderDesc, Shape } from '@dimforge/rapier3d-compat';
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
      const found: (ColliderDesc | null)[] = [];
      // Only what is convex has an inside, which a moving body needs.
      if (isMoving) found.push(ColliderDesc.convexHull(yield* hullPointsOf(mesh, shape.scale)));
      else {
        for (const { points, corners } of patchesOf(mesh, shape.scale)) {
          found.push(ColliderDesc.trimesh(points, corners));
          yield;
        }
      }
      return found.filter((description) => description !== null && isUsable(description.shape)) as ColliderDesc[];
    }
  }
}

/** Whether physics can make something of a mesh; one without any extent has neither inside nor surface. */
function isUsable(shape: Shape): boolean {
  // Declared as never missing, and missing all the same for such a mesh.
  const raw: { free(): void } | undefined = shape.intoRaw();
  raw?.free();
  return raw !== undefined;
}
