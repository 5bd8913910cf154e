import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/** The terminal of the process that asks, whichever that is. */
const OWN_TERMINAL = '/dev/tty';

/** Whether this process has a terminal; one whose window was closed has none any more. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync(OWN_TERMINAL, 'r'));
    return true;
  } catch {
    return false;
  }
}

/** Time in ms between two looks whether the terminal is still there: our choice. */
const LOOK_INTERVAL = 1_000;

/** A SIGHUP that comes later than so many ms after the terminal was missed is an order of somebody: our choice. */
export const HANG_UP_TIME = 5_000;

export interface HangUpTools {
  hasTerminal(): boolean;
  /** Whether input or output of this process is one; `nohup` leads all of them elsewhere. */
  isOnTerminal(): boolean;
  /** Milliseconds that never run backwards. */
  now(): number;
}

const OWN_TOOLS: HangUpTools = {
  hasTerminal,
  isOnTerminal: () => [0, 1, 2].some((descriptor) => isatty(descriptor)),
  now: () => performance.now(),
};

/**
 * Tells the end of a terminal from an order to read files again: both are SIGHUP.
 *
 * @returns says, when SIGHUP comes, whether it is because the window was closed in which this process runs
 */
export function watchHangUp({ hasTerminal, isOnTerminal, now }: HangUpTools = OWN_TOOLS): () => boolean {
  if (!hasTerminal() || !isOnTerminal()) return () => false;
  let missed: number | undefined;
  const looking = setInterval(look, LOOK_INTERVAL).unref();

  function look(): void {
    if (missed !== undefined || hasTerminal()) return;
    missed = now();
    clearInterval(looking);
  }

  return () => {
    look();
    return missed !== undefined && now() - missed < HANG_UP_TIME;
  };
}
