import { JOINT_TYPES } from './node-type.ts';
import { nodesOf, type SceneNode } from './scene-node.ts';

const MOTOR_TYPES: ReadonlySet<string> = new Set(['RotationalMotor', 'LinearMotor']);

/**
 * What keeps a joint where the world has it: `motor`, as a motor that no
 * controller moves holds its position; `axes`, as it could turn about two axes
 * at once; or nothing, so that it swings.
 */
export type Hold = 'motor' | 'axes' | undefined;

/** @param joint of one of `JOINT_TYPES` */
export function holdOf(joint: SceneNode): Hold {
  const hasMotor = [joint.nodes.device, joint.nodes.device2, joint.nodes.device3].map((devices = []) =>
    devices.some(({ type }) => MOTOR_TYPES.has(type)),
  );
  const [first, second, third] = hasMotor;
  if (joint.type !== 'Hinge2Joint') return first || second || third ? 'motor' : undefined;
  if (first && second) return 'motor';
  return first || second ? undefined : 'axes';
}

/** Whether the axis of a joint that swings is its second one. */
export function swingsAboutSecondAxis(joint: SceneNode): boolean {
  return joint.type === 'Hinge2Joint' && nodesOf(joint, 'device').some(({ type }) => MOTOR_TYPES.has(type));
}

export function isJoint({ type }: SceneNode): boolean {
  return JOINT_TYPES.has(type);
}
