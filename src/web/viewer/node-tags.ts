/** Nodes with a place of their own and children: those of both dialects, and devices, which are seen by their children. */
export const POSES: ReadonlySet<string> = new Set(
  `Pose Solid Robot Transform Accelerometer Altimeter Camera Charger Compass Connector Display DistanceSensor Emitter
  Fluid GPS Gyro InertialUnit LED Lidar LightSensor Pen Radar RangeFinder Receiver Speaker TouchSensor Track
  TrackWheel VacuumGripper`.split(/\s+/),
);

/** Nodes that only hold others. */
export const GROUPS: ReadonlySet<string> = new Set(
  'Group Slot HingeJoint Hinge2Joint SliderJoint BallJoint Propeller'.split(' '),
);

/** Nodes that have nothing to see, and that are no reason for a notice. */
export const UNSEEN: ReadonlySet<string> = new Set(
  `WorldInfo Physics Damping Brake LinearMotor RotationalMotor PositionSensor HingeJointParameters JointParameters
  BallJointParameters ContactProperties ImmersionProperties SolidReference Recognition Focus Zoom Lens head`.split(
    /\s+/,
  ),
);
