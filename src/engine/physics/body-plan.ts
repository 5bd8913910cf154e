import { type Frame, nest, WORLD_FRAME } from '../math/frame.ts';
import { ONES, type Vector } from '../math/vector.ts';
import { SOLID_TYPES } from '../scene/node-type.ts';
import type { Scene } from '../scene/scene.ts';
import { nodesOf, numberOf, type SceneNode, stringOf, vectorOf } from '../scene/scene-node.ts';
import { runAtOnce } from '../turns.ts';
import {
  type BodyCollider,
  BodyContent,
  type BodyPart,
  innerFrame,
  innerNodes,
  type JoinedSolid,
  physicsOf,
} from './body-content.ts';
import { frameOf } from './collider-plan.ts';
import { ContactMaterials } from './contact-materials.ts';
import { type JointPlan, planJoint, reversed } from './joint-plan.ts';

/** What never moves: solids without physics. */
export interface FixedBody {
  readonly frame: Frame;
  readonly colliders: readonly BodyCollider[];
}

/** A solid with physics that no solid contains, or that a joint lets move, with all solids that it holds. */
export interface MovingBody {
  readonly solid: SceneNode;
  /** The number of the moving body whose joint it is at; `undefined` for one that is at none, or at one of what never moves. */
  readonly parent: number | undefined;
  /** Where the solid's own translation is seen from: in the world, or from its parent. */
  readonly outer: Frame;
  /** Where the solid is in the world at the start. */
  readonly frame: Frame;
  readonly colliders: readonly BodyCollider[];
  /** That of the solid itself first. */
  readonly parts: readonly BodyPart[];
  /** Whether a joint ties it to what never moves; Webots lets it collide with nothing of that kind. */
  readonly isTied: boolean;
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
  readonly joints: readonly JointPlan[];
  readonly materials: ContactMaterials;
}

/** Name by which a `SolidReference` means what never moves (Webots' reference of the node). */
const STATIC_ENVIRONMENT = '<static environment>';

/**
 * Finds the bodies of a scene by the rules of Webots (its documentation of
 * `Physics`): a solid moves when it has physics and no solid contains it; solids
 * inside one that moves are part of it, solids inside one that does not move stay as
 * well. A solid with physics at a joint without a motor is a body of its own.
 */
export function planBodies(scene: Scene): BodyPlan {
  return runAtOnce(planBodiesInSlices(scene));
}

/** The same, and hands over between the solids that no solid contains. */
export function planBodiesInSlices(scene: Scene): Generator<void, BodyPlan, undefined> {
  return new Planning(scene).plan();
}

class Planning {
  readonly #scene: Scene;
  readonly #moving: MovingBody[] = [];
  readonly #fixed: FixedBody[] = [];
  readonly #joints: JointPlan[] = [];
  readonly #materials = new Set<string>();
  /** Joints to a solid that is elsewhere, until all solids are known. */
  readonly #references: { joined: JoinedSolid; parent: number | undefined; outer: Frame }[] = [];
  /** The bodies of solids by their names, of the tree of solids that is looked at. */
  #names = new Map<string, number | undefined>();

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  *plan(): Generator<void, BodyPlan, undefined> {
    yield* this.#visit(this.#scene.roots, WORLD_FRAME);
    return {
      moving: this.#moving,
      fixed: this.#fixed,
      joints: this.#joints,
      materials: new ContactMaterials(this.#scene.worldInfo, this.#materials),
    };
  }

  *#visit(nodes: readonly SceneNode[], outer: Frame): Generator<void, void, undefined> {
    for (const node of nodes) {
      yield;
      if (!SOLID_TYPES.has(node.type)) yield* this.#visit(innerNodes(node), innerFrame(node, outer));
      else {
        this.#names = new Map();
        this.#addSolid(node, outer, undefined, physicsOf(node) !== undefined, undefined);
        for (const { joined, parent, outer: from } of this.#references.splice(0)) this.#closeLoop(joined, parent, from);
      }
    }
  }

  #addSolid(
    solid: SceneNode,
    outer: Frame,
    parent: { readonly number: number | undefined; readonly frame: Frame } | undefined,
    isMoving: boolean,
    robot: SceneNode | undefined,
  ): number | undefined {
    const inWorld = parent === undefined ? outer : nest(parent.frame, outer);
    const frame = nest(inWorld, frameOf(solid));
    const content = new BodyContent(robot);
    content.addSolid(solid, { ...WORLD_FRAME, scale: frame.scale });
    for (const { material } of content.colliders) this.#materials.add(material);
    const number = isMoving ? this.#moving.length : undefined;
    for (const inner of content.solids) this.#name(inner, number);
    if (isMoving) {
      const body = this.#movingBody(solid, content);
      this.#moving.push({
        ...body,
        parent: parent?.number,
        outer: parent?.number === undefined ? inWorld : outer,
        frame,
        isTied: parent?.number === undefined && parent !== undefined,
      });
    } else if (content.colliders.length > 0) {
      this.#fixed.push({ frame, colliders: content.colliders.map((collider) => ({ ...collider, part: undefined })) });
    }
    this.#join(content.joined, number, { ...frame, scale: ONES });
    return number;
  }

  #join(joined: readonly JoinedSolid[], number: number | undefined, frame: Frame): void {
    for (const one of joined) {
      if (one.solid === undefined)
        this.#references.push({ joined: one, parent: number, outer: nest(frame, one.frame) });
      else {
        const child = this.#addSolid(one.solid, one.frame, { number, frame }, true, one.robot);
        const joint = planJoint(one.joint, nest(frame, one.frame));
        if (child !== undefined) this.#joints.push({ ...joint, parent: number, child });
      }
    }
  }

  #closeLoop({ joint, reference }: JoinedSolid, parent: number | undefined, outer: Frame): void {
    const name = reference === undefined ? '' : stringOf(reference, 'solidName');
    if (name !== STATIC_ENVIRONMENT && !this.#names.has(name)) return;
    const other = name === STATIC_ENVIRONMENT ? undefined : this.#names.get(name);
    if (other === parent) return;
    const plan = planJoint(joint, outer);
    if (other !== undefined) this.#joints.push({ ...plan, parent, child: other });
    else if (parent !== undefined) this.#joints.push({ ...reversed(plan), parent: other, child: parent });
  }

  #name(solid: SceneNode, number: number | undefined): void {
    const name = stringOf(solid, 'name');
    if (!this.#names.has(name)) this.#names.set(name, number);
  }

  #movingBody(solid: SceneNode, content: BodyContent) {
    const physics = physicsOf(solid);
    const dampings = [
      ...(physics === undefined ? [] : nodesOf(physics, 'damping')),
      ...nodesOf(this.#scene.worldInfo, 'defaultDamping'),
    ];
    const damping = dampings.find(({ type }) => type === 'Damping');
    return {
      solid,
      // An infinite plane cannot move; Webots refuses one in a solid with physics.
      colliders: content.colliders.filter(({ shape }) => shape.kind !== 'plane'),
      parts: content.parts,
      linearVelocity: vectorOf(solid, 'linearVelocity'),
      angularVelocity: vectorOf(solid, 'angularVelocity'),
      linearDamping: damping === undefined ? 0 : numberOf(damping, 'linear'),
      angularDamping: damping === undefined ? 0 : numberOf(damping, 'angular'),
    };
  }
}
