import type { Frame } from '../math/frame.ts';
import { type Quaternion, quaternionOf, turn } from '../math/rotation.ts';
import { add, multiply, scale, type Vector } from '../math/vector.ts';
import { holdOf, swingsAboutSecondAxis } from '../scene/joint.ts';
import { nodesOf, numberOf, type SceneNode, vectorOf } from '../scene/scene-node.ts';

/** How two bodies may move against each other. */
export interface JointMotion {
  /** `fixed` for the end of a loop that a motor holds. */
  readonly kind: 'hinge' | 'slider' | 'ball' | 'fixed';
  /** In the world at the start. */
  readonly anchor: Vector;
  /** Of length 1, in the world at the start. */
  readonly axis: Vector;
  /** Where it is at the start, in rad or m; springs are at rest at 0. */
  readonly position: number;
  /** Positions between which it moves. */
  readonly stops: readonly [least: number, most: number] | undefined;
  /** In N·m/rad or N/m. */
  readonly springConstant: number;
  /** In N·m·s/rad or N·s/m. */
  readonly dampingConstant: number;
}

export interface JointPlan extends JointMotion {
  /** The number of the moving body that has the joint; `undefined` for what never moves. */
  readonly parent: number | undefined;
  /** The number of the moving body at the other end. */
  readonly child: number;
}

const KINDS: ReadonlyMap<string, JointMotion['kind']> = new Map([
  ['HingeJoint', 'hinge'],
  ['Hinge2Joint', 'hinge'],
  ['SliderJoint', 'slider'],
  ['BallJoint', 'ball'],
]);

/** Axes of joints whose parameters are not given (Webots' reference of the nodes). */
const HINGE_AXIS: Vector = [1, 0, 0];
const OTHER_AXIS: Vector = [0, 0, 1];

/** A shorter axis is none, and the default counts (our choice). */
const SHORTEST_AXIS = 1e-9;

/** @param frame where the joint is in the world at the start */
export function planJoint(joint: SceneNode, frame: Frame): JointMotion {
  const [first] = nodesOf(joint, 'jointParameters');
  const isSecond = swingsAboutSecondAxis(joint);
  const parameters = isSecond ? joint.nodes.jointParameters2?.[0] : first;
  const fallback = joint.type === 'SliderJoint' || isSecond ? OTHER_AXIS : HINGE_AXIS;
  const axis = unit(vectorIn(parameters, 'axis') ?? fallback) ?? fallback;
  const anchor = vectorIn(first, 'anchor') ?? [0, 0, 0];
  const stops = [numberIn(parameters, 'minStop'), numberIn(parameters, 'maxStop')] as const;
  return {
    kind: holdOf(joint) === undefined ? (KINDS.get(joint.type) ?? 'fixed') : 'fixed',
    anchor: add(frame.translation, turn(frame.rotation, multiply(frame.scale, anchor))),
    axis: turn(frame.rotation, isSecond ? turn(firstTurn(first), axis) : axis),
    position: numberIn(parameters, 'position'),
    stops: stops[0] < stops[1] ? stops : undefined,
    springConstant: Math.max(0, numberIn(parameters, 'springConstant')),
    dampingConstant: Math.max(0, numberIn(parameters, 'dampingConstant')),
  };
}

/** The same joint, seen from its other end. */
export function reversed(joint: JointMotion): JointMotion {
  const { position, stops } = joint;
  return { ...joint, position: -position, stops: stops === undefined ? undefined : [-stops[1], -stops[0]] };
}

/** The second axis of a joint turns with the first one. */
function firstTurn(parameters: SceneNode | undefined): Quaternion {
  return quaternionOf([...(vectorIn(parameters, 'axis') ?? HINGE_AXIS), numberIn(parameters, 'position')]);
}

/** Parameters of another kind than the joint's have not all of its fields. */
function numberIn(parameters: SceneNode | undefined, field: string): number {
  return parameters !== undefined && field in parameters.values ? numberOf(parameters, field) : 0;
}

function vectorIn(parameters: SceneNode | undefined, field: string): Vector | undefined {
  return parameters !== undefined && field in parameters.values ? vectorOf(parameters, field) : undefined;
}

function unit(vector: Vector): Vector | undefined {
  const length = Math.hypot(...vector);
  return length < SHORTEST_AXIS ? undefined : scale(vector, 1 / length);
}
