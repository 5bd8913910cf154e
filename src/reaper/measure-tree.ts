import { lstat, readdir } from 'node:fs/promises';

/** Files whose status is asked for at the same time; our choice, a few for each thread that Node has for it. */
const BATCH = 32;

const SLASH = Buffer.from('/');

/** What is in a folder, links not followed. */
export interface TreeContent {
  /** Bytes of all regular files. */
  readonly bytes: number;
  /** Number of files, folders and links. */
  readonly count: number;
  /** Absolute paths of links; bytes, because names need not be UTF-8. */
  readonly links: readonly Buffer[];
  /** Absolute paths of what is neither a file nor a folder nor a link. */
  readonly devices: readonly Buffer[];
}

/** How much a tree has, as in `TreeContent`. */
export type TreeSize = Pick<TreeContent, 'bytes' | 'count'>;

/** How far a tree is looked through; beyond a bound the look ends early, with figures above the bound. */
export interface TreeBounds extends TreeSize {
  readonly signal?: AbortSignal;
}

/** Tells how much is in a folder, by whatever process looks. */
export type MeasureFolder = (folder: string, bounds: TreeSize) => Promise<TreeSize>;

/** Looks through a folder, which may change meanwhile: what is no longer there is left out. */
export async function measureTree(folder: string, { bytes, count, signal }: TreeBounds): Promise<TreeContent> {
  const content = { bytes: 0, count: 0, links: [] as Buffer[], devices: [] as Buffer[] };
  const folders = [Buffer.from(folder)];
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const entries = await readdir(next, { withFileTypes: true, encoding: 'buffer' }).catch(absent([]));
    content.count += entries.length;
    const files: Buffer[] = [];
    for (const entry of entries) {
      const entryPath = Buffer.concat([next, SLASH, entry.name]);
      if (entry.isDirectory()) folders.push(entryPath);
      else if (entry.isFile()) files.push(entryPath);
      else if (entry.isSymbolicLink()) content.links.push(entryPath);
      else content.devices.push(entryPath);
    }
    for (let start = 0; start < files.length; start += BATCH) {
      signal?.throwIfAborted();
      const batch = files.slice(start, start + BATCH);
      const sizes = await Promise.all(batch.map((file) => lstat(file).then(({ size }) => size, absent(0))));
      for (const size of sizes) content.bytes += size;
      if (content.bytes > bytes) return content;
    }
    if (content.count > count) return content;
  }
  return content;
}

/** Handles the error of something that has gone meanwhile; others are passed on. */
function absent<T>(value: T): (error: NodeJS.ErrnoException) => T {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return value;
    throw error;
  };
}
