import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { loadScene } from '../../../src/engine/scene/load-scene.ts';
import type { Dialect } from '../../../src/engine/scene-xml/dialect.ts';
import { sceneXml } from '../../../src/engine/scene-xml/scene-xml.ts';
import { fillTemplate } from '../../../src/engine/scene-xml/xml-writer.ts';
import { poseAttributes } from '../../../src/engine/simulation/frame-encoder.ts';
import { Simulation } from '../../../src/engine/simulation/simulation.ts';
import { AppError } from '../../../src/errors.ts';
import { ProjectFolder } from './fixtures/project-folder.ts';
import { randomProject } from './fixtures/random-project.ts';
import { sceneFaults } from './fixtures/scene-schema.ts';
import { sceneOf } from './fixtures/world-text.ts';
import { readXml } from './fixtures/xml.ts';

/** Time that random worlds are tried, in ms; fast-check stops there and prints its seed where one fails. */
const TRIAL = { interruptAfterTimeLimit: 8_000, numRuns: 150 };

const DIALECTS: readonly Dialect[] = [
  { root: 'W3D', tags: 'modern' },
  { root: 'X3D', tags: 'legacy' },
];

const GRAVITY = 9.81;

let folder: ProjectFolder | undefined;

afterEach(async () => {
  await folder?.remove();
  folder = undefined;
});

describe('any project', () => {
  it('is a scene that clients know all of, or is refused with a reason', { timeout: 60_000 }, async () => {
    let shown = 0;
    await fc.assert(
      fc.asyncProperty(randomProject, async (files) => {
        folder = await ProjectFolder.create(files);
        try {
          const simulation = new Simulation(await loadScene(folder.at('worlds/world.wbt'), () => {}));
          shown += 1;
          expectCleanScene(simulation);
        } catch (error) {
          // The world itself may be wrong; its PROTOs never keep it from being shown.
          expect(error).toBeInstanceOf(AppError);
          expect(error).toMatchObject({ code: 'worldUnreadable' });
        } finally {
          await folder.remove();
          folder = undefined;
        }
      }),
      TRIAL,
    );
    expect(shown).toBeGreaterThan(0);
  });

  it('can be simulated and set back exactly', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(randomProject, async (files) => {
        folder = await ProjectFolder.create(files);
        try {
          const simulation = new Simulation(await loadScene(folder.at('worlds/world.wbt'), () => {}));
          await simulation.prepare();
          const start = simulation.poses;
          const end = stepsOf(simulation);
          simulation.reset();
          expect(simulation.poses).toEqual(start);
          expect(stepsOf(simulation)).toEqual(end);
          simulation.close();
        } catch (error) {
          // Of physics that failed, who watches is told; a reset helps.
          expect(error).toBeInstanceOf(AppError);
        } finally {
          await folder.remove();
          folder = undefined;
        }
      }),
      TRIAL,
    );
  });
});

describe('physics', () => {
  const shape = fc.oneof(
    fc
      .double({ min: 0.05, max: 1, noNaN: true })
      .map((radius) => ({ shape: `Sphere { radius ${radius} }`, least: radius })),
    fc
      .tuple(side(), side(), side())
      .map(([x, y, z]) => ({ shape: `Box { size ${x} ${y} ${z} }`, least: Math.min(x, y, z) / 2 })),
    fc.tuple(side(), side()).map(([radius, height]) => ({
      shape: `Cylinder { radius ${radius} height ${height} }`,
      least: Math.min(radius, height / 2),
    })),
    fc
      .tuple(side(), side())
      .map(([radius, height]) => ({ shape: `Capsule { radius ${radius} height ${height} }`, least: radius })),
  );

  it('never adds energy to a body that falls, nor lets it sink in', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.double({ min: 0.1, max: 2, noNaN: true }),
        fc.double({ min: 0, max: 0.8, noNaN: true }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        async (body, drop, bounce, angle) => {
          const simulation = await fallingBody(body.shape, { drop, bounce, angle });
          const energies = energiesOf(simulation, 400);
          const [start = 0] = energies;
          // The energy of turning is not among them, so they may only fall short.
          for (const energy of energies) expect(energy).toBeLessThan(start + 0.02 * GRAVITY * (drop + 1));
          expect(simulation.poses[0]!.translation[2]).toBeGreaterThan(body.least - 0.02);
          simulation.close();
        },
      ),
      { interruptAfterTimeLimit: 8_000, numRuns: 60 },
    );
  });

  it('brings a body to rest', { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(shape, fc.double({ min: 0.1, max: 2, noNaN: true }), async (body, drop) => {
        // What is round would roll for long: nothing but damping holds it up.
        const damping = body.shape.startsWith('Box') ? 0.2 : 0.9;
        const simulation = await fallingBody(body.shape, { drop, bounce: 0.3, angle: 0.2, damping });
        for (let step = 0; step < 2_000; step++) simulation.step();
        const [before] = simulation.poses;
        for (let step = 0; step < 125; step++) simulation.step();
        const [after] = simulation.poses;
        for (const axis of [0, 1, 2] as const) {
          expect(Math.abs(after!.translation[axis] - before!.translation[axis])).toBeLessThan(0.01);
        }
        simulation.close();
      }),
      { interruptAfterTimeLimit: 8_000, numRuns: 30 },
    );
  });
});

function side(): fc.Arbitrary<number> {
  return fc.double({ min: 0.1, max: 1, noNaN: true });
}

interface Fall {
  /** In m. */
  readonly drop: number;
  readonly bounce: number;
  /** In radians. */
  readonly angle: number;
  /** The part of the speeds that is lost in a second. */
  readonly damping?: number;
}

/** A body above a floor. */
async function fallingBody(shape: string, { drop, bounce, angle, damping = 0.2 }: Fall): Promise<Simulation> {
  const simulation = new Simulation(
    sceneOf(`WorldInfo { basicTimeStep 8 gravity ${GRAVITY} defaultDamping Damping { linear ${damping} angular ${damping} }
      contactProperties ContactProperties { bounce ${bounce} } }
      Solid { boundingObject Plane { } }
      Solid { translation 0 0 ${drop + 2} rotation 1 1 0 ${angle} boundingObject ${shape} physics Physics { } }`),
  );
  await simulation.prepare();
  return simulation;
}

/** Of height and speed, in J/kg, between each two steps. */
function energiesOf(simulation: Simulation, steps: number): number[] {
  const energies: number[] = [];
  const duration = simulation.scene.timeStep / 1000;
  for (let step = 0; step < steps; step++) {
    const before = simulation.poses[0]!.translation;
    simulation.step();
    const after = simulation.poses[0]!.translation;
    const speed = Math.hypot(...after.map((value, axis) => value - before[axis]!)) / duration;
    energies.push((GRAVITY * (before[2] + after[2])) / 2 + speed ** 2 / 2);
  }
  return energies;
}

function stepsOf(simulation: Simulation): unknown[] {
  return Array.from({ length: 5 }, () => {
    simulation.step();
    return simulation.poses;
  });
}

function expectCleanScene({ scene, poses, bodyNumbers }: Simulation): void {
  for (const dialect of DIALECTS) {
    const template = sceneXml(scene, { dialect, folder: 'worlds', bodies: bodyNumbers });
    const document = readXml(fillTemplate(template, (body) => poseAttributes(poses[body]!)));
    expect(sceneFaults(document, dialect.tags)).toEqual([]);
  }
}
