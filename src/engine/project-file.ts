import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { areVisible } from './http/project-path.ts';

/** A file of a project, open for reading; who gets it closes it. */
export interface ProjectFile {
  readonly handle: FileHandle;
  /** Absolute, without links. */
  readonly path: string;
  /** In bytes, when it was opened. */
  readonly size: number;
  /** Changes when the content does. */
  readonly version: string;
}

/**
 * Opens a regular file of a project, also through links as long as they stay inside.
 *
 * @param names from the project down
 * @returns `undefined` for whatever is no such file, is hidden, or cannot be opened
 */
export async function openProjectFile(root: string, names: readonly string[]): Promise<ProjectFile | undefined> {
  try {
    const realRoot = await realpath(root);
    const path = await realpath(join(realRoot, ...names));
    // A path outside begins with `..`, which is a hidden name.
    if (!areVisible(relative(realRoot, path).split(sep))) return undefined;
    // Not to be held up by a pipe, nor led elsewhere by a link that was made just now.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const status = await handle.stat({ bigint: true });
    if (status.isFile()) {
      const version = `${path}:${status.ino}:${status.mtimeNs}:${status.size}`;
      return { handle, path, size: Number(status.size), version };
    }
    await handle.close();
    return undefined;
  } catch {
    // Whatever cannot be opened is not there.
    return undefined;
  }
}

/** Reads an open file, no more of it than it had when it was opened, and closes it. */
export async function readAndClose({ handle, size }: ProjectFile): Promise<Buffer> {
  try {
    const buffer = Buffer.alloc(size);
    let filled = 0;
    while (filled < size) {
      const { bytesRead } = await handle.read(buffer, filled, size - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await handle.close();
  }
}
