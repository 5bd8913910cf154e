import { afterEach, describe, expect, it } from 'vitest';
import { LoadedWorld } from '../../../src/engine/loaded-world.ts';
import { loadScene } from '../../../src/engine/scene/load-scene.ts';
import type { Dialect } from '../../../src/engine/scene-xml/dialect.ts';
import { MAXIMUM_DEPTH, MAXIMUM_NODES } from '../../../src/engine/world/node-reader.ts';
import { ProjectFolder } from './fixtures/project-folder.ts';
import { worldText } from './fixtures/world-text.ts';

const DIALECTS: readonly Dialect[] = [
  { root: 'W3D', tags: 'modern' },
  { root: 'X3D', tags: 'legacy' },
];

/** Longest scene of the worlds here, in bytes: what a million points or half a million triangles come to. */
const LONGEST_SCENE = 64 * 1024 * 1024;

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
    const side = Array.from({ length: 301 }, (_, index) => index);
    const points = side.flatMap((y) => side.map((x) => `${x} ${y} 0`));
    const squares = side.slice(1).flatMap((y) => side.slice(1).map((x) => 301 * y + x));
    const faces = squares.map((last) => `${last - 302} ${last - 301} ${last} ${last - 1} -1`);
    let turns = 0;
    let isWatching = true;
    const watch = () => {
      turns++;
      if (isWatching) setImmediate(watch);
    };
    const world = await load(
      solid(`IndexedFaceSet { creaseAngle 1
      coord Coordinate { point [ ${points.join(', ')} ] } coordIndex [ ${faces.join(' ')} ] }`),
    );
    setImmediate(watch);
    for (const dialect of DIALECTS) await world.prepareModel(dialect);
    isWatching = false;

    // Four million numbers, of which a slice has ten thousand, and takes milliseconds.
    expect(turns).toBeGreaterThan(20);
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

function solid(geometry: string): string {
  return `Solid { children [ Shape { geometry ${geometry} } ] boundingObject Box { } physics Physics { } }`;
}

async function load(nodes: string): Promise<LoadedWorld> {
  folder = await ProjectFolder.create({ 'worlds/large.wbt': worldText(nodes) });
  const path = folder.at('worlds/large.wbt');
  return new LoadedWorld(path, 'worlds', await loadScene(path, () => {}));
}
