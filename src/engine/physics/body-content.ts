import { type Frame, nest } from '../math/frame.ts';
import type { Quaternion } from '../math/rotation.ts';
import type { Matrix } from '../math/symmetric-matrix.ts';
import type { Vector } from '../math/vector.ts';
import { holdOf, isJoint } from '../scene/joint.ts';
import { POSE_TYPES, SOLID_TYPES } from '../scene/node-type.ts';
import { nodesOf, type SceneNode, stringOf } from '../scene/scene-node.ts';
import { type ColliderPlan, collidersOf, frameOf } from './collider-plan.ts';
import { centreOf, inertiaOf, massOf, type PlannedMass } from './mass-plan.ts';

/** A collider of a body and what it is made of. */
export type BodyCollider = ColliderPlan & {
  readonly material: string;
  /** The robot that it is part of. */
  readonly robot: SceneNode | undefined;
  /** The number of the part that it belongs to; without one it weighs nothing. */
  readonly part: number | undefined;
};

/** A solid with physics that is a moving body, or is held by one. */
export interface BodyPart {
  readonly mass: PlannedMass;
  /** Where the solid is, seen from the body. */
  readonly place: Vector;
  readonly rotation: Quaternion;
  /** Where its mass is, seen from the body, where the world says so. */
  readonly centre: Vector | undefined;
  /** About its centre and along its own axes, in kg·m², where the world says so. */
  readonly inertia: Matrix | undefined;
}

/** A solid that a joint lets move, or the reference to one. */
export interface JoinedSolid {
  readonly joint: SceneNode;
  readonly solid: SceneNode | undefined;
  readonly reference: SceneNode | undefined;
  /** Where the joint is, seen from the body that has it. */
  readonly frame: Frame;
  readonly robot: SceneNode | undefined;
}

/** The colliders and masses of a solid and of all solids that it holds, seen from the outermost one. */
export class BodyContent {
  readonly colliders: BodyCollider[] = [];
  readonly parts: BodyPart[] = [];
  readonly joined: JoinedSolid[] = [];
  readonly solids: SceneNode[] = [];
  #robot: SceneNode | undefined;

  /** @param robot around, if any */
  constructor(robot: SceneNode | undefined) {
    this.#robot = robot;
  }

  addSolid(solid: SceneNode, frame: Frame): void {
    const around = this.#robot;
    if (solid.type === 'Robot') this.#robot = solid;
    this.solids.push(solid);
    const own = collidersOf(nodesOf(solid, 'boundingObject').slice(0, 1), frame);
    const physics = physicsOf(solid);
    const part = physics === undefined ? undefined : this.parts.length;
    if (physics !== undefined) {
      const hasVolume = own.some(({ shape }) => shape.kind !== 'plane');
      this.parts.push({
        mass: massOf(physics, hasVolume),
        place: frame.translation,
        rotation: frame.rotation,
        centre: centreOf(physics, frame),
        inertia: inertiaOf(physics),
      });
    }
    const material = stringOf(solid, 'contactMaterial');
    this.colliders.push(...own.map((collider) => ({ ...collider, material, robot: this.#robot, part })));
    this.#addInner(solid, frame);
    this.#robot = around;
  }

  #addInner(node: SceneNode, frame: Frame): void {
    for (const inner of innerNodes(node)) {
      const place = innerFrame(inner, frame);
      if (isJoint(node) && this.#joins(node, inner)) {
        const isReference = inner.type === 'SolidReference';
        this.joined.push({
          joint: node,
          solid: isReference ? undefined : inner,
          reference: isReference ? inner : undefined,
          frame,
          robot: this.#robot,
        });
      } else if (SOLID_TYPES.has(inner.type)) this.addSolid(inner, place);
      else this.#addInner(inner, place);
    }
  }

  /** Whether the end point of a joint is a body of its own; what a motor holds is part of this one. */
  #joins(joint: SceneNode, end: SceneNode): boolean {
    if (end.type === 'SolidReference') return true;
    return SOLID_TYPES.has(end.type) && physicsOf(end) !== undefined && holdOf(joint) === undefined;
  }
}

export function physicsOf(solid: SceneNode): SceneNode | undefined {
  return nodesOf(solid, 'physics').find(({ type }) => type === 'Physics');
}

/** The nodes that are seen from where this one is. */
export function innerNodes(node: SceneNode): readonly SceneNode[] {
  return node.nodes.children ?? node.nodes.endPoint ?? node.nodes.slowHelix ?? [];
}

export function innerFrame(node: SceneNode, frame: Frame): Frame {
  return POSE_TYPES.has(node.type) ? nest(frame, frameOf(node)) : frame;
}
