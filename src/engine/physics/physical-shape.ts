import type { ColliderDesc, Shape } from '@dimforge/rapier3d-compat';
import type { ColliderShape } from './collider-plan.ts';
import type { Rapier } from './rapier.ts';

/** @returns `undefined` for a mesh that physics can make nothing of */
export function colliderDescription(rapier: Rapier, shape: ColliderShape, isMoving: boolean): ColliderDesc | undefined {
  const { ColliderDesc } = rapier;
  switch (shape.kind) {
    case 'box':
      return ColliderDesc.cuboid(...shape.halfSize);
    case 'sphere':
      return ColliderDesc.ball(shape.radius);
    case 'cylinder':
    case 'capsule':
    case 'cone':
      return ColliderDesc[shape.kind](shape.halfHeight, shape.radius);
    case 'plane':
      return new ColliderDesc(new rapier.HalfSpace({ x: 0, y: 0, z: 1 }));
    case 'mesh': {
      const points = new Float32Array(shape.points.flat());
      // Only what is convex has an inside, which a moving body needs.
      const description = isMoving
        ? ColliderDesc.convexHull(points)
        : ColliderDesc.trimesh(points, new Uint32Array(shape.corners));
      return description === null || !isUsable(description.shape) ? undefined : description;
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
