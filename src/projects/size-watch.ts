import { setTimeout as delay } from 'node:timers/promises';
import type { MeasureFolder, TreeSize } from '../reaper/measure-tree.ts';
import { MAX_PROJECT_FILES } from './project-tree.ts';

/** Pause between two looks at the size of what is being written, in ms; our choice: a fast line brings 50 MiB in it. */
const SIZE_INTERVAL = 500;

export interface SizeWatch {
  readonly folders: readonly string[];
  /** Bytes above which a folder is not looked through to its end. */
  readonly limit: number;
  /** Hears the bytes and the number of files of each folder, in their order. */
  readonly onMeasured: (sizes: readonly TreeSize[]) => void;
  /** Looks at one folder. */
  readonly measure: MeasureFolder;
}

/**
 * Looks at the size of folders that others write to, until it is stopped.
 *
 * @returns stops the watch; what is being looked at then is not heard any more
 */
export function watchSize({ folders, limit, onMeasured, measure }: SizeWatch): () => void {
  const stop = new AbortController();
  const bounds = { bytes: limit, count: MAX_PROJECT_FILES };
  void watch();
  return () => stop.abort();

  async function watch(): Promise<void> {
    while (await pause()) {
      // A folder that git removes while it is read is measured again the next time.
      const sizes = await Promise.all(folders.map((folder) => measure(folder, bounds))).catch(() => undefined);
      if (sizes && !stop.signal.aborted) onMeasured(sizes);
    }
  }

  /** @returns whether to look again */
  function pause(): Promise<boolean> {
    return delay(SIZE_INTERVAL, true, { signal: stop.signal }).catch(() => false);
  }
}
