import type { Readable } from 'node:stream';

/** Bytes that are read in one window: with `WINDOW`, 20 MB a second for each stream. Our choice. */
const BUDGET = 2_000_000;

/** Length of a window in ms: our choice. */
const WINDOW = 100;

/**
 * Hands on what a stream says, one chunk after the other, no faster than they
 * are taken and than the budget allows: a program that prints without end
 * waits for its reader, instead of taking everybody's time.
 *
 * Resolves when the stream has ended or was destroyed.
 */
export async function relayOutput(stream: Readable, hand: (chunk: Buffer) => void | Promise<void>): Promise<void> {
  let left = BUDGET;
  let windowEnd = performance.now() + WINDOW;
  try {
    for await (const chunk of stream) {
      await hand(chunk);
      left -= chunk.length;
      const now = performance.now();
      if (now < windowEnd && left > 0) continue;
      if (now < windowEnd) await new Promise((resolve) => setTimeout(resolve, windowEnd - now));
      left = BUDGET;
      windowEnd = performance.now() + WINDOW;
    }
  } catch {
    // The pipe broke, or was destroyed: the program's exit tells the end.
  }
}
