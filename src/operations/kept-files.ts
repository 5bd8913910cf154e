import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateFolder } from './private-folder.ts';

/** Only our user may look into what is kept. */
const PRIVATE_FILE = 0o600;

/** Files that wait to be written; more are dropped. Our choice: a second's work of a slow disk. */
const MOST_PENDING = 100;

/** `<UTC time>-<kind>-<id>.json`, and what a killed server left of one. */
const NAME = /^\d{8}T\d{9}Z-([A-Za-z]+)-[\w.-]+?\.json(?:\.tmp)?$/;

export interface KeptFilesOptions {
  /** Absolute path; made at the first file. Other servers may keep theirs there too. */
  readonly folder: string;
  /** Most files of one kind in the folder; of more, the oldest are deleted. */
  readonly mostPerKind: number;
  /** Most bytes in one file; what is larger is not written. */
  readonly mostBytes: number;
  /** Hears of the first of failures in a row. */
  readonly onError: (error: unknown) => void;
}

/** A folder of JSON files that stays small, and whose failures concern nobody. */
export interface KeptFiles {
  /**
   * Writes a file when those before it are written: whole, or not at all.
   *
   * @param kind letters only; files of one kind never displace those of another
   * @returns the path that it will have, or undefined if too many wait already
   */
  keep(kind: string, id: string, content: string): string | undefined;
  /** Resolves when nothing waits to be written. */
  settled(): Promise<void>;
}

export function createKeptFiles({ folder, mostPerKind, mostBytes, onError }: KeptFilesOptions): KeptFiles {
  let last: Promise<void> = Promise.resolve();
  let pending = 0;
  let isFailing = false;

  function fail(error: unknown): void {
    if (!isFailing) onError(error);
    isFailing = true;
  }

  async function write(kind: string, name: string, content: string): Promise<void> {
    const bytes = Buffer.byteLength(content);
    if (bytes > mostBytes) throw new Error(`Expected ${name} to have at most ${mostBytes} bytes, got ${bytes}`);
    makePrivateFolder(folder);
    const path = join(folder, name);
    const unfinished = `${path}.tmp`;
    try {
      await writeFile(unfinished, content, { flag: 'wx', mode: PRIVATE_FILE });
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    await deleteOldest(kind, name);
  }

  /** `newest` stays even where the clock was set back, and others seem to be newer. */
  async function deleteOldest(kind: string, newest: string): Promise<void> {
    const names = (await readdir(folder)).filter((name) => name !== newest && NAME.exec(name)?.[1] === kind).sort();
    for (const name of names.slice(0, Math.max(0, names.length + 1 - mostPerKind))) {
      await rm(join(folder, name), { force: true });
    }
  }

  return {
    keep(kind, id, content) {
      if (pending >= MOST_PENDING) {
        fail(new Error(`Expected at most ${MOST_PENDING} files to wait for ${folder}`));
        return undefined;
      }
      pending++;
      const name = `${new Date().toISOString().replace(/[-:.]/g, '')}-${kind}-${id}.json`;
      last = last
        .then(() => write(kind, name, content))
        .then(() => {
          isFailing = false;
        }, fail)
        .finally(() => {
          pending--;
        });
      return join(folder, name);
    },
    settled: () => last,
  };
}
