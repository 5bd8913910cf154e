import { MAX_PROJECT_FILES, measureTree, type TreeContent } from './project-tree.ts';

/** Pause between two looks at the size of what is being written, in ms; our choice: a fast line brings 50 MiB in it. */
export const SIZE_INTERVAL = 500;

export interface SizeWatch {
  readonly folders: readonly string[];
  /** Bytes above which a folder is not looked through to its end. */
  readonly limit: number;
  /** Hears the bytes and the number of files of each folder, in their order. */
  readonly onMeasured: (sizes: readonly Pick<TreeContent, 'bytes' | 'count'>[]) => void;
}

/**
 * Looks at the size of folders that others write to, until it is stopped.
 *
 * @returns stops the watch, and resolves when it no longer looks
 */
export function watchSize({ folders, limit, onMeasured }: SizeWatch): () => Promise<void> {
  const stop = new AbortController();
  const bounds = { bytes: limit, count: MAX_PROJECT_FILES, signal: stop.signal };
  let wake = () => {};
  const watching = watch();
  return () => {
    stop.abort();
    wake();
    return watching;
  };

  async function watch(): Promise<void> {
    while (await pause()) {
      // A folder that git removes while it is read is measured again the next time.
      const sizes = await Promise.all(folders.map((folder) => measureTree(folder, bounds))).catch(() => undefined);
      if (stop.signal.aborted) return;
      if (sizes) onMeasured(sizes);
    }
  }

  /** @returns whether to look again */
  async function pause(): Promise<boolean> {
    if (stop.signal.aborted) return false;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SIZE_INTERVAL);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return !stop.signal.aborted;
  }
}
