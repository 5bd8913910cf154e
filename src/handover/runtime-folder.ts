import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Only our user may enter. */
const PRIVATE_FOLDER = 0o700;

/** Permissions of others to change what is in a folder. */
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Absolute path of the folder in which running servers can be spoken to: systemd's `RuntimeDirectory`, else one of our
 * user's in the temporary folder.
 */
export function runtimeFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const [given] = (environment.RUNTIME_DIRECTORY ?? '').split(':');
  return given || join(tmpdir(), `webots-hub-${ownUser()}`, 'run');
}

/**
 * Makes the folder where it is missing.
 *
 * @throws Error if others could put sockets of their own into it, or if it cannot be made
 */
export function openRuntimeFolder(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: PRIVATE_FOLDER });
  for (const path of [dirname(folder), folder]) {
    const { uid, mode } = lstatSync(path);
    const isTrusted = uid === ownUser() || uid === 0;
    const isSticky = (mode & 0o1000) !== 0;
    if (!isTrusted || ((mode & WRITABLE_BY_OTHERS) !== 0 && !(isSticky && path !== folder)))
      throw new Error(`Expected ${path} to be a folder that only its owner, we or root, can change`);
  }
}

/** Whether `path` is a socket of our user, behind which nobody else can be. */
export function isOwnSocket(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isSocket() === true && found.uid === ownUser();
}

function ownUser(): number {
  return process.getuid?.() ?? 0;
}
