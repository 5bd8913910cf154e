import { type Frame, nest } from '../math/frame.ts';
import { compose, type Quaternion, quaternionOf } from '../math/rotation.ts';
import { multiply, type Vector } from '../math/vector.ts';
import { POSE_TYPES } from '../scene/node-type.ts';
import { nodesOf, numberOf, numbersOf, type SceneNode, vectorOf } from '../scene/scene-node.ts';
import { isGridSolid } from './elevation-grid.ts';

/** What can be hit. Lengths in metres; axes of cylinders, capsules and cones are along z, as in Webots. */
export type ColliderShape =
  | { readonly kind: 'box'; readonly halfSize: Vector }
  | { readonly kind: 'sphere'; readonly radius: number }
  | { readonly kind: 'cylinder' | 'capsule' | 'cone'; readonly halfHeight: number; readonly radius: number }
  /** All that is below: infinite, as in Webots, whatever its size. */
  | { readonly kind: 'plane' }
  /** An `IndexedFaceSet` or an `ElevationGrid`; its triangles are worked out when they are needed. */
  | { readonly kind: 'mesh'; readonly source: SceneNode; readonly scale: Vector };

/** A shape and where it is, seen from its body. */
export interface ColliderPlan {
  readonly shape: ColliderShape;
  readonly translation: Vector;
  readonly rotation: Quaternion;
}

/** The frame of a node with a place of its own, seen from its parent. */
export function frameOf(node: SceneNode): Frame {
  return { translation: vectorOf(node, 'translation'), rotation: rotationOf(node), scale: vectorOf(node, 'scale') };
}

export function rotationOf(node: SceneNode): Quaternion {
  const [x = 0, y = 0, z = 1, angle = 0] = numbersOf(node, 'rotation');
  return quaternionOf([x, y, z, angle]);
}

/** The colliders that the nodes of a bounding object stand for; `frame` is where they are, seen from the body. */
export function collidersOf(nodes: readonly SceneNode[], frame: Frame): ColliderPlan[] {
  return nodes.flatMap((node) => {
    if (node.type === 'Shape') return collidersOf(nodesOf(node, 'geometry').slice(0, 1), frame);
    if (node.type === 'Group') return collidersOf(nodesOf(node, 'children'), frame);
    if (POSE_TYPES.has(node.type)) return collidersOf(nodesOf(node, 'children'), nest(frame, frameOf(node)));
    const shape = shapeOf(node, frame.scale.map(Math.abs) as [number, number, number]);
    return shape === undefined ? [] : [{ shape, translation: frame.translation, rotation: frame.rotation }];
  });
}

/** @returns `undefined` for a node that is no geometry, or one without any extent */
function shapeOf(node: SceneNode, scale: Vector): ColliderShape | undefined {
  if (scale.includes(0)) return undefined;
  const [scaleX, scaleY, scaleZ] = scale;
  const widest = Math.max(scaleX, scaleY);
  switch (node.type) {
    case 'Box':
      return { kind: 'box', halfSize: multiply(vectorOf(node, 'size'), [scaleX / 2, scaleY / 2, scaleZ / 2]) };
    case 'Sphere':
      return { kind: 'sphere', radius: numberOf(node, 'radius') * Math.max(widest, scaleZ) };
    case 'Cylinder':
      return round('cylinder', numberOf(node, 'height') * scaleZ, numberOf(node, 'radius') * widest);
    case 'Capsule':
      return round('capsule', numberOf(node, 'height') * scaleZ, numberOf(node, 'radius') * widest);
    case 'Cone':
      return round('cone', numberOf(node, 'height') * scaleZ, numberOf(node, 'bottomRadius') * widest);
    case 'Plane':
      return { kind: 'plane' };
    case 'IndexedFaceSet':
      return numbersOf(node, 'coordIndex').length < 3 ? undefined : { kind: 'mesh', source: node, scale };
    case 'ElevationGrid':
      return isGridSolid(node) ? { kind: 'mesh', source: node, scale } : undefined;
    default:
      return undefined;
  }
}

function round(kind: 'cylinder' | 'capsule' | 'cone', height: number, radius: number): ColliderShape {
  return { kind, halfHeight: height / 2, radius };
}

/** Physics has such shapes along y: what turns their axis to z. */
const AXIS_TURN = quaternionOf([1, 0, 0, Math.PI / 2]);

/** How a collider is turned in the terms of physics. */
export function physicalRotation({ shape, rotation }: ColliderPlan): Quaternion {
  return 'halfHeight' in shape ? compose(rotation, AXIS_TURN) : rotation;
}
