import type { Vector } from '../math/vector.ts';
import { runAtOnce } from '../turns.ts';
import type { World } from '../world/world.ts';
import { type CoordinateSystem, coordinateSystemOf } from './coordinate-system.ts';
import { Expansion } from './expansion.ts';
import { sceneNotices } from './notices.ts';
import type { Omission } from './omissions.ts';
import { numberOf, numbersOf, type SceneNode, walk } from './scene-node.ts';

/** A world as the engine shows and simulates it. */
export interface Scene {
  /** The release that the world was written for, e.g. `R2025a`. */
  readonly version: string;
  readonly worldInfo: SceneNode;
  readonly viewpoint: SceneNode;
  /** All other nodes at the root, in the order of the file. */
  readonly roots: readonly SceneNode[];
  readonly coordinateSystem: CoordinateSystem;
  /** In m/s². */
  readonly gravity: Vector;
  /** Simulated time of one step, in ms. */
  readonly timeStep: number;
  /** Most pictures a second. */
  readonly framesPerSecond: number;
  /** What differs from Webots, one sentence each. */
  readonly notices: readonly string[];
}

/** Nodes after which other work may have its turn (our choice: below 1 ms). */
const SLICE = 1_000;

/** Where the camera is in a world without a viewpoint: a little above, looking down at the origin (our choice). */
const DEFAULT_VIEW = { position: [-10, 0, 5], orientation: [0, 1, 0, 0.46] };

/**
 * What lights a world without light (our choice, by looking): a high sun with shadows, and two weaker lights without,
 * from the other side and from below, so that the walls of a closed room can be told apart.
 */
const DEFAULT_LIGHTS = [
  { direction: [0.5, -0.6, -1], intensity: 2, ambientIntensity: 0.2, castShadows: true },
  { direction: [-0.7, 0.2, -0.1], intensity: 0.8 },
  { direction: [0.2, 0.7, 0.3], intensity: 0.3 },
];

/** The sky of a world without one (our choice). */
const DEFAULT_SKY = { skyColor: [0.6, 0.75, 0.9], luminosity: 1 };

/**
 * @param world without PROTOs
 * @param omissions what was left out of it before
 * @throws AppError `worldUnreadable` where the scene would be too large
 */
export function makeScene(world: World, omissions: readonly Omission[] = []): Scene {
  return runAtOnce(makeSceneInSlices(world, omissions));
}

/** The same, and hands over between slices of the work. */
export function* makeSceneInSlices(
  world: World,
  omissions: readonly Omission[] = [],
): Generator<void, Scene, undefined> {
  const expansion = new Expansion();
  const nodes: SceneNode[] = [];
  for (const node of world.nodes) {
    nodes.push(...(yield* expansion.expand([node])));
  }
  const worldInfo = nodes.find(({ type }) => type === 'WorldInfo') ?? expansion.create('WorldInfo');
  const viewpoint = nodes.find(({ type }) => type === 'Viewpoint') ?? expansion.create('Viewpoint', DEFAULT_VIEW);
  const roots = nodes.filter(({ type }) => type !== 'WorldInfo' && type !== 'Viewpoint');
  if (!roots.some(({ type }) => type === 'Background')) roots.unshift(expansion.create('Background', DEFAULT_SKY));
  if (!(yield* hasLight(roots))) {
    roots.unshift(...DEFAULT_LIGHTS.map((light) => expansion.create('DirectionalLight', light)));
  }
  const coordinateSystem = coordinateSystemOf(worldInfo.values.coordinateSystem, world.version);
  return {
    version: world.version,
    worldInfo,
    viewpoint,
    roots,
    coordinateSystem,
    gravity: gravityOf(worldInfo, coordinateSystem),
    timeStep: numberOf(worldInfo, 'basicTimeStep'),
    framesPerSecond: numberOf(worldInfo, 'FPS'),
    notices: yield* sceneNotices({ roots, expansion, omissions, missingDefinitions: world.missingDefinitions }),
  };
}

function* hasLight(roots: readonly SceneNode[]): Generator<void, boolean, undefined> {
  for (const { id, type } of walk(roots)) {
    if (type === 'DirectionalLight' || type === 'PointLight' || type === 'SpotLight') return true;
    if (id % SLICE === 0) yield;
  }
  return false;
}

function gravityOf(worldInfo: SceneNode, coordinateSystem: CoordinateSystem): Vector {
  const [first = 9.81, y, z] = numbersOf(worldInfo, 'gravity');
  if (y !== undefined && z !== undefined) return [first, y, z];
  return coordinateSystem === 'ENU' ? [0, 0, -first] : [0, -first, 0];
}
