import { type StatsListener, unwatchFile, watchFile } from 'node:fs';

/**
 * Time in ms between two looks at the file: our choice. Looks find what notices of the system do not tell: a file behind
 * links that are replaced, as in a ConfigMap, and one on a disk of another machine.
 */
const LOOK_INTERVAL = 1_000;

/** Time in ms without a change after which the file is taken for written: our choice. */
const SETTLE_TIME = 500;

export interface WatchWaits {
  readonly lookInterval: number;
  readonly settleTime: number;
}

/**
 * Looks whether a file is another one than before, also through links. A file that is gone counts as about to come
 * back.
 *
 * @param file absolute path
 * @returns what ends the looking
 */
export function watchConfigFile(
  file: string,
  onChange: () => void,
  { lookInterval = LOOK_INTERVAL, settleTime = SETTLE_TIME }: Partial<WatchWaits> = {},
): () => void {
  let settling: NodeJS.Timeout | undefined;
  const look: StatsListener = ({ nlink }) => {
    clearTimeout(settling);
    if (nlink > 0) settling = setTimeout(onChange, settleTime).unref();
  };
  watchFile(file, { interval: lookInterval, persistent: false }, look);
  return () => {
    clearTimeout(settling);
    unwatchFile(file, look);
  };
}
