import type { Readable } from 'node:stream';

/** Bytes that are read in one window: with `WINDOW`, 20 MB a second for each stream. Our choice. */
const BUDGET = 2_000_000;

/** Length of a window in ms: our choice. */
const WINDOW = 100;

/** Keeps one program that prints without end from taking the time of all: it waits for its reader instead. */
export function limitRate(stream: Readable): void {
  let left = BUDGET;
  let window: NodeJS.Timeout | undefined;
  stream.on('data', (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) stream.pause();
    window ??= setTimeout(() => {
      window = undefined;
      left = BUDGET;
      stream.resume();
    }, WINDOW);
  });
  stream.once('close', () => clearTimeout(window));
}
