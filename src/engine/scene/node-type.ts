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
  'Pen',
  'Radar',
  'RangeFinder',
  'Receiver',
  'Speaker',
  'TouchSensor',
  'VacuumGripper',
] as const;

/** Solids, and what is one: a robot or a device. */
export const SOLID_TYPES: ReadonlySet<string> = new Set<string>(['Solid', 'Robot', ...DEVICE_TYPES]);

/** Nodes that have a place of their own. */
export const POSE_TYPES: ReadonlySet<string> = new Set<string>(['Pose', 'Transform', ...SOLID_TYPES]);

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
]);
