/** Devices are solids with a name of their own; what they measure is not simulated. */
export const DEVICE_TYPES = [
  'Accelerometer',
  'Altimeter',
  'Camera',
  'Charger',
  'Compass',
  'Connector',
  'Display',
  'DistanceSensor',
  'Emitter',
  'GPS',
  'Gyro',
  'InertialUnit',
  'LED',
  'Lidar',
  'LightSensor',
  'Microphone',
  'Pen',
  'Radar',
  'Radio',
  'RangeFinder',
  'Receiver',
  'Speaker',
  'TouchSensor',
  'Track',
  'VacuumGripper',
] as const;

/** Solids, and what is one: a robot, also of the kind that Webots had up to R2020, or a device. */
export const SOLID_TYPES: ReadonlySet<string> = new Set<string>([
  'Solid',
  'Robot',
  'DifferentialWheels',
  ...DEVICE_TYPES,
]);

/** Nodes that have a place of their own. */
export const POSE_TYPES: ReadonlySet<string> = new Set<string>(['Pose', 'Transform', 'Fluid', ...SOLID_TYPES]);

export const JOINT_TYPES: ReadonlySet<string> = new Set(['HingeJoint', 'Hinge2Joint', 'SliderJoint', 'BallJoint']);

export const GEOMETRY_TYPES: ReadonlySet<string> = new Set([
  'Box',
  'Sphere',
  'Cylinder',
  'Cone',
  'Capsule',
  'Plane',
  'IndexedFaceSet',
  'ElevationGrid',
  'Mesh',
  'IndexedLineSet',
  'PointSet',
]);

/** Nodes of Webots that are nothing to see, or say something of others, and that the engine passes over. */
export const PASSED_OVER_TYPES: ReadonlySet<string> = new Set(
  'Brake Focus ImmersionProperties Lens LensFlare PositionSensor Recognition Zoom'.split(' '),
);

/** Nodes of Webots that are to be seen, and that the engine does not show. */
export const UNSHOWN_TYPES: ReadonlySet<string> = new Set(['Muscle', 'Skin']);
