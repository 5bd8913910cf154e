import fs from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import git, { type TreeEntry } from 'isomorphic-git';
import { checkoutFailure, isDiskFull } from './checkout-failure.ts';
import { MAX_PROJECT_FILES } from './project-tree.ts';
import type { WorldUrl } from './world-url.ts';

export interface TreeWriter {
  readonly world: WorldUrl;
  readonly gitFolder: string;
  /** Most bytes that may be written. */
  readonly sizeLimit: number;
  /** Hears the bytes written so far, after every file. */
  readonly onWritten: (bytes: number) => void;
  /** Memory of isomorphic-git across calls. */
  readonly cache: object;
}

/**
 * Writes a tree of the repository to a folder that is there and empty; submodules become empty folders.
 *
 * Nothing that is there already is opened or followed, so no entry can be written through another one.
 *
 * @param oid id of the tree
 * @throws AppError `projectUnusable`, `projectTooLarge` or `diskFull`
 */
export async function writeTree(writer: TreeWriter, oid: string, folder: string): Promise<void> {
  const { world, gitFolder: gitdir, sizeLimit, onWritten, cache } = writer;
  const trees = [{ oid, folder }];
  let bytes = 0;
  let count = 0;
  for (let next = trees.pop(); next !== undefined; next = trees.pop()) {
    const { tree } = await git.readTree({ fs, gitdir, oid: next.oid, cache });
    count += tree.length;
    if (count > MAX_PROJECT_FILES) throw checkoutFailure.tooManyFiles(world, MAX_PROJECT_FILES);
    for (const entry of tree) {
      if (!isFileName(entry.path)) throw checkoutFailure.unusable(world, 'a name in it is none for a file');
      const target = path.join(next.folder, entry.path);
      if (entry.type === 'blob') {
        const { blob } = await git.readBlob({ fs, gitdir, oid: entry.oid, cache });
        bytes += blob.byteLength;
        if (bytes > sizeLimit) throw checkoutFailure.tooLarge(world, sizeLimit);
        await writeNew(world, () => writeBlob(entry, blob, target));
        onWritten(bytes);
      } else {
        await writeNew(world, () => mkdir(target));
        if (entry.type === 'tree') trees.push({ oid: entry.oid, folder: target });
      }
    }
  }
}

/** @returns the id of the tree at `folder` in the tree `oid`; undefined if there is none */
export async function findTree(writer: TreeWriter, oid: string, folder: string): Promise<string | undefined> {
  let found = oid;
  for (const segment of folder === '' ? [] : folder.split('/')) {
    const { tree } = await git.readTree({ fs, gitdir: writer.gitFolder, oid: found, cache: writer.cache });
    const entry = tree.find(({ path: name, type }) => name === segment && type === 'tree');
    if (!entry) return undefined;
    found = entry.oid;
  }
  return found;
}

async function writeBlob({ mode }: TreeEntry, blob: Uint8Array, target: string): Promise<void> {
  if (mode === '120000') await symlink(Buffer.from(blob), target);
  else await writeFile(target, blob, { flag: 'wx', mode: mode === '100755' ? 0o777 : 0o666 });
}

async function writeNew(world: WorldUrl, write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    if (isDiskFull(cause)) throw checkoutFailure.diskFull(cause);
    throw checkoutFailure.unusable(world, 'a file in it cannot be written', cause);
  }
}

function isFileName(name: string): boolean {
  return !/^\.{0,2}$|^\.git$|[/\0]/i.test(name);
}
