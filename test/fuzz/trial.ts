import { isDeepStrictEqual } from 'node:util';
import { loadScene } from '../../src/engine/scene/load-scene.ts';
import type { Dialect } from '../../src/engine/scene-xml/dialect.ts';
import { sceneXml } from '../../src/engine/scene-xml/scene-xml.ts';
import { fillTemplate } from '../../src/engine/scene-xml/xml-writer.ts';
import { poseAttributes } from '../../src/engine/simulation/frame-encoder.ts';
import { Simulation } from '../../src/engine/simulation/simulation.ts';
import { AppError } from '../../src/errors.ts';
import { ProjectFolder } from '../src/engine/fixtures/project-folder.ts';
import { sceneFaults } from '../src/engine/fixtures/scene-schema.ts';
import { readXml } from '../src/engine/fixtures/xml.ts';

const DIALECTS: readonly Dialect[] = [
  { root: 'W3D', tags: 'modern' },
  { root: 'X3D', tags: 'legacy' },
];

/** Steps that each world goes on by. */
const STEPS = 5;

/** Time of the processor that one project may take, in ms: a small world takes some 10. */
const LONGEST_TRIAL = 20_000;

/**
 * Loads the world of a project, writes it for all clients, lets it go on, and sets it back.
 *
 * @param files by path in the project, with `worlds/world.wbt`
 * @returns `refused` where the world, or its physics, was refused with a reason
 * @throws Error where anything else came of it
 */
export async function tryProject(files: Readonly<Record<string, string>>): Promise<'shown' | 'refused'> {
  const folder = await ProjectFolder.create(files);
  const start = process.cpuUsage();
  try {
    const simulation = new Simulation(await loadScene(folder.at('worlds/world.wbt'), () => {}));
    checkScene(simulation);
    await simulation.prepare();
    const first = posesOf(simulation);
    simulation.reset();
    if (!isDeepStrictEqual(posesOf(simulation), first)) throw new Error('Expected the same poses after a reset.');
    simulation.close();
    return 'shown';
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    // Physics may be beyond what it can compute; a mistake in the program is another thing.
    if (error.cause instanceof TypeError || error.cause instanceof ReferenceError) throw error.cause;
    return 'refused';
  } finally {
    await folder.remove();
    const { user, system } = process.cpuUsage(start);
    const time = (user + system) / 1000;
    if (time > LONGEST_TRIAL) process.emitWarning(`A project took ${time} ms of the processor.`);
  }
}

function checkScene({ scene, poses, bodyNumbers }: Simulation): void {
  for (const dialect of DIALECTS) {
    const template = sceneXml(scene, { dialect, folder: 'worlds', bodies: bodyNumbers });
    const document = readXml(fillTemplate(template, (body) => poseAttributes(poses[body]!)));
    const faults = sceneFaults(document, dialect.tags);
    if (faults.length > 0) throw new Error(faults.join('\n'));
  }
}

function posesOf(simulation: Simulation): unknown[] {
  return Array.from({ length: STEPS }, () => {
    simulation.step();
    return simulation.poses;
  });
}
