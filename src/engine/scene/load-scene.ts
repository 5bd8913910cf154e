import type { RemoteFiles } from '../network/remote-files.ts';
import { clientPath, projectOf } from '../project.ts';
import { instantiate } from '../prototypes/instantiation.ts';
import { PrototypeLibrary } from '../prototypes/prototype-library.ts';
import { runInTurns } from '../turns.ts';
import { ReadingBudget } from '../world/node-reader.ts';
import { readWorld } from '../world/read-world.ts';
import { measureBoundingMeshes } from './bounding-meshes.ts';
import { makeSceneInSlices, type Scene } from './scene.ts';

/** Hears how loading goes: the step as clients know it, and how much of it is done, from 0 to 100. */
export type LoadingListener = (status: string, percent: number) => void;

/**
 * Reads a world with the PROTOs of its project, and makes its scene; other work has its turn meanwhile.
 *
 * @param remote PROTO files that may be fetched; none where it is `undefined`
 * @throws AppError `worldUnreadable`
 */
export async function loadScene(path: string, onProgress: LoadingListener, remote?: RemoteFiles): Promise<Scene> {
  onProgress('Parsing nodes', 0);
  const project = projectOf(path);
  const folder = clientPath(project, project.worlds);
  const budget = new ReadingBudget();
  const written = await readWorld(path, (part) => onProgress('Parsing nodes', Math.floor(100 * part)), budget);
  const library = new PrototypeLibrary(project.root, budget, remote);
  const source = await library.resolve(written, folder);
  onProgress('Creating nodes', 0);
  const { world, omissions } = await runInTurns(
    instantiate({ ...written, missingDefinitions: library.missingDefinitions }, source),
  );
  const { nodes, unmeasured } = await measureBoundingMeshes(world.nodes, project.root, folder);
  const scene = await runInTurns(makeSceneInSlices({ ...world, nodes }, [...omissions, ...unmeasured]));
  onProgress('Finalizing nodes', 100);
  return scene;
}
