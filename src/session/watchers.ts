import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { AddressShares } from '../operations/address-shares.ts';

/** Longest frame that a watcher may send, in bytes; longer ones close its socket with 1009. Clients send nothing. */
export const MAX_WATCHER_FRAME = 1_024;

/** Bounds of the set of watchers; all but `pingInterval` are our choice. */
export interface WatcherLimits {
  /** Sockets at once; further ones are refused, unless an address has more than its share. Twice the ten thousand that one server is built for. */
  readonly watchers: number;
  /** Time between two pings in ms: 15 s, so that a broken connection is found within 30 s. */
  readonly pingInterval: number;
  /** Frames that one watcher may send between two pings. */
  readonly frames: number;
  /** Bytes that may wait for one watcher beside what the operating system holds. */
  readonly backlog: number;
  /** Longest wait in ms for the closing handshakes when the server closes. */
  readonly closeTimeout: number;
}

export const WATCHER_LIMITS: WatcherLimits = {
  watchers: 20_000,
  pingInterval: 15_000,
  frames: 100,
  backlog: 4_096,
  closeTimeout: 1_000,
};

/** Watchers served before the event loop gets its turn: 1,000 sends take about 11 ms. */
const BATCH = 1_000;

/** Ms between two groups of watchers that are closed one after the other: our choice. */
const RETIRE_STEP = 100;

const CLOSE_GOING_AWAY = 1001;
const CLOSE_POLICY_VIOLATION = 1008;

const AVAILABLE = Buffer.from('1');
const UNAVAILABLE = Buffer.from('0');

interface Watcher {
  readonly socket: WebSocket;
  readonly address: string;
  /** The last bit sent. */
  told: boolean | undefined;
  /** Whether anything was heard since the last ping. */
  isAlive: boolean;
  /** Frames received since the last ping. */
  frames: number;
}

/**
 * The sockets that watch the availability: each gets the published bit when it
 * comes, and then changes only. What one socket does never concerns another.
 */
export class Watchers {
  readonly #limits: WatcherLimits;
  readonly #watchers = new Set<Watcher>();
  readonly #shares = new AddressShares<Watcher>();
  readonly #pings: NodeJS.Timeout;
  readonly #onError: (error: unknown) => void;
  #published = false;
  #isTelling = false;
  #isOutdated = false;
  #isClosed = false;
  #onEmpty: () => void = () => {};

  /** @param onError hears of a bug that cost a watcher its connection */
  constructor(limits: Partial<WatcherLimits> = {}, onError: (error: unknown) => void = () => {}) {
    this.#onError = onError;
    this.#limits = { ...WATCHER_LIMITS, ...limits };
    this.#pings = setInterval(() => void this.#forEach((watcher) => this.#ping(watcher)), this.#limits.pingInterval);
    // The server's port keeps the process alive, not this.
    this.#pings.unref();
  }

  get size(): number {
    return this.#watchers.size;
  }

  /** The bit that every watcher knows or is about to be told. */
  get published(): boolean {
    return this.#published;
  }

  get hasRoom(): boolean {
    return !this.#isClosed && this.#watchers.size < this.#limits.watchers;
  }

  /** Whether a socket from there can be added: while there is room, and where another address has more than its share. */
  hasRoomFor(address: string): boolean {
    return this.hasRoom || (!this.#isClosed && this.#shares.surplus(address) !== undefined);
  }

  /** Takes an open socket and tells it the published bit. Where there is no room, the address with most loses one. */
  add(socket: WebSocket, address = ''): void {
    const watcher: Watcher = { socket, address, told: undefined, isAlive: true, frames: 0 };
    const surplus = this.hasRoom ? undefined : this.#shares.surplus(address);
    if (surplus) {
      this.#forget(surplus);
      surplus.socket.terminate();
    }
    this.#watchers.add(watcher);
    this.#shares.add(address, watcher);
    const hear = () => this.#attempt(watcher, () => this.#hear(watcher));
    socket.on('message', hear).on('ping', hear);
    socket.on('pong', () => {
      watcher.isAlive = true;
    });
    // `ws` follows every 'error' with 'close', and closes with 1009 or 1002 what is too long or malformed.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#forget(watcher);
      if (this.#watchers.size === 0) this.#onEmpty();
    });
    this.#attempt(watcher, () => this.#tell(watcher));
  }

  #forget(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    this.#shares.delete(watcher.address, watcher);
  }

  /** Tells all watchers that do not know it yet; returns before the last one is told. */
  publish(available: boolean): void {
    this.#published = available;
    void this.#tellAll();
  }

  /**
   * Closes every socket with 1001, one after the other within `time` ms, so that those who come back do not come at
   * once; what changes meanwhile is told to those that are left.
   */
  async retire(time: number): Promise<void> {
    const watchers = [...this.#watchers];
    const share = Math.ceil((watchers.length * RETIRE_STEP) / time);
    for (let first = 0; first < watchers.length; first += share) {
      for (const { socket } of watchers.slice(first, first + share)) socket.close(CLOSE_GOING_AWAY);
      if (first + share < watchers.length) await wait(RETIRE_STEP);
    }
    await this.close();
  }

  /** Closes every socket with 1001, and breaks those that do not answer within `closeTimeout`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#pings);
    await this.#forEach(({ socket }) => socket.close(CLOSE_GOING_AWAY));
    if (this.#watchers.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      timer = setTimeout(resolve, this.#limits.closeTimeout);
    });
    clearTimeout(timer);
    for (const { socket } of this.#watchers) socket.terminate();
  }

  /** One round at a time; a change during a round is told in the rest of it and in one more. */
  async #tellAll(): Promise<void> {
    this.#isOutdated = true;
    if (this.#isTelling) return;
    this.#isTelling = true;
    while (this.#isOutdated) {
      this.#isOutdated = false;
      await this.#forEach((watcher) => this.#tell(watcher));
    }
    this.#isTelling = false;
  }

  #tell(watcher: Watcher): void {
    const { socket } = watcher;
    if (watcher.told === this.#published || socket.readyState !== socket.OPEN) return;
    watcher.told = this.#published;
    socket.send(this.#published ? AVAILABLE : UNAVAILABLE, { binary: false });
    // Whoever keeps sending without ever reading lets the bits pile up here, if slowly.
    if (socket.bufferedAmount > this.#limits.backlog) socket.terminate();
  }

  #ping(watcher: Watcher): void {
    const { socket, isAlive } = watcher;
    watcher.isAlive = false;
    watcher.frames = 0;
    if (!isAlive) socket.terminate();
    else if (socket.readyState === socket.OPEN) socket.ping();
  }

  #hear(watcher: Watcher): void {
    watcher.isAlive = true;
    watcher.frames++;
    if (watcher.frames > this.#limits.frames) this.#expel(watcher);
  }

  /** Told why at first; whoever goes on sending after that is cut off. */
  #expel({ socket }: Watcher): void {
    if (socket.readyState === socket.OPEN) socket.close(CLOSE_POLICY_VIOLATION);
    else socket.terminate();
  }

  async #forEach(action: (watcher: Watcher) => void): Promise<void> {
    let count = 0;
    for (const watcher of this.#watchers) {
      this.#attempt(watcher, () => action(watcher));
      if (++count % BATCH === 0) await nextTurn();
    }
  }

  #attempt(watcher: Watcher, action: () => void): void {
    try {
      action();
    } catch (error) {
      // Whatever is wrong with this socket, the others are served on; its 'close' takes it out of the set.
      this.#onError(error);
      watcher.socket.terminate();
    }
  }
}
