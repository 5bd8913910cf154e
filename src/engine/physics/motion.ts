import type { Collider, ColliderDesc, World as RapierWorld, RigidBody, Shape } from '@dimforge/rapier3d-compat';
import { type Frame, seenFrom } from '../math/frame.ts';
import { type AxisAngle, axisAngleOf, type Quaternion } from '../math/rotation.ts';
import { add, ORIGIN, scale, type Vector } from '../math/vector.ts';
import type { BodyCollider, BodyPlan, MovingBody } from './body-plan.ts';
import { type ColliderShape, physicalRotation } from './collider-plan.ts';
import type { Rapier } from './rapier.ts';

/** Where a moving solid is, as its fields say it. */
export interface Pose {
  readonly translation: Vector;
  readonly rotation: AxisAngle;
}

/** Longest time that physics computes at once, in ms (our choice: a ball of 0.1 m then sinks in by less than 0.5 mm). */
const LONGEST_SUBSTEP = 8;

/** Most parts of one step; what is longer is computed more coarsely (our choice). */
const MOST_SUBSTEPS = 64;

/** The mass of a part whose shape physics can make nothing of, in kg (as of one without a shape). */
const LEAST_MASS = 1;

/** What stands for the complete stop of a damping of 1 (our choice). */
const STRONGEST_DAMPING = 0.999_999;

/** The bodies of a scene in motion. The same plan gives the same motion, bit for bit, on the same machine. */
export class Motion {
  readonly #world: RapierWorld;
  readonly #plan: BodyPlan;
  readonly #bodies: readonly RigidBody[];
  readonly #substeps: number;

  /**
   * @param gravity in m/s²
   * @param timeStep simulated time of one step, in ms
   */
  constructor(rapier: Rapier, plan: BodyPlan, gravity: Vector, timeStep: number) {
    this.#plan = plan;
    this.#substeps = Math.min(MOST_SUBSTEPS, Math.max(1, Math.ceil(timeStep / LONGEST_SUBSTEP)));
    this.#world = new rapier.World(point(gravity));
    this.#world.timestep = timeStep / 1000 / this.#substeps;
    for (const { frame, colliders } of plan.fixed) {
      const body = this.#world.createRigidBody(placed(rapier.RigidBodyDesc.fixed(), frame));
      for (const collider of colliders) this.#addCollider(rapier, collider, body, false);
    }
    this.#bodies = plan.moving.map((body) => this.#addMovingBody(rapier, body));
  }

  /** Moves all bodies on by one step. @throws Error where physics fails, after which only `free` may be called */
  step(): void {
    for (let substep = 0; substep < this.#substeps; substep++) this.#world.step();
  }

  /** Where the bodies are, in the order of the plan. */
  poses(): Pose[] {
    return this.#bodies.map((body, index) => poseOf(body, this.#plan.moving[index]!.outer));
  }

  /** Gives the memory back; nothing else may be called afterwards. */
  free(): void {
    this.#world.free();
  }

  #addMovingBody(rapier: Rapier, plan: MovingBody): RigidBody {
    const description = placed(rapier.RigidBodyDesc.dynamic(), plan.frame)
      .setLinvel(...plan.linearVelocity)
      .setAngvel(point(plan.angularVelocity))
      .setLinearDamping(dampingRate(plan.linearDamping))
      .setAngularDamping(dampingRate(plan.angularDamping))
      // Small and fast bodies would pass through thin ones within a step.
      .setCcdEnabled(true);
    const body = this.#world.createRigidBody(description);
    const colliders = plan.colliders.flatMap((collider) => {
      const added = this.#addCollider(rapier, collider, body, true);
      return added === undefined ? [] : [{ part: collider.part, collider: added }];
    });
    const points = plan.parts.flatMap(({ mass, place }, part) => {
      const own = colliders.flatMap((added) => (added.part === part ? [added.collider] : []));
      const volume = own.reduce((sum, collider) => sum + collider.volume(), 0);
      if (volume === 0) return [{ mass: mass.kind === 'total' ? mass.value : LEAST_MASS, place }];
      const density = mass.kind === 'density' ? mass.value : mass.value / volume;
      for (const collider of own) collider.setDensity(density);
      return [];
    });
    for (const { part, collider } of colliders) if (part === undefined) collider.setDensity(0);
    addPointMasses(body, points);
    return body;
  }

  #addCollider(rapier: Rapier, plan: BodyCollider, body: RigidBody, isMoving: boolean): Collider | undefined {
    const description = colliderDescription(rapier, plan.shape, isMoving);
    if (description === undefined) return undefined;
    description
      .setTranslation(...plan.translation)
      .setRotation(turnOf(physicalRotation(plan)))
      .setFriction(plan.surface.friction)
      .setRestitution(plan.surface.bounce)
      .setFrictionCombineRule(rapier.CoefficientCombineRule.Multiply)
      .setRestitutionCombineRule(rapier.CoefficientCombineRule.Multiply);
    return this.#world.createCollider(description, body);
  }
}

function colliderDescription(rapier: Rapier, shape: ColliderShape, isMoving: boolean): ColliderDesc | undefined {
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

interface PointMass {
  /** In kg. */
  readonly mass: number;
  /** Seen from the body. */
  readonly place: Vector;
}

/** Adds what has a mass and no volume; each turns as if its mass were 1 m away (our choice). */
function addPointMasses(body: RigidBody, points: readonly PointMass[]): void {
  const mass = points.reduce((sum, one) => sum + one.mass, 0);
  if (mass === 0) return;
  const centre = points.reduce<Vector>((sum, one) => add(sum, scale(one.place, one.mass / mass)), ORIGIN);
  body.setAdditionalMassProperties(mass, point(centre), point([mass, mass, mass]), turnOf([0, 0, 0, 1]), true);
}

/** Whether physics can make something of a mesh; one without any extent has neither inside nor surface. */
function isUsable(shape: Shape): boolean {
  // Declared as never missing, and missing all the same for such a mesh.
  const raw: { free(): void } | undefined = shape.intoRaw();
  raw?.free();
  return raw !== undefined;
}

/** Webots gives the part of the speed that is lost in a second, physics wants the rate. */
function dampingRate(damping: number): number {
  return -Math.log(1 - Math.min(STRONGEST_DAMPING, Math.max(0, damping)));
}

function poseOf(body: RigidBody, outer: Frame): Pose {
  const { x, y, z } = body.translation();
  const turn = body.rotation();
  const frame = seenFrom(outer, [x, y, z], [turn.x, turn.y, turn.z, turn.w]);
  return { translation: frame.translation, rotation: axisAngleOf(frame.rotation) };
}

function placed<Description extends { setTranslation: (x: number, y: number, z: number) => Description }>(
  description: Description & { setRotation: (rotation: ReturnType<typeof turnOf>) => Description },
  { translation, rotation }: Frame,
): Description {
  return description.setRotation(turnOf(rotation)).setTranslation(...translation);
}

function point([x, y, z]: Vector): { x: number; y: number; z: number } {
  return { x, y, z };
}

function turnOf([x, y, z, w]: Quaternion): { x: number; y: number; z: number; w: number } {
  return { x, y, z, w };
}
