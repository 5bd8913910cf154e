import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Pose } from '../../../src/engine/physics/motion.ts';
import { loadScene } from '../../../src/engine/scene/load-scene.ts';
import type { Scene } from '../../../src/engine/scene/scene.ts';
import { type SceneNode, walk } from '../../../src/engine/scene/scene-node.ts';
import type { Dialect } from '../../../src/engine/scene-xml/dialect.ts';
import { sceneXml } from '../../../src/engine/scene-xml/scene-xml.ts';
import { fillTemplate } from '../../../src/engine/scene-xml/xml-writer.ts';
import { poseAttributes } from '../../../src/engine/simulation/frame-encoder.ts';
import { Simulation } from '../../../src/engine/simulation/simulation.ts';
import { OWN_WORLDS, ownWorld, REAL_WORLDS } from './fixtures/sample-worlds.ts';
import { sceneFaults } from './fixtures/scene-schema.ts';
import { readXml, type XmlElement } from './fixtures/xml.ts';

const DIALECTS: readonly Dialect[] = [
  { root: 'W3D', tags: 'modern' },
  { root: 'X3D', tags: 'modern' },
  { root: 'X3D', tags: 'legacy' },
];
const [MODERN, , LEGACY] = DIALECTS as [Dialect, Dialect, Dialect];

/** Simulated time in which all of our worlds come to rest, in ms. */
const SETTLING = 8_000;

describe('the worlds of this folder', () => {
  it('are at least ten', () => {
    expect(OWN_WORLDS.length).toBeGreaterThanOrEqual(10);
  });

  it.each(OWN_WORLDS.map((path) => [basename(path), path]))(
    '%s is a scene that clients know all of',
    async (_, path) => {
      await expectCleanScene(path);
    },
  );

  it.each(OWN_WORLDS.map((path) => [basename(path), path]))(
    '%s moves the same way again after a reset, and comes to rest',
    async (_, path) => {
      const simulation = await simulationOf(path);
      const start = simulation.poses;
      run(simulation, SETTLING);
      const end = simulation.poses;
      run(simulation, 500);
      if (!path.includes('materials')) expectNear(simulation.poses, end, 0.002);
      simulation.reset();
      expect(simulation.poses).toEqual(start);
      run(simulation, SETTLING);
      expect(simulation.poses).toEqual(end);
    },
  );
});

describe('the worlds of real projects', () => {
  it.skipIf(REAL_WORLDS.length === 0)(
    'are scenes that clients know all of (skipped where they are not there)',
    async () => {
      for (const path of REAL_WORLDS) await expectCleanScene(path);
    },
  );

  it.skipIf(REAL_WORLDS.length === 0)(
    'go the same way each time and after a reset, which restores the start (skipped where they are not there)',
    async () => {
      for (const path of REAL_WORLDS) {
        const [simulation, other] = [await simulationOf(path), await simulationOf(path)];
        const start = simulation.poses;
        run(simulation, 1_000);
        const end = simulation.poses;
        run(other, 1_000);
        expect(other.poses).toEqual(end);
        simulation.reset();
        expect([simulation.time, simulation.poses]).toEqual([0, start]);
        run(simulation, 1_000);
        expect(simulation.poses).toEqual(end);
      }
    },
  );

  it.skipIf(REAL_WORLDS.length === 0)(
    'have their own meshes and pictures (skipped where they are not there)',
    async () => {
      const path = REAL_WORLDS.find((world) => world.endsWith('local_assets_example.wbt'));
      const { document, scene } = await written(path ?? '', LEGACY);

      expect(find(document, 'CadShape').attributes.url).toBe('"../protos/meshes/forklift.obj"');
      expect(find(document, 'ImageTexture').attributes.url).toBe('"worlds/textures/light_asphalt.jpg"');
      expect(scene.notices).toEqual([
        'Not shown: 1 TexturedBackground, 1 TexturedBackgroundLight, each because its PROTO is not part of the project.',
      ]);
    },
  );
});

