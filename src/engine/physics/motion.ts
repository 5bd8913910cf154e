import type { Collider, EventQueue, World as RapierWorld, RigidBody } from '@dimforge/rapier3d-compat';
import { type Frame, nest, seenFrom } from '../math/frame.ts';
import { type AxisAngle, axisAngleOf, type Quaternion } from '../math/rotation.ts';
import { ONES, type Vector } from '../math/vector.ts';
import type { BodyCollider } from './body-content.ts';
import { type PartCollider, setMasses } from './body-masses.ts';
import type { BodyPlan, MovingBody } from './body-plan.ts';
import { physicalRotation } from './collider-plan.ts';
import { CollisionFilter } from './collision-filter.ts';
import { addJoint } from './physical-joint.ts';
import { colliderDescriptions } from './physical-shape.ts';
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

/** What stands for the complete stop of a damping of 1 (our choice). */
const STRONGEST_DAMPING = 0.999_999;

/** The bodies of a scene in motion. The same plan gives the same motion, bit for bit, on the same machine. */
export class Motion {
  readonly #rapier: Rapier;
  readonly #world: RapierWorld;
  readonly #plan: BodyPlan;
  readonly #bodies: RigidBody[] = [];
  readonly #substeps: number;
  readonly #filter: CollisionFilter;
  /** Physics asks a filter only where it may tell events, too; there are none. */
  readonly #events: EventQueue | undefined;

  /**
   * Makes all bodies, and hands over between them and between parts of large ones.
   *
   * @param gravity in m/s²
   * @param timeStep simulated time of one step, in ms
   */
  static *inSlices(
    rapier: Rapier,
    plan: BodyPlan,
    gravity: Vector,
    timeStep: number,
  ): Generator<void, Motion, undefined> {
    const motion = new Motion(rapier, plan, gravity, timeStep);
    yield* motion.#addBodies();
    return motion;
  }

  private constructor(rapier: Rapier, plan: BodyPlan, gravity: Vector, timeStep: number) {
    this.#rapier = rapier;
    this.#plan = plan;
    this.#filter = new CollisionFilter(rapier);
    this.#substeps = Math.min(MOST_SUBSTEPS, Math.max(1, Math.ceil(timeStep / LONGEST_SUBSTEP)));
    this.#world = new rapier.World(point(gravity));
    this.#world.timestep = timeStep / 1000 / this.#substeps;
    // What has no joint needs no filter, which would be asked for each pair that comes near.
    this.#events = plan.joints.length > 0 ? new rapier.EventQueue(true) : undefined;
  }

  *#addBodies(): Generator<void, void, undefined> {
    for (const { frame, colliders } of this.#plan.fixed) {
      const body = this.#world.createRigidBody(placed(this.#rapier.RigidBodyDesc.fixed(), frame));
      for (const collider of colliders) {
        for (const added of yield* this.#addColliders(collider, body, false)) this.#filter.addFixed(added, collider);
      }
      yield;
    }
    for (const body of this.#plan.moving) {
      this.#bodies.push(yield* this.#addMovingBody(body));
      yield;
    }
    this.#addJoints();
  }

  /** Moves all bodies on by one step. @throws Error where physics fails, after which only `free` may be called */
  step(): void {
    for (let substep = 0; substep < this.#substeps; substep++) this.#world.step(this.#events, this.#filter);
  }

  /** Where the bodies are, in the order of the plan. */
  poses(): Pose[] {
    const frames = this.#bodies.map(frameOf);
    return this.#plan.moving.map(({ outer, parent }, index) => {
      const around = parent === undefined ? outer : nest(frames[parent]!, outer);
      const { translation, rotation } = frames[index]!;
      const inner = seenFrom(around, translation, rotation);
      return { translation: inner.translation, rotation: axisAngleOf(inner.rotation) };
    });
  }

  /** Gives the memory back; nothing else may be called afterwards. */
  free(): void {
    this.#events?.free();
    this.#world.free();
  }

  *#addMovingBody(plan: MovingBody): Generator<void, RigidBody, undefined> {
    const description = placed(this.#rapier.RigidBodyDesc.dynamic(), plan.frame)
      .setLinvel(...plan.linearVelocity)
      .setAngvel(point(plan.angularVelocity))
      .setLinearDamping(dampingRate(plan.linearDamping))
      .setAngularDamping(dampingRate(plan.angularDamping))
      // Small and fast bodies would pass through thin ones within a step.
      .setCcdEnabled(true);
    const body = this.#world.createRigidBody(description);
    const weighed: PartCollider[] = [];
    for (const collider of plan.colliders) {
      const added = yield* this.#addColliders(collider, body, true);
      for (const one of added) this.#filter.addMoving(one, collider, plan);
      weighed.push(...added.map((one, index) => ({ collider: one, part: index === 0 ? collider.part : undefined })));
    }
    setMasses(body, plan.parts, weighed);
    return body;
  }

  /** Adds a collider for each contact that its material has; the first stands for all of them where only one may count. */
  *#addColliders(plan: BodyCollider, body: RigidBody, isMoving: boolean): Generator<void, Collider[], undefined> {
    const { CoefficientCombineRule } = this.#rapier;
    const descriptions = yield* colliderDescriptions(this.#rapier, plan.shape, isMoving);
    const added: Collider[] = [];
    for (const { friction, bounce, membership, filter } of this.#plan.materials.groupsOf(plan.material)) {
      for (const description of descriptions) {
        description
          .setTranslation(...plan.translation)
          .setRotation(turnOf(physicalRotation(plan)))
          .setFriction(friction)
          .setRestitution(bounce)
          // Both colliders of a contact have its values.
          .setFrictionCombineRule(CoefficientCombineRule.Average)
          .setRestitutionCombineRule(CoefficientCombineRule.Average)
          .setCollisionGroups(((membership << 16) | filter) >>> 0);
        added.push(this.#world.createCollider(description, body));
        if (plan.shape.kind === 'mesh') yield;
      }
    }
    return added;
  }

  #addJoints(): void {
    const { joints } = this.#plan;
    if (joints.length === 0) return;
    const still = this.#world.createRigidBody(this.#rapier.RigidBodyDesc.fixed());
    for (const joint of joints) {
      const parent = joint.parent === undefined ? still : this.#bodies[joint.parent]!;
      addJoint(this.#rapier, this.#world, joint, [parent, this.#bodies[joint.child]!]);
    }
  }
}

/** Webots gives the part of the speed that is lost in a second, physics wants the rate. */
function dampingRate(damping: number): number {
  return -Math.log(1 - Math.min(STRONGEST_DAMPING, Math.max(0, damping)));
}

function frameOf(body: RigidBody): Frame {
  const { x, y, z } = body.translation();
  const turn = body.rotation();
  return { translation: [x, y, z], rotation: [turn.x, turn.y, turn.z, turn.w], scale: ONES };
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
