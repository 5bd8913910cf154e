import { DEFAULT_TIMEOUTS } from './bounds.ts';
import { Connection } from './connection.ts';
import { availabilityUrl } from './session-server.ts';
import { resolveWebSocket, type WebSocketConstructor } from './web-socket.ts';

/** Whether a simulation could be started now; `unknown` while the session server cannot be heard. */
export type Availability = 'available' | 'unavailable' | 'unknown';

export interface AvailabilityOptions {
  /** Instead of the platform's own, or `ws`. */
  readonly WebSocket?: WebSocketConstructor;
  /** Milliseconds: the first wait before a new attempt is between 0 and this, 1 s if not said. */
  readonly firstDelay?: number;
  /** Milliseconds: no wait is longer, 30 s if not said. */
  readonly longestDelay?: number;
  /** Milliseconds that a connection must last for the waits to begin at `firstDelay` again, 10 s if not said. */
  readonly stableAfter?: number;
  /** Milliseconds for a connection to open, 10 s if not said. */
  readonly openTimeout?: number;
  /** From 0 to below 1, `Math.random` if not said. */
  readonly random?: () => number;
}

/** Our choice: a server that restarts is found within a second, and a lost one costs two attempts a minute. */
const DEFAULTS = {
  firstDelay: 1_000,
  longestDelay: 30_000,
  stableAfter: 10_000,
  openTimeout: DEFAULT_TIMEOUTS.open,
  random: Math.random,
};

/** Doublings beyond this exceed every bound that a timer takes (2^31 ms). */
const MOST_DOUBLINGS = 30;

/**
 * Milliseconds to wait before the attempt that follows `failures` failed ones:
 * exponential with full jitter, so that the clients of a server that was lost
 * do not return all at once.
 */
export function retryDelay(failures: number, firstDelay: number, longestDelay: number, random: () => number): number {
  return random() * Math.min(longestDelay, firstDelay * 2 ** Math.min(Math.max(failures - 1, 0), MOST_DOUBLINGS));
}

/**
 * Tells whether simulations can be started, first as soon as it is known and
 * then whenever it changes, for ever: a lost session server is tried again.
 *
 * @param session the session server, e.g. `http://localhost:1999`
 * @returns what ends the watching
 * @throws TypeError if `session` is no http or https URL
 */
export function watchAvailability(
  session: string,
  onChange: (availability: Availability) => void,
  options: AvailabilityOptions = {},
): () => void {
  const watcher = new AvailabilityWatcher(availabilityUrl(session), onChange, { ...DEFAULTS, ...options });
  queueMicrotask(() => void watcher.connect());
  return () => watcher.stop();
}

class AvailabilityWatcher {
  readonly #url: string;
  readonly #onChange: (availability: Availability) => void;
  readonly #options: AvailabilityOptions & typeof DEFAULTS;
  #last: Availability | undefined;
  #failures = 0;
  #openedAt = 0;
  #isStopped = false;
  #connection: Connection | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    url: string,
    onChange: (availability: Availability) => void,
    options: AvailabilityOptions & typeof DEFAULTS,
  ) {
    this.#url = url;
    this.#onChange = onChange;
    this.#options = options;
  }

  async connect(): Promise<void> {
    const WebSocket = await resolveWebSocket(this.#options.WebSocket);
    if (this.#isStopped) return;
    this.#connection = new Connection({
      WebSocket,
      url: this.#url,
      openTimeout: this.#options.openTimeout,
      closeTimeout: DEFAULT_TIMEOUTS.farewell,
      onOpen: () => {
        this.#openedAt = performance.now();
      },
      onMessage: (text) => {
        if (text === '1' || text === '0') this.#tell(text === '1' ? 'available' : 'unavailable');
      },
      onClose: ({ wasOpen }) => this.#retry(wasOpen && performance.now() - this.#openedAt >= this.#options.stableAfter),
    });
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
    this.#connection?.close();
  }

  #retry(wasStable: boolean): void {
    if (this.#isStopped) return;
    const { firstDelay, longestDelay, random } = this.#options;
    this.#failures = wasStable ? 1 : this.#failures + 1;
    const delay = retryDelay(this.#failures, firstDelay, longestDelay, random);
    this.#timer = setTimeout(() => void this.connect(), delay);
    this.#tell('unknown');
  }

  #tell(availability: Availability): void {
    if (this.#isStopped || availability === this.#last) return;
    this.#last = availability;
    this.#onChange(availability);
  }
}
