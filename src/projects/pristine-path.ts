import { lstat, readFile } from 'node:fs/promises';
import { AppError } from '../errors.ts';
import type { WorldReading } from './world-url.ts';

/** Longest path in a project that may be asked for, in characters; our choice. */
const MAX_PATH_LENGTH = 1024;

/** Largest pristine file that is given out, in bytes; our choice, far above what a controller's source has. */
export const MAX_PRISTINE_SIZE = 16 * 1024 * 1024;

/**
 * The path in the repository of a file of the project.
 *
 * @param relativePath path in the project, with slashes
 * @throws AppError `clientMisbehaved` for a path that is absolute, leads upwards, or cannot be one
 */
export function pristinePath({ folder }: WorldReading, relativePath: string): string {
  const segments = relativePath.split('/');
  const isPlain = segments.every((segment) => !/^\.{0,2}$|^\.git$|[\0\\]/i.test(segment));
  if (!isPlain || relativePath.length > MAX_PATH_LENGTH) throw pristineMissing(relativePath);
  return folder === '' ? relativePath : `${folder}/${relativePath}`;
}

/** What asking for a file gets that is not one of the project. */
export function pristineMissing(relativePath: string): AppError {
  const shown = JSON.stringify(relativePath.slice(0, 100));
  return new AppError('clientMisbehaved', `Expected a file of the project, got ${shown}`);
}

/** @returns undefined if there is no regular file of at most {@link MAX_PRISTINE_SIZE} at `file` */
export async function readRegularFile(file: string): Promise<Buffer | undefined> {
  // What cannot be looked at is not there.
  const status = await lstat(file).catch(() => undefined);
  return status?.isFile() && status.size <= MAX_PRISTINE_SIZE ? readFile(file) : undefined;
}
