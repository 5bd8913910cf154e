import { type FieldDescription, nodes, number, numbers, string, vector } from './field-description.ts';

const AXIS_PARAMETERS: Readonly<Record<string, FieldDescription>> = {
  position: number(0),
  minStop: number(0),
  maxStop: number(0),
  springConstant: number(0),
  dampingConstant: number(0),
};

const HINGE_PARAMETERS = { ...AXIS_PARAMETERS, axis: vector(1, 0, 0), anchor: vector(0, 0, 0) };

const JOINT: Readonly<Record<string, FieldDescription>> = {
  jointParameters: nodes(),
  device: nodes(),
  endPoint: nodes(),
};

const SECOND_AXIS: Readonly<Record<string, FieldDescription>> = { jointParameters2: nodes(), device2: nodes() };

/** What says how bodies move: joints with their devices, masses and contacts, with the defaults of Webots. */
export const MECHANICAL_DESCRIPTIONS: readonly (readonly [string, Readonly<Record<string, FieldDescription>>])[] = [
  ['HingeJoint', JOINT],
  ['SliderJoint', JOINT],
  ['Hinge2Joint', { ...JOINT, ...SECOND_AXIS }],
  ['BallJoint', { ...JOINT, ...SECOND_AXIS, jointParameters3: nodes(), device3: nodes() }],
  ['JointParameters', { ...AXIS_PARAMETERS, axis: vector(0, 0, 1) }],
  ['HingeJointParameters', HINGE_PARAMETERS],
  // Of older releases.
  ['Hinge2JointParameters', HINGE_PARAMETERS],
  ['BallJointParameters', { ...AXIS_PARAMETERS, anchor: vector(0, 0, 0) }],
  ['RotationalMotor', {}],
  ['LinearMotor', {}],
  ['SolidReference', { solidName: string('') }],
  [
    'Physics',
    {
      density: number(1000),
      mass: number(-1),
      centerOfMass: numbers(),
      inertiaMatrix: numbers(),
      damping: nodes(),
    },
  ],
  ['Damping', { linear: number(0.2), angular: number(0.2) }],
  [
    'ContactProperties',
    {
      material1: string('default'),
      material2: string('default'),
      coulombFriction: numbers(1),
      bounce: number(0.5),
    },
  ],
];
