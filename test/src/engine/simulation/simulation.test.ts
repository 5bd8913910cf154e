import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeScene } from '../../../../src/engine/scene/scene.ts';
import { Simulation } from '../../../../src/engine/simulation/simulation.ts';
import { readWorld } from '../../../../src/engine/world/read-world.ts';
import { sceneOf } from '../fixtures/world-text.ts';

const example = join(import.meta.dirname, '../../../../examples/worlds/marbles.wbt');
const FLOOR = 'Solid { boundingObject Plane { } }';

describe('Simulation', () => {
  it('adds up time exactly, also without anything that moves', () => {
    const simulation = new Simulation(sceneOf('WorldInfo { basicTimeStep 0.1 }'));

    expect(simulation.isPrepared).toBe(true);
    for (let step = 0; step < 3; step++) simulation.step();
    expect(simulation.time).toBe(0.3);
  });

  it.each([
    ['Sphere { radius 0.1 }', 0.1, 1],
    ['Box { size 0.2 0.2 0.2 }', 0.1, 0.12],
    ['Cylinder { radius 0.1 height 0.3 }', 0.15, 0.16],
  ])('lets %s fall and come to rest at %s', async (shape, height, start) => {
    const [pose] = await posesAfter(
      `${FLOOR} Solid { translation 0 0 ${start} boundingObject ${shape} physics Physics { } }`,
      300,
    );

    expect(pose?.translation[0]).toBeCloseTo(0, 2);
    expect(pose?.translation[1]).toBeCloseTo(0, 2);
    expect(Math.abs(pose!.translation[2] - height)).toBeLessThan(0.002);
  });

  it('lets a capsule that lies on its side rest at its radius', async () => {
    const lying = 'rotation 1 0 0 1.5708 boundingObject Capsule { radius 0.1 height 0.5 } physics Physics { }';
    const [pose] = await posesAfter(`${FLOOR} Solid { translation 0 0 0.5 ${lying} }`, 300);

    expect(Math.abs(pose!.translation[2] - 0.1)).toBeLessThan(0.002);
  });

  it('falls as far as gravity says', async () => {
    const nodes = 'WorldInfo { gravity 2 basicTimeStep 8 } Solid { boundingObject Sphere { } physics Physics { } }';
    const [pose] = await posesAfter(nodes, 125);

    // Half of 2 m/s² in one second, and what the first step is ahead.
    expect(pose?.translation[2]).toBeCloseTo(-1, 1);
  });

  it('rolls down a slope of an elevation grid', async () => {
    const slope = 'ElevationGrid { xDimension 2 yDimension 2 xSpacing 4 ySpacing 4 height [ 2 0 2 0 ] }';
    const ball = 'Solid { translation 1 2 2 boundingObject Sphere { radius 0.1 } physics Physics { } }';
    const [pose] = await posesAfter(`Solid { boundingObject ${slope} } ${ball}`, 40);

    expect(pose?.translation[0]).toBeGreaterThan(1.5);
    expect(pose?.translation[2]).toBeLessThan(1.6);
    expect(pose?.translation[2]).toBeGreaterThan(0);
  });

  it('loses speed by damping, and keeps it without', async () => {
    const moving = (damping: string) => `WorldInfo { gravity 0 } Solid { linearVelocity 1 0 0
      boundingObject Sphere { } physics Physics { ${damping} } }`;
    const [free] = await posesAfter(moving(''), 125);
    const [damped] = await posesAfter(moving('damping Damping { linear 0.9 }'), 125);

    expect(free?.translation[0]).toBeCloseTo(4, 3);
    // A tenth of the speed is left after each second: ∫ 0.1^t dt from 0 to 4.
    expect(damped?.translation[0]).toBeCloseTo((1 - 0.1 ** 4) / Math.log(10), 1);
  });

  it('tells poses as the fields of the solid say them, seen from where it is written', async () => {
    const nodes = `Pose { translation 0 0 10 rotation 1 0 0 1.5707963 children [
      Solid { translation 1 2 3 boundingObject Sphere { } physics Physics { } } ] }`;
    const [pose] = await posesAfter(nodes, 10);

    expect(pose?.translation[0]).toBeCloseTo(1, 5);
    expect(pose?.translation[1]).toBeLessThan(1.6);
    expect(pose?.translation[2]).toBeCloseTo(3, 5);
  });

  it('goes back to the start exactly, and from there the same way again', async () => {
    const simulation = new Simulation(makeScene(await readWorld(example)));
    await simulation.prepare();
    const start = simulation.poses;
    for (let step = 0; step < 200; step++) simulation.step();
    const first = simulation.poses;

    simulation.reset();
    expect(simulation.time).toBe(0);
    expect(simulation.poses).toEqual(start);
    for (let step = 0; step < 200; step++) simulation.step();

    expect(simulation.poses).toEqual(first);
    expect(first).not.toEqual(start);
  });

  it('keeps all bodies of the bundled example where they can be seen', async () => {
    const simulation = new Simulation(makeScene(await readWorld(example)));
    await simulation.prepare();
    for (let step = 0; step < 1_250; step++) simulation.step();

    expect(simulation.scene.notices).toEqual([]);
    expect(simulation.poses.length).toBeGreaterThanOrEqual(30);
    for (const { translation } of simulation.poses) {
      expect(Math.max(...translation.map(Math.abs))).toBeLessThan(4);
      expect(translation[2]).toBeGreaterThan(0);
    }
  });

  it('survives bodies of any size, mass and place, or says that physics failed', async () => {
    const simulation = new Simulation(
      sceneOf(`
        Solid { translation 1e9 -1e9 1e9 boundingObject Box { size 1e9 1e-9 1e9 } physics Physics { density 1e9 } }
        Solid { translation 1e9 -1e9 1e9 boundingObject Sphere { radius 1e-9 } physics Physics { density -1 mass 1e-9 } }
        Solid { boundingObject IndexedFaceSet { coord Coordinate { point [ 0 0 0 0 0 0 0 0 0 ] } coordIndex [ 0 1 2 -1 ] } }
        Solid { boundingObject IndexedFaceSet { coord Coordinate { point [ 0 0 0 0 0 0 0 0 0 ] } coordIndex [ 0 1 2 -1 ] } physics Physics { } }
        Solid { linearVelocity 1e9 1e9 1e9 boundingObject Capsule { height 1e9 } physics Physics { } }
      `),
    );
    await simulation.prepare();
    try {
      for (let step = 0; step < 20; step++) simulation.step();
    } catch (error) {
      expect(error).toMatchObject({ code: 'internalError', message: expect.stringContaining('physics of this world') });
      expect(() => simulation.step()).toThrow('needs a reset');
    }
    simulation.reset();
    expect(simulation.poses.flatMap(({ translation }) => translation).every(Number.isFinite)).toBe(true);
  });

  it('refuses to step before it is prepared', () => {
    const simulation = new Simulation(sceneOf('Solid { physics Physics { } }'));

    expect(simulation.isPrepared).toBe(false);
    expect(() => simulation.step()).toThrow('physics of this world failed');
  });
});

async function posesAfter(nodes: string, steps: number) {
  const simulation = new Simulation(sceneOf(nodes));
  await simulation.prepare();
  for (let step = 0; step < steps; step++) simulation.step();
  return simulation.poses;
}