describe('what worlds say', () => {
  it('is written of all geometries', async () => {
    const { document } = await written(ownWorld('shapes'), MODERN);

    const shown = ['Box', 'Sphere', 'Cylinder', 'Cone', 'Capsule', 'Plane', 'IndexedLineSet', 'Color'];
    expect(shown.map((tag) => find(document, tag).attributes)).toMatchObject([
      { size: '1 2 3' },
      { radius: '0.5', subdivision: '3', ico: 'false' },
      { radius: '0.4', height: '1', subdivision: '8', top: 'false', bottom: 'true' },
      { bottomRadius: '0.4', height: '1', bottom: 'false', side: 'true' },
      { radius: '0.2', height: '1', side: 'false' },
      { size: '2 3' },
      { coordIndex: '0 1 2 -1' },
      { color: '1 0 0 0 1 0' },
    ]);
  });

  it.each([
    [MODERN, ['baseColorMap', 'roughnessMap', 'metalnessMap', 'normalMap', 'occlusionMap', 'emissiveColorMap']],
    [LEGACY, ['baseColor', 'roughness', 'metalness', 'normal', 'occlusion', 'emissiveColor']],
  ])('is written of appearances for $tags clients', async (dialect, roles) => {
    const { document } = await written(ownWorld('appearances'), dialect);
    const look = find(document, 'PBRAppearance');
    const old = find(document, 'Appearance');

    expect(look.attributes).toMatchObject({ baseColor: '0.5 0.5 1', transparency: '0.1', emissiveIntensity: '2' });
    expect(look.children.flatMap(({ attributes }) => attributes.role ?? [])).toEqual(roles);
    expect(look.children[0]?.attributes).toMatchObject({ url: '"worlds/textures/a.png"', repeatS: 'false' });
    expect(look.children.at(-1)?.attributes).toMatchObject({ center: '0.5 0.5', rotation: '1', scale: '2 3' });
    expect(old.children.map(({ tag }) => tag)).toEqual(['Material', 'ImageTexture', 'TextureTransform']);
    expect(old.children[0]?.attributes).toMatchObject({ diffuseColor: '1 0 0', transparency: '0.5' });
  });

  it('is written of lights, fog, sky and view', async () => {
    const { document } = await written(ownWorld('lights'), MODERN);
    const lamp = elements(document).find(({ attributes }) => attributes.name === 'lamp');

    const shown = ['Viewpoint', 'Background', 'Fog', 'DirectionalLight', 'PointLight', 'SpotLight'];
    expect(shown.map((tag) => find(document, tag).attributes)).toMatchObject([
      { near: '0.1', zNear: '0.1', far: '500', zFar: '500', follow: 'lamp', followedId: lamp?.attributes.id },
      { skyColor: '0.1 0.2 0.3', luminosity: '0.7', backUrl: '"worlds/sky/back.jpg"', topUrl: '"worlds/sky/top.jpg"' },
      { fogType: 'EXPONENTIAL', visibilityRange: '50' },
      { direction: '0.1 0.2 -1', on: 'false', castShadows: 'true', intensity: '2' },
      { attenuation: '0 0 1', location: '0 0 1', radius: '20' },
      { beamWidth: '0.3', cutOffAngle: '0.6', direction: '1 0 -1' },
    ]);
    // One of its pictures is missing.
    expect(Object.keys(find(document, 'Background').attributes).filter((name) => /Irradiance/.test(name))).toEqual([]);
  });

  it('is written of meshes from where the world is, and they fall as what is measured of their files', async () => {
    const path = ownWorld('meshes');
    const { document } = await written(path, MODERN);
    const simulation = await simulationOf(path);
    run(simulation, SETTLING);

    expect(find(document, 'CadShape').attributes).toMatchObject({ url: '"../meshes/wedge.obj"', ccw: 'false' });
    expect(find(document, 'Mesh').attributes).toMatchObject({ url: '"../meshes/wedge.obj"', ccw: 'true' });
    // Its origin is in the middle of its lower side.
    expectNear(simulation.poses, [{ translation: [0, 0, 0], rotation: [0, 0, 1, 0] }], 0.01);
  });

  it('is written of PROTOs, whose wheels have pictures of their own', async () => {
    const { document, scene } = await written(ownWorld('protos'), MODERN);

    expect(
      elements(document).flatMap(({ tag, attributes }) => (tag === 'ImageTexture' ? attributes.url! : [])),
    ).toEqual(['"protos/parts/textures/tread.png"', '"protos/parts/textures/tread.png"', '"protos/rubber.png"']);
    expect(elements(document).flatMap(({ attributes }) => attributes.name ?? [])).toEqual(
      expect.arrayContaining(['floor', 'cart', 'Scripted', 'moose']),
    );
    expect(scene.notices).toEqual([
      'Not shown: 1 Scripted (a box stands for it), its PROTO is a script, and the embedded engine runs none.',
      'Not shown: 1 Moose (a box stands for it), its PROTO is not part of the project.',
    ]);
  });

  it('holds what is at joints with motors where it is, seen from the robot, and lets the rest hang', async () => {
    const path = ownWorld('joints');
    const simulation = await simulationOf(path);
    const { notices } = simulation.scene;
    run(simulation, SETTLING);

    const [arm, third] = simulation.poses as [Pose, Pose];
    expectNear([arm], [{ translation: [0, 0, 0.1], rotation: [0, 0, 1, 0] }], 0.01);
    expectNear([third], [{ translation: [0, 0, 0], rotation: third.rotation }], 0.01);
    expect(third.rotation[3]).toBeCloseTo(Math.PI, 1);
    expect(notices).toEqual([
      'Robot: the embedded engine runs no controllers, so "arm" will not act.',
      'HingeJoint: 1 held rigid by motors, which no controller moves.',
      'SliderJoint: 1 held rigid by motors, which no controller moves.',
      'Hinge2Joint: 1 held rigid, the embedded engine moves joints about one axis.',
    ]);
  });

  it('lets a ball roll into the deepest place of the terrain that is drawn', async () => {
    const simulation = await simulationOf(ownWorld('terrain'));
    run(simulation, 2 * SETTLING);
    const [x, y] = simulation.poses[0]!.translation;

    expect(x).toBeGreaterThan(3.5);
    expect(y).toBeGreaterThan(3.5);
  });

  it('lets ice slide and rubber stay', async () => {
    const simulation = await simulationOf(ownWorld('materials'));
    run(simulation, 1_000);
    const [ice, rubber] = simulation.poses.map(({ translation: [x] }) => x);

    expect(ice).toBeGreaterThan(1);
    expect(Math.abs(rubber!)).toBeLessThan(0.05);
  });

  it('leaves nothing out of robots without a word, and nothing for its devices', async () => {
    const { scene } = await written(ownWorld('robot'), MODERN);
    const names = [...walk(scene.roots)].flatMap(({ type, values }) => (type === 'Robot' ? [] : (values.name ?? [])));

    expect(names).toEqual(expect.arrayContaining(['gps', 'range-finder', 'inertial unit', 'track', 'slow']));
    expect(names).not.toContain('fast');
    expect(scene.notices).toEqual([
      'Robot: the embedded engine runs no controllers, so "robot" will not act.',
      'Not shown: 1 Skin, the embedded engine has nothing to draw it with.',
    ]);
  });
});

