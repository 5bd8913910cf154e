import { constants } from 'node:fs';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../errors.ts';
import type { ProjectCheckout } from '../projects/checkout.ts';

/** Folder of a project that holds its controllers, as in webots-server. */
const CONTROLLERS = 'controllers';

/** `<controller>/<file>` below `controllers`: no empty, hidden or parent parts. */
const CONTROLLER_FILE = /^(?!.*(?:^|\/)\.)[^/\\\0]+(?:\/[^/\\\0]+)+$/;

/** A controller may have put a link there since, which is not followed, or a pipe, which is not waited for. */
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Longest path of a controller file, in characters: our choice. */
const MAX_PATH = 200;

/**
 * Puts a controller file back as it was checked out.
 *
 * @param file path below `controllers`, e.g. `robot/robot.py`
 * @returns the answer to the client
 * @throws AppError `clientMisbehaved` if the file is not a plain one of the project's controllers
 */
export async function resetController(project: ProjectCheckout, file: string): Promise<string> {
  const refuse = (why: string, cause?: unknown) =>
    new AppError('clientMisbehaved', `Cannot reset controller: ${why}.`, { cause });
  if (file.length > MAX_PATH || !CONTROLLER_FILE.test(file)) throw refuse('expected <controller>/<file>');

  const path = `${CONTROLLERS}/${file}`;
  let pristine: Buffer;
  try {
    pristine = await project.readPristine(path);
  } catch (error) {
    throw refuse('the project has no such file', error);
  }
  await refuseLinks(project.projectFolder, path, refuse);
  const handle = await open(join(project.projectFolder, path), FLAGS).catch((error: unknown) => {
    throw refuse('the file cannot be written', error);
  });
  try {
    if (!(await handle.stat()).isFile()) throw refuse('the file is not a regular one any more');
    await handle.truncate();
    await handle.writeFile(pristine);
  } finally {
    await handle.close();
  }
  return `reset controller: ${file}`;
}

async function refuseLinks(folder: string, path: string, refuse: (why: string) => AppError): Promise<void> {
  const parts = path.split('/');
  for (let depth = 1; depth < parts.length; depth++) {
    const status = await lstat(join(folder, ...parts.slice(0, depth))).catch(() => undefined);
    if (!status?.isDirectory()) throw refuse('a folder on its way is missing or a link');
  }
}
