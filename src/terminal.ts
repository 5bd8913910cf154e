import { closeSync, openSync } from 'node:fs';

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
