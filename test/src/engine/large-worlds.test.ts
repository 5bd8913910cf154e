import { afterEach, describe, expect, it } from 'vitest';
import { LoadedWorld } from '../../../src/engine/loaded-world.ts';
import { planBodies } from '../../../src/engine/physics/body-plan.ts';
import { Motion } from '../../../src/engine/physics/motion.ts';
import { loadRapier } from '../../../src/engine/physics/rapier.ts';
import { instantiate } from '../../../src/engine/prototypes/instantiation.ts';
import type { Found } from '../../../src/engine/prototypes/source-file.ts';
import { loadScene } from '../../../src/engine/scene/load-scene.ts';
import { makeSceneInSlices } from '../../../src/engine/scene/scene.ts';
import type { Dialect } from '../../../src/engine/scene-xml/dialect.ts';
import { sceneXml } from '../../../src/engine/scene-xml/scene-xml.ts';
import { MAXIMUM_DEPTH, MAXIMUM_NODES } from '../../../src/engine/world/node-reader.ts';
import { parseWorld } from '../../../src/engine/world/parser.ts';
import { ProjectFolder } from './fixtures/project-folder.ts';
import { sceneOf, worldText } from './fixtures/world-text.ts';

const DIALECTS: readonly Dialect[] = [
  { root: 'W3D', tags: 'modern' },
  { root: 'X3D', tags: 'legacy' },
];

/** Longest scene of the worlds here, in bytes: what a million points or half a million triangles come to. */
const LONGEST_SCENE = 64 * 1024 * 1024;

/** Points along each side of a surface of squares. */
const SIDE = 301;

const FACE_SET = squares();

let folder: ProjectFolder | undefined;

afterEach(async () => {
  await folder?.remove();
  folder = undefined;
});

describe('a world as large as the bounds let it be', { timeout: 60_000 }, () => {
  it.each([
    ['a hundred thousand nodes', 'Solid { children [ Shape { geometry Box { } } ] }\n'.repeat(25_000)],
    [
      'a million points',
      `Shape { geometry PointSet { coord Coordinate { point [ ${'0.5 1.5 2.5 '.repeat(1_000_000)} ] } } }`,
    ],
    [
      'a terrain of a million heights',
      solid(`ElevationGrid { xDimension 1000 yDimension 1000 height [ ${'0.5 '.repeat(1_000_000)} ] }`),
    ],
    [
      'half a million triangles in one polygon',
      solid(`IndexedFaceSet { creaseAngle 1 coord Coordinate { point [ 0 0 0 1 0 0 0 1 0 ] }
      coordIndex [ ${'0 1 2 '.repeat(166_666)} ] }`),
    ],
  ])('of %s is shown to all clients, and goes on', async (_, nodes) => {
    const world = await load(nodes);

    expect(world.simulation.scene.notices).toEqual([]);
    for (const dialect of DIALECTS) {
      await world.prepareModel(dialect);
      expect(world.modelMessage(dialect).length).toBeLessThan(LONGEST_SCENE);
    }
    await world.simulation.prepare();
    world.simulation.step();
    world.simulation.close();
  });

  it('lets other work have its turn while its scene is read and written', async () => {
    let turns = 0;
    let isWatching = true;
    const watch = () => {
      turns++;
      if (isWatching) setImmediate(watch);
    };
    const world = await load(solid(FACE_SET));
    setImmediate(watch);
    for (const dialect of DIALECTS) await world.prepareModel(dialect);
    isWatching = false;

    // Four million numbers, of which a slice has ten thousand, and takes milliseconds.
    expect(turns).toBeGreaterThan(20);
  });

  it('of many nodes in one is made and written in slices', () => {
    const world = parseWorld(worldText(`Group { children [ ${'Pose { children [ Shape { } ] } '.repeat(5_000)} ] }`));
    const [scene, slices] = counted(makeSceneInSlices(world));

    expect(slices).toBeGreaterThan(50);
    for (const dialect of DIALECTS) {
      expect(sceneXml(scene, { dialect, folder: '', bodies: new Map() }).pieces.length).toBeGreaterThan(50);
    }
  });

  it('of many nodes in one PROTO is filled in in slices', () => {
    const world = parseWorld(
      worldText(`PROTO A [ ] { Group { children [ ${'Pose { children [ Shape { } ] } '.repeat(5_000)} ] } }\nA { }`),
    );
    const file = { folder: '', prototypes: new Map<string, Found>() };
    for (const prototype of world.prototypes) file.prototypes.set(prototype.name, { prototype, file });

    expect(counted(instantiate(world, file))[1]).toBeGreaterThan(50);
  });

  it.each([
    ['a face set', `Solid { boundingObject ${FACE_SET} }`],
    ['a terrain', `Solid { boundingObject ElevationGrid { xDimension ${SIDE} yDimension ${SIDE} } }`],
    ['a face set that moves', `Solid { boundingObject ${FACE_SET} physics Physics { } }`],
  ])('of %s is given to physics in slices', async (_, nodes) => {
    const scene = sceneOf(`${nodes} Solid { boundingObject Sphere { } physics Physics { } }`);
    const rapier = await loadRapier();
    const [motion, slices] = counted(Motion.inSlices(rapier, planBodies(scene), scene.gravity, scene.timeStep));
    motion.free();

    expect(slices).toBeGreaterThan(30);
  });

  it.each([
    [
      'ten thousand nodes inside each other',
      'Group { children '.repeat(10_000),
      `${MAXIMUM_DEPTH} nodes inside each other`,
    ],
    ['half a million nodes and more', 'Group { } '.repeat(MAXIMUM_NODES + 1), `${MAXIMUM_NODES} nodes in a world`],
  ])('and more, of %s, is refused', async (_, nodes, reason) => {
    await expect(load(nodes)).rejects.toThrow(`Expected at most ${reason}`);
  });
});

function squares(): string {
  const side = Array.from({ length: SIDE }, (_, index) => index);
  const points = side.flatMap((y) => side.map((x) => `${x} ${y} ${(x * y) % 7}`));
  const last = side.slice(1).flatMap((y) => side.slice(1).map((x) => SIDE * y + x));
  const faces = last.map((corner) => `${corner - SIDE - 1} ${corner - SIDE} ${corner} ${corner - 1} -1`);
  return `IndexedFaceSet { creaseAngle 1 coord Coordinate { point [ ${points.join(', ')} ] } coordIndex [ ${faces.join(' ')} ] }`;
}

/** What work gives, and how often it handed over. */
function counted<Result>(work: Generator<unknown, Result, undefined>): [result: Result, slices: number] {
  for (let slices = 0; ; slices++) {
    const { done, value } = work.next();
    if (done) return [value as Result, slices];
  }
}

function solid(geometry: string): string {
  return `Solid { children [ Shape { geometry ${geometry} } ] boundingObject Box { } physics Physics { } }`;
}

async function load(nodes: string): Promise<LoadedWorld> {
  folder = await ProjectFolder.create({ 'worlds/large.wbt': worldText(nodes) });
  const path = folder.at('worlds/large.wbt');
  return LoadedWorld.of(path, 'worlds', await loadScene(path, () => {}));
}
