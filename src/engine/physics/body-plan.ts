import { type Frame, nest, WORLD_FRAME } from '../math/frame.ts';
import type { Vector } from '../math/vector.ts';
import { POSE_TYPES, SOLID_TYPES } from '../scene/node-type.ts';
import type { Scene } from '../scene/scene.ts';
import { nodesOf, numberOf, type SceneNode, stringOf, vectorOf } from '../scene/scene-node.ts';
import { type ColliderPlan, collidersOf, frameOf } from './collider-plan.ts';
import { type Surface, surfaceOf } from './surface.ts';

/** A collider of a body and what it is made of. */
export type BodyCollider = ColliderPlan & {
  readonly surface: Surface;
  /** The number of the part that it belongs to; without one it weighs nothing. */
  readonly part: number | undefined;
};

/** A solid with physics that is a moving body, or is held by one. */
export interface BodyPart {
  /** In kg, or in kg/m³ where the mass follows from the volume. */
  readonly mass: { readonly kind: 'total' | 'density'; readonly value: number };
  /** Where the solid is, seen from the body. */
  readonly place: Vector;
}

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
  /** That of the solid itself first. */
  readonly parts: readonly BodyPart[];
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

/** The mass of a solid without a volume, in kg (our choice). */
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
    const content = new BodyContent(scene.worldInfo);
    content.addSolid(solid, { ...WORLD_FRAME, scale: frame.scale });
    const physics = physicsOf(solid);
    if (physics !== undefined) plan.moving.push(movingBody({ solid, physics, outer, frame, content }));
    else if (content.colliders.length > 0) {
      plan.fixed.push({ frame, colliders: content.colliders.map((collider) => ({ ...collider, part: undefined })) });
    }
  }
}

/** The colliders and masses of a solid and of all solids in it, seen from the outermost one. */
class BodyContent {
  readonly colliders: BodyCollider[] = [];
  readonly parts: BodyPart[] = [];
  readonly worldInfo: SceneNode;

  constructor(worldInfo: SceneNode) {
    this.worldInfo = worldInfo;
  }

  addSolid(solid: SceneNode, frame: Frame): void {
    const surface = surfaceOf(stringOf(solid, 'contactMaterial'), this.worldInfo);
    const own = collidersOf(nodesOf(solid, 'boundingObject').slice(0, 1), frame);
    const physics = physicsOf(solid);
    const part = physics === undefined ? undefined : this.parts.length;
    if (physics !== undefined) {
      const hasVolume = own.some(({ shape }) => shape.kind !== 'plane');
      this.parts.push({ mass: massOf(physics, hasVolume), place: frame.translation });
    }
    this.colliders.push(...own.map((collider) => ({ ...collider, surface, part })));
    this.#addInner(solid, frame);
  }

  #addInner(node: SceneNode, frame: Frame): void {
    for (const inner of innerNodes(node)) {
      const place = innerFrame(inner, frame);
      if (SOLID_TYPES.has(inner.type)) this.addSolid(inner, place);
      else this.#addInner(inner, place);
    }
  }
}

function physicsOf(solid: SceneNode): SceneNode | undefined {
  return nodesOf(solid, 'physics').find(({ type }) => type === 'Physics');
}

function innerNodes(node: SceneNode): readonly SceneNode[] {
  return node.nodes.children ?? node.nodes.endPoint ?? node.nodes.slowHelix ?? [];
}

function innerFrame(node: SceneNode, frame: Frame): Frame {
  return POSE_TYPES.has(node.type) ? nest(frame, frameOf(node)) : frame;
}

interface MovingSolid {
  readonly solid: SceneNode;
  readonly physics: SceneNode;
  readonly outer: Frame;
  readonly frame: Frame;
  readonly content: BodyContent;
}

function movingBody({ solid, physics, outer, frame, content }: MovingSolid): MovingBody {
  const [damping] = [...nodesOf(physics, 'damping'), ...nodesOf(content.worldInfo, 'defaultDamping')].filter(
    ({ type }) => type === 'Damping',
  );
  return {
    solid,
    outer,
    frame,
    // An infinite plane cannot move; Webots refuses one in a solid with physics.
    colliders: content.colliders.filter(({ shape }) => shape.kind !== 'plane'),
    parts: content.parts,
    linearVelocity: vectorOf(solid, 'linearVelocity'),
    angularVelocity: vectorOf(solid, 'angularVelocity'),
    linearDamping: damping === undefined ? 0 : numberOf(damping, 'linear'),
    angularDamping: damping === undefined ? 0 : numberOf(damping, 'angular'),
  };
}

function massOf(physics: SceneNode, hasVolume: boolean): BodyPart['mass'] {
  const density = numberOf(physics, 'density');
  const mass = numberOf(physics, 'mass');
  if (!hasVolume) return { kind: 'total', value: mass > 0 ? mass : DEFAULT_MASS };
  // A density that is given wins over the mass, as in Webots.
  if (density > 0) return { kind: 'density', value: density };
  return mass > 0 ? { kind: 'total', value: mass } : { kind: 'density', value: DEFAULT_DENSITY };
}
