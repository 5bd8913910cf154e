import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes that the cache may take (our choice: some thousand PROTO files). */
export const LARGEST_CACHE = 200_000_000;

/** Bytes that may be written before it is looked again how much there is, and for which room is made (our choice, a tenth of the whole). */
export const TRIM_INTERVAL = 20_000_000;

/** Files that the cache may have (our choice). */
const MOST_FILES = 20_000;

/** Bytes as which a smaller file counts, so that as large a part of the files as of the bytes is written meanwhile. */
const SMALLEST_SHARE = LARGEST_CACHE / MOST_FILES;

/** A file that was fetched before, and by what its host knows this version of it. */
export interface CachedFile {
  readonly content: Buffer;
  readonly etag: string | undefined;
}

/**
 * Files that were fetched, by their URLs. Contents are kept under the hash of what
 * is in them, each once; one that is no longer what its name says counts as not there.
 * Several programs may use one folder.
 */
export class FileCache {
  readonly #folder: string;
  /** Bytes written since the folder was last looked through; it has not been at first. */
  #written = Number.POSITIVE_INFINITY;

  /** @param folder is made where it is not there */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async get(url: URL): Promise<CachedFile | undefined> {
    try {
      const entry: unknown = JSON.parse(await readFile(this.#entry(url), 'utf8'));
      if (!isEntry(entry) || !/^[\da-f]{64}$/.test(entry.content)) return undefined;
      const content = await readFile(join(this.#folder, entry.content));
      return hashOf(content) === entry.content ? { content, etag: entry.etag } : undefined;
    } catch {
      // What cannot be read is fetched again.
      return undefined;
    }
  }

  async put(url: URL, { content, etag }: CachedFile): Promise<void> {
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      // A file comes with an entry of its own.
      if (this.#written + shareOf(content) + SMALLEST_SHARE > TRIM_INTERVAL) await this.#trim();
      const hash = hashOf(content);
      await this.#write(join(this.#folder, hash), content);
      await this.#write(this.#entry(url), JSON.stringify({ url: url.href, content: hash, etag }));
    } catch {
      // A disk that is full makes fetching slower, and stops nothing.
    }
  }

  /** Whole or not at all, whoever else writes it. */
  async #write(path: string, content: Buffer | string): Promise<void> {
    const draft = join(this.#folder, `${randomUUID()}.draft`);
    this.#written += shareOf(content);
    try {
      await writeFile(draft, content);
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
  }

  #entry(url: URL): string {
    return join(this.#folder, `${hashOf(url.href)}.json`);
  }

  /** Deletes the oldest files until there is room for what is written before the next time. */
  async #trim(): Promise<void> {
    this.#written = 0;
    const names = await readdir(this.#folder);
    const files: { path: string; size: number; time: number }[] = [];
    for (const name of names) {
      const path = join(this.#folder, name);
      const status = await stat(path).catch(() => undefined);
      if (status?.isFile()) files.push({ path, size: status.size, time: status.mtimeMs });
    }
    let size = files.reduce((sum, file) => sum + file.size, 0);
    let count = files.length;
    for (const file of files.sort((a, b) => a.time - b.time)) {
      if (size <= LARGEST_CACHE - TRIM_INTERVAL && count <= MOST_FILES - TRIM_INTERVAL / SMALLEST_SHARE) return;
      await rm(file.path, { force: true });
      size -= file.size;
      count--;
    }
  }
}

function shareOf(content: Buffer | string): number {
  return Math.max(content.length, SMALLEST_SHARE);
}

function isEntry(entry: unknown): entry is { content: string; etag: string | undefined } {
  if (typeof entry !== 'object' || entry === null || !('content' in entry)) return false;
  const etag = 'etag' in entry ? entry.etag : undefined;
  return typeof entry.content === 'string' && (etag === undefined || typeof etag === 'string');
}

function hashOf(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
