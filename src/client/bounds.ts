/** How long `connect` waits for what, in milliseconds. All defaults are our choice. */
export interface Timeouts {
  /** For the session server's answer. */
  readonly choice: number;
  /** In line, where all servers are full; whatever the servers themselves allow. */
  readonly queue: number;
  /** For a WebSocket to open. */
  readonly open: number;
  /** From the start message to the engine's address: checkout, build and launch of a large project fit into it. */
  readonly start: number;
  /** From the open stream to the complete scene. */
  readonly load: number;
  /** For a closing handshake, and for the server's reason after the stream has broken. */
  readonly farewell: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  choice: 10_000,
  queue: 3_600_000,
  open: 10_000,
  start: 600_000,
  load: 300_000,
  farewell: 3_000,
};

/** The longest delay a timer takes, in milliseconds: above it, timers fire at once (2^31 − 1, all platforms). */
const LONGEST_TIMER = 2_147_483_647;

/** Throws RangeError for a wait that is not between 1 ms and 2^31 − 1 ms. */
export function checkWait(name: string, milliseconds: number): void {
  if (milliseconds >= 1 && milliseconds <= LONGEST_TIMER) return;
  throw new RangeError(`Expected \`${name}\` to be from 1 to ${LONGEST_TIMER} milliseconds, got ${milliseconds}`);
}

/** `given` over the defaults; throws as `checkWait` does. */
export function timeoutsFrom(given: Partial<Timeouts> = {}): Timeouts {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...given };
  for (const [name, value] of Object.entries(timeouts)) checkWait(`timeouts.${name}`, value);
  return timeouts;
}

/** The longest answer of a session server that is read, in bytes (our choice; a URL is far shorter). */
export const LONGEST_ANSWER = 4_096;

/** The longest foreign text that a message of this library repeats, in characters (our choice). */
const LONGEST_QUOTE = 200;

/** `text` in one line of at most `LONGEST_QUOTE` characters. */
export function quote(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE)}…` : line;
}
