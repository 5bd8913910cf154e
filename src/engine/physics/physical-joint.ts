import type { ImpulseJoint, World as RapierWorld, RigidBody, SphericalImpulseJoint } from '@dimforge/rapier3d-compat';
import { compose, invert, type Quaternion, turn } from '../math/rotation.ts';
import { cross, subtract, type Vector } from '../math/vector.ts';
import type { JointMotion } from './joint-plan.ts';
import type { Rapier } from './rapier.ts';

/** Joints two bodies that are where they are at the start. */
export function addJoint(
  rapier: Rapier,
  world: RapierWorld,
  motion: JointMotion,
  [first, second]: readonly [RigidBody, RigidBody],
): void {
  // Physics has the axis of a joint along x of a frame that both bodies have.
  const axes = turnOfX(motion.axis);
  const [place, otherPlace] = [placeIn(first, motion.anchor, axes), placeIn(second, motion.anchor, axes)];
  const data = dataOf(rapier, motion.kind, place, otherPlace);
  const joint = world.createImpulseJoint(data, first, second, true);
  joint.setLocalFrame1(place.anchor, place.turn);
  joint.setLocalFrame2(otherPlace.anchor, otherPlace.turn);
  // As in Webots, what a joint holds together does not collide.
  joint.setContactsEnabled(false);
  configure(rapier, joint, motion);
}

interface Place {
  readonly anchor: { x: number; y: number; z: number };
  readonly turn: { x: number; y: number; z: number; w: number };
}

function dataOf({ JointData }: Rapier, kind: JointMotion['kind'], first: Place, second: Place) {
  const x = { x: 1, y: 0, z: 0 };
  switch (kind) {
    case 'hinge':
      return JointData.revolute(first.anchor, second.anchor, x);
    case 'slider':
      return JointData.prismatic(first.anchor, second.anchor, x);
    case 'ball':
      return JointData.spherical(first.anchor, second.anchor);
    case 'fixed':
      return JointData.fixed(first.anchor, first.turn, second.anchor, second.turn);
  }
}

function configure(
  rapier: Rapier,
  joint: ImpulseJoint,
  { kind, position, stops, springConstant, dampingConstant }: JointMotion,
): void {
  const isSprung = springConstant > 0 || dampingConstant > 0;
  if (joint instanceof rapier.UnitImpulseJoint) {
    // Physics counts from where the joint is at the start.
    if (stops !== undefined) joint.setLimits(stops[0] - position, stops[1] - position);
    if (!isSprung) return;
    joint.configureMotorModel(rapier.MotorModel.ForceBased);
    joint.configureMotorPosition(-position, springConstant, dampingConstant);
  } else if (kind === 'ball' && isSprung) {
    // The library takes its own spherical joints for generic ones, which have no such methods.
    const { configureMotorModel, configureMotorPosition } = rapier.SphericalImpulseJoint.prototype;
    const ball = joint as SphericalImpulseJoint;
    for (const axis of [rapier.JointAxis.AngX, rapier.JointAxis.AngY, rapier.JointAxis.AngZ]) {
      configureMotorModel.call(ball, axis, rapier.MotorModel.ForceBased);
      configureMotorPosition.call(ball, axis, 0, springConstant, dampingConstant);
    }
  }
}

function placeIn(body: RigidBody, anchor: Vector, axes: Quaternion): Place {
  const { x, y, z } = body.translation();
  const rotation = body.rotation();
  const back = invert([rotation.x, rotation.y, rotation.z, rotation.w]);
  const [ax, ay, az] = turn(back, subtract(anchor, [x, y, z]));
  const [tx, ty, tz, tw] = compose(back, axes);
  return { anchor: { x: ax, y: ay, z: az }, turn: { x: tx, y: ty, z: tz, w: tw } };
}

/** The shortest turn that brings x to an axis of length 1. */
function turnOfX(axis: Vector): Quaternion {
  const [x, y, z] = cross([1, 0, 0], axis);
  const w = 1 + axis[0];
  const length = Math.hypot(x, y, z, w);
  // Against x, any half-turn across it will do.
  return length < 1e-6 ? [0, 0, 1, 0] : [x / length, y / length, z / length, w / length];
}
