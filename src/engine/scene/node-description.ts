import {
  boolean,
  type FieldDescription,
  nodes,
  number,
  numbers,
  positive,
  size,
  string,
  strings,
  vector,
} from './field-description.ts';
import { MECHANICAL_DESCRIPTIONS } from './mechanical-description.ts';
import { DEVICE_TYPES, PASSED_OVER_TYPES, UNSHOWN_TYPES } from './node-type.ts';

/** The fields of a type of node that the engine knows, by name; others are passed over. */
export type NodeDescription = Readonly<Record<string, FieldDescription>>;

/** The faces of a sky that is made of pictures. */
export const SKY_FACES = ['back', 'bottom', 'front', 'left', 'right', 'top'] as const;

const POSE: NodeDescription = {
  translation: vector(0, 0, 0),
  rotation: vector(0, 0, 1, 0),
  scale: vector(1, 1, 1),
  children: nodes(),
};

const SOLID: NodeDescription = {
  ...POSE,
  name: string('solid'),
  contactMaterial: string('default'),
  boundingObject: nodes(),
  physics: nodes(),
  linearVelocity: vector(0, 0, 0),
  angularVelocity: vector(0, 0, 0),
};

const ROBOT: NodeDescription = {
  ...SOLID,
  name: string('robot'),
  controller: string('<generic>'),
  selfCollision: boolean(false),
};

const LIGHT: NodeDescription = {
  ambientIntensity: number(0),
  color: vector(1, 1, 1),
  intensity: number(1),
  on: boolean(true),
  castShadows: boolean(false),
};

const LAMP: NodeDescription = {
  ...LIGHT,
  attenuation: vector(1, 0, 0),
  location: vector(0, 0, 0),
  radius: number(100),
};

const SKY: NodeDescription = Object.fromEntries(
  SKY_FACES.flatMap((face) => [
    [`${face}Url`, strings()],
    [`${face}IrradianceUrl`, strings()],
  ]),
);

/**
 * The types of nodes that the engine shows or simulates, with the defaults of
 * Webots (its `resources/nodes/*.wrl`), which are not those of its web clients.
 */
