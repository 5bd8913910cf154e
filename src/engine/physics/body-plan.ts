import { type Frame, nest, WORLD_FRAME } from '../math/frame.ts';
import type { Vector } from '../math/vector.ts';
import { POSE_TYPES, SOLID_TYPES } from '../scene/node-type.ts';
import type { Scene } from '../scene/scene.ts';
import { nodesOf, numberOf, type SceneNode, stringOf, vectorOf } from '../scene/scene-node.ts';
import { type ColliderPlan, collidersOf, frameOf } from './collider-plan.ts';
import { type Surface, surfaceOf } from './surface.ts';

/** A collider of a body and what it is made of. */
export type BodyCollider = ColliderPlan & { readonly surface: Surface };

/** What never moves: solids without physics. */
export interface FixedBody {
  readonly frame: Frame;
  readonly colliders: readonly BodyCollider[];
}

/** A solid with physics that no solid contains, with all solids that it contains. */
export interface MovingBody {
  readonly solid: SceneNode;
  /** Where the solid's own translation is seen from. */
  readonly outer: Frame;
  /** Where the solid is in the world at the start. */
  readonly frame: Frame;
  readonly colliders: readonly BodyCollider[];
  /** In kg, or in kg/m³ where the mass follows from the volume. */
  readonly mass: { readonly kind: 'total' | 'density'; readonly value: number };
  /** In m/s and rad/s. */
  readonly linearVelocity: Vector;
  readonly angularVelocity: Vector;
  /** The part of the speed that is lost in a second, from 0 to 1. */
  readonly linearDamping: number;
  readonly angularDamping: number;
}

/** What physics moves and what it moves against. */
export interface BodyPlan {
  readonly moving: readonly MovingBody[];
  readonly fixed: readonly FixedBody[];
}

/** The density of `Physics.wrl` of Webots, in kg/m³, for a solid that gives neither density nor mass. */
const DEFAULT_DENSITY = 1000;

/** The mass of a body without a volume, in kg (our choice). */
const DEFAULT_MASS = 1;

/**
 * Finds the bodies of a scene by the rules of Webots (its documentation of
 * `Physics`): a solid moves when it has physics and no solid contains it; solids
 * inside one that moves are part of it, solids inside one that does not move stay as well.
 */
export function planBodies(scene: Scene): BodyPlan {
  const plan = { moving: [] as MovingBody[], fixed: [] as FixedBody[] };
  visit(scene.roots, WORLD_FRAME);
  return plan;

  function visit(nodes: readonly SceneNode[], outer: Frame): void {
    for (const node of nodes) {
      if (SOLID_TYPES.has(node.type)) addSolid(node, outer);
      else visit(innerNodes(node), innerFrame(node, outer));
    }
  }

  function addSolid(solid: SceneNode, outer: Frame): void {
    const frame = nest(outer, frameOf(solid));
    const colliders = solidColliders(solid, { ...WORLD_FRAME, scale: frame.scale }, scene.worldInfo);
    const physics = nodesOf(solid, 'physics').find(({ type }) => type === 'Physics');
    if (physics !== undefined) {
      plan.moving.push(movingBody({ solid, physics, outer, frame, colliders, worldInfo: scene.worldInfo }));
    } else if (colliders.length > 0) plan.fixed.push({ frame, colliders });
  }
}

/** The colliders of a solid and of all solids in it; `frame` is where it is, seen from the body that it is part of. */
function solidColliders(solid: SceneNode, frame: Frame, worldInfo: SceneNode): BodyCollider[] {
  const surface = surfaceOf(stringOf(solid, 'contactMaterial'), worldInfo);
  const own = collidersOf(nodesOf(solid, 'boundingObject').slice(0, 1), frame);
  return [...own.map((collider) => ({ ...collider, surface })), ...innerColliders(solid, frame, worldInfo)];
}

function innerColliders(node: SceneNode, frame: Frame, worldInfo: SceneNode): BodyCollider[] {
  return innerNodes(node).flatMap((inner) => {
    const innerPlace = innerFrame(inner, frame);
    if (SOLID_TYPES.has(inner.type)) return solidColliders(inner, innerPlace, worldInfo);
    return innerColliders(inner, innerPlace, worldInfo);
  });
}

function innerNodes(node: SceneNode): readonly SceneNode[] {
  return node.nodes.children ?? node.nodes.endPoint ?? [];
}

function innerFrame(node: SceneNode, frame: Frame): Frame {
  return POSE_TYPES.has(node.type) ? nest(frame, frameOf(node)) : frame;
}

interface MovingSolid {
  readonly solid: SceneNode;
  readonly physics: SceneNode;
  readonly outer: Frame;
  readonly frame: Frame;
  readonly colliders: readonly BodyCollider[];
  readonly worldInfo: SceneNode;
}

function movingBody({ solid, physics, outer, frame, colliders, worldInfo }: MovingSolid): MovingBody {
  // An infinite plane cannot move; Webots refuses one in a solid with physics.
  const solidColliders = colliders.filter(({ shape }) => shape.kind !== 'plane');
  const [damping] = [...nodesOf(physics, 'damping'), ...nodesOf(worldInfo, 'defaultDamping')].filter(
    ({ type }) => type === 'Damping',
  );
  return {
    solid,
    outer,
    frame,
    colliders: solidColliders,
    mass: massOf(physics, solidColliders.length > 0),
    linearVelocity: vectorOf(solid, 'linearVelocity'),
    angularVelocity: vectorOf(solid, 'angularVelocity'),
    linearDamping: damping === undefined ? 0 : numberOf(damping, 'linear'),
    angularDamping: damping === undefined ? 0 : numberOf(damping, 'angular'),
  };
}

function massOf(physics: SceneNode, hasVolume: boolean): MovingBody['mass'] {
  const density = numberOf(physics, 'density');
  const mass = numberOf(physics, 'mass');
  if (!hasVolume) return { kind: 'total', value: mass > 0 ? mass : DEFAULT_MASS };
  // A density that is given wins over the mass, as in Webots.
  if (density > 0) return { kind: 'density', value: density };
  return mass > 0 ? { kind: 'total', value: mass } : { kind: 'density', value: DEFAULT_DENSITY };
}
