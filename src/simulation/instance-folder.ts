import { lstat, mkdir } from 'node:fs/promises';

/** Only our user may look into projects. */
const PRIVATE = 0o700;

/**
 * Makes the folder that holds one folder a session, private to the user who runs the server.
 *
 * @throws Error if it cannot be made, or is another user's
 */
export async function createInstancesFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: PRIVATE });
  const { uid } = await lstat(folder);
  const ours = process.getuid?.();
  if (ours !== undefined && uid !== ours) throw new Error(`Expected ${folder} to belong to user ${ours}, found ${uid}`);
}

export async function createInstanceFolder(path: string): Promise<void> {
  await mkdir(path, { mode: PRIVATE });
}
