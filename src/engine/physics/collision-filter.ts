import type { Collider, PhysicsHooks, SolverFlags } from '@dimforge/rapier3d-compat';
import type { SceneNode } from '../scene/scene-node.ts';
import type { BodyCollider } from './body-content.ts';
import type { MovingBody } from './body-plan.ts';
import type { Rapier } from './rapier.ts';

interface Owner {
  /** The robot whose own bodies do not collide. */
  readonly robot: SceneNode | undefined;
  readonly kind: 'fixed' | 'tied' | 'free';
}

/**
 * Which bodies do not collide, by the rules of Webots: those of a robot without
 * `selfCollision`, and what a joint ties to what never moves with whatever never moves.
 */
export class CollisionFilter implements PhysicsHooks {
  readonly #rapier: Rapier;
  readonly #owners = new Map<number, Owner>();

  constructor(rapier: Rapier) {
    this.#rapier = rapier;
  }

  addFixed({ handle }: Collider, { robot }: BodyCollider): void {
    this.#owners.set(handle, { robot: selfless(robot), kind: 'fixed' });
  }

  addMoving(collider: Collider, { robot }: BodyCollider, { isTied, parent }: MovingBody): void {
    this.#owners.set(collider.handle, { robot: selfless(robot), kind: isTied ? 'tied' : 'free' });
    // Of two bodies that are concerned, one is at a joint.
    if (isTied || parent !== undefined) collider.setActiveHooks(this.#rapier.ActiveHooks.FILTER_CONTACT_PAIRS);
  }

  filterContactPair(first: number, second: number): SolverFlags | null {
    const [one, other] = [this.#owners.get(first), this.#owners.get(second)];
    if (one === undefined || other === undefined) return this.#rapier.SolverFlags.COMPUTE_IMPULSE;
    if (one.robot !== undefined && one.robot === other.robot) return null;
    const isStill = (one.kind === 'fixed' && other.kind === 'tied') || (one.kind === 'tied' && other.kind === 'fixed');
    return isStill ? null : this.#rapier.SolverFlags.COMPUTE_IMPULSE;
  }

  filterIntersectionPair(): boolean {
    return false;
  }
}

function selfless(robot: SceneNode | undefined): SceneNode | undefined {
  return robot?.values.selfCollision === true ? undefined : robot;
}