interface Written {
  readonly document: XmlElement;
  readonly scene: Scene;
}

async function written(path: string, dialect: Dialect): Promise<Written> {
  const simulation = await simulationOf(path);
  const { scene, poses, bodyNumbers } = simulation;
  const template = sceneXml(scene, { dialect, folder: 'worlds', bodies: bodyNumbers });
  return { scene, document: readXml(fillTemplate(template, (body) => poseAttributes(poses[body]!))) };
}

async function expectCleanScene(path: string): Promise<void> {
  for (const dialect of DIALECTS) {
    const { document, scene } = await written(path, dialect);
    expect(sceneFaults(document, dialect.tags)).toEqual([]);
    expect(elements(document).filter(({ tag }) => tag === 'Shape')).toHaveLength(shapesOf(scene));
  }
}

/** All shapes have something to draw in these worlds. */
function shapesOf({ roots }: Scene): number {
  return countShapes(roots);
}

function countShapes(nodes: readonly SceneNode[]): number {
  return nodes.reduce((sum, { type, nodes: inner }) => {
    if (type === 'Shape') return sum + 1;
    return sum + countShapes([...(inner.children ?? []), ...(inner.endPoint ?? []), ...(inner.slowHelix ?? [])]);
  }, 0);
}

async function simulationOf(path: string): Promise<Simulation> {
  const simulation = new Simulation(await loadScene(path, () => {}));
  await simulation.prepare();
  return simulation;
}

function run(simulation: Simulation, duration: number): void {
  const end = simulation.time + duration;
  while (simulation.time < end) simulation.step();
}

function expectNear(poses: readonly Pose[], others: readonly Pose[], tolerance: number): void {
  expect(poses).toHaveLength(others.length);
  for (const [index, { translation }] of poses.entries()) {
    for (const axis of [0, 1, 2] as const) {
      expect(Math.abs(translation[axis] - others[index]!.translation[axis])).toBeLessThan(tolerance);
    }
  }
}

function elements(root: XmlElement): XmlElement[] {
  return [root, ...root.children.flatMap(elements)];
}

function find(root: XmlElement, tag: string): XmlElement {
  const element = elements(root).find((candidate) => candidate.tag === tag);
  if (element === undefined) throw new Error(`Expected an element ${tag}.`);
  return element;
}