export const NODE_DESCRIPTIONS: ReadonlyMap<string, NodeDescription> = new Map<string, NodeDescription>([
  [
    'WorldInfo',
    {
      title: string(''),
      info: strings(),
      basicTimeStep: positive(32),
      FPS: positive(60),
      // One number since R2021b, a vector before.
      gravity: numbers(9.81),
      // ENU since R2022a; what worlds of older releases mean is decided where the scene is made.
      coordinateSystem: string(''),
      lineScale: positive(0.1),
      defaultDamping: nodes(),
      contactProperties: nodes(),
    },
  ],
  [
    'Viewpoint',
    {
      position: vector(0, 0, 10),
      orientation: vector(0, 0, 1, 0),
      fieldOfView: positive(0.785398),
      near: positive(0.05),
      far: number(0),
      exposure: number(1),
      follow: string(''),
      followSmoothness: number(0.5),
      bloomThreshold: number(21),
      ambientOcclusionRadius: number(2),
    },
  ],
  ['Background', { skyColor: vector(0, 0, 0), luminosity: number(1), ...SKY }],
  ['Fog', { color: vector(1, 1, 1), fogType: string('LINEAR'), visibilityRange: number(0) }],
  ['DirectionalLight', { ...LIGHT, direction: vector(0, 0, -1) }],
  ['PointLight', LAMP],
  ['SpotLight', { ...LAMP, direction: vector(0, 0, -1), beamWidth: number(1.570796), cutOffAngle: number(0.785398) }],
  ['Group', { children: nodes() }],
  ['Billboard', { children: nodes() }],
  // At rest, the slow one of its two looks is shown.
  ['Propeller', { slowHelix: nodes() }],
  ['Slot', { endPoint: nodes() }],
  ['Pose', POSE],
  ['Transform', POSE],
  [
    'TrackWheel',
    {
      position: vector(0, 0),
      rotation: vector(1, 0, 0, 1.5708),
      radius: positive(0.1),
      inner: boolean(true),
      children: nodes(),
    },
  ],
  ['Fluid', { ...POSE, name: string('fluid') }],
  ['Solid', SOLID],
  ['Robot', ROBOT],
  ['DifferentialWheels', { ...ROBOT, name: string('differential wheels') }],
  ...DEVICE_TYPES.map((type): [string, NodeDescription] => [type, { ...SOLID, name: string(deviceName(type)) }]),
  ['Lidar', { ...SOLID, name: string('lidar'), rotatingHead: nodes() }],
  ['Track', { ...SOLID, name: string('track'), animatedGeometry: nodes(), geometriesCount: number(10) }],
  ...MECHANICAL_DESCRIPTIONS,
  ['Shape', { appearance: nodes(), geometry: nodes(), castShadows: boolean(true), isPickable: boolean(true) }],
  ['CadShape', { url: strings(), ccw: boolean(true), castShadows: boolean(true), isPickable: boolean(true) }],
  [
    'PBRAppearance',
    {
      baseColor: vector(1, 1, 1),
      baseColorMap: nodes(),
      transparency: number(0),
      roughness: number(0),
      roughnessMap: nodes(),
      metalness: number(1),
      metalnessMap: nodes(),
      IBLStrength: number(1),
      normalMap: nodes(),
      normalMapFactor: number(1),
      occlusionMap: nodes(),
      occlusionMapStrength: number(1),
      emissiveColor: vector(0, 0, 0),
      emissiveColorMap: nodes(),
      emissiveIntensity: number(1),
      textureTransform: nodes(),
    },
  ],
  ['Appearance', { material: nodes(), texture: nodes(), textureTransform: nodes() }],
  [
    'Material',
    {
      ambientIntensity: number(0.2),
      diffuseColor: vector(0.8, 0.8, 0.8),
      emissiveColor: vector(0, 0, 0),
      shininess: number(0.2),
      specularColor: vector(0, 0, 0),
      transparency: number(0),
    },
  ],
  ['ImageTexture', { url: strings(), repeatS: boolean(true), repeatT: boolean(true), filtering: number(4) }],
  ['TextureTransform', { center: vector(0, 0), rotation: number(0), scale: vector(1, 1), translation: vector(0, 0) }],
  ['Box', { size: size(2, 2, 2) }],
  ['Sphere', { radius: positive(1), subdivision: positive(1), ico: boolean(true) }],
  [
    'Cylinder',
    {
      radius: positive(1),
      height: positive(2),
      subdivision: positive(36),
      bottom: boolean(true),
      side: boolean(true),
      top: boolean(true),
    },
  ],
  [
    'Cone',
    {
      bottomRadius: positive(1),
      height: positive(2),
      subdivision: positive(12),
      bottom: boolean(true),
      side: boolean(true),
    },
  ],
  [
    'Capsule',
    {
      radius: positive(1),
      height: positive(2),
      subdivision: positive(12),
      bottom: boolean(true),
      side: boolean(true),
      top: boolean(true),
    },
  ],
  ['Plane', { size: size(1, 1) }],
  [
    'IndexedFaceSet',
    {
      coord: nodes(),
      normal: nodes(),
      texCoord: nodes(),
      coordIndex: numbers(),
      normalIndex: numbers(),
      texCoordIndex: numbers(),
      ccw: boolean(true),
      normalPerVertex: boolean(true),
      creaseAngle: number(0),
    },
  ],
  ['Mesh', { url: strings(), ccw: boolean(true), name: string(''), materialIndex: number(-1) }],
  ['IndexedLineSet', { coord: nodes(), coordIndex: numbers() }],
  ['PointSet', { coord: nodes(), color: nodes() }],
  ['Color', { color: numbers() }],
  ['Coordinate', { point: numbers() }],
  ['Normal', { vector: numbers() }],
  ['TextureCoordinate', { point: numbers() }],
  [
    'ElevationGrid',
    {
      height: numbers(),
      xDimension: number(0),
      xSpacing: positive(1),
      yDimension: number(0),
      ySpacing: positive(1),
      thickness: number(1),
    },
  ],
]);

/** The default of a device's `name`: `light sensor` for `LightSensor`, `gps` for `GPS`. */
function deviceName(type: string): string {
  if (type === 'RangeFinder') return 'range-finder';
  return type.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
}

/** Whether a type of node is one of Webots' own, and no PROTO. */
export function isBuiltIn(type: string): boolean {
  return NODE_DESCRIPTIONS.has(type) || PASSED_OVER_TYPES.has(type) || UNSHOWN_TYPES.has(type);
}
