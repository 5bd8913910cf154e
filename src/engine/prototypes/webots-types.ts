import { NODE_DESCRIPTIONS } from '../scene/node-description.ts';

/** Nodes of Webots that are part of others, or nothing to see, and that the engine passes over. */
const PASSED_OVER: ReadonlySet<string> = new Set(
  `BallJointParameters Brake Cubemap Focus HingeJointParameters Hinge2JointParameters ImmersionProperties JointLink
  JointParameters Lens LensFlare LinearMotor Muscle PositionSensor Recognition RotationalMotor Skin SolidReference
  TransmissionJoint VacuumCup VisualShape Zoom`.split(/\s+/),
);

/** Whether a type of node is one of Webots' own, and no PROTO. */
export function isBuiltIn(type: string): boolean {
  return NODE_DESCRIPTIONS.has(type) || PASSED_OVER.has(type);
}
