import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from 'koa';
import { addressOf } from './address-key.ts';
import { AddressShares } from './address-shares.ts';
import { type TrustedProxies, trustedProxies } from './client-address.ts';

/** Bounds of a stream of events; all are our choice. */
export interface EventStreamLimits {
  /** Viewers at once; further ones are to be refused, unless an address has more than its share. */
  readonly viewers: number;
  /** Shortest time in ms between two messages. */
  readonly interval: number;
  /** Longest time in ms without a word, so that viewers and proxies know that the stream lives. */
  readonly beatInterval: number;
  /** Bytes that may wait for one viewer beside what the operating system holds; whoever lags further behind is cut off. */
  readonly backlog: number;
}

export const EVENT_STREAM_LIMITS: EventStreamLimits = {
  viewers: 100,
  interval: 1_000,
  beatInterval: 15_000,
  backlog: 512 * 1024,
};

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=UTF-8',
  'Cache-Control': 'no-store',
  // nginx would collect what is meant for now.
  'X-Accel-Buffering': 'no',
};

const BEAT = Buffer.from('event: beat\ndata:\n\n');

/**
 * Sends what changes to all viewers as Server-Sent Events: each message is the
 * whole of what is to be known, made once for all of them, and not at all
 * while nobody watches.
 */
export class EventStream {
  readonly #message: () => unknown;
  readonly #onError: (error: unknown) => void;
  readonly #limits: EventStreamLimits;
  readonly #trusted: TrustedProxies;
  /** By address, as far as it tells one viewer from another. */
  readonly #viewers = new Map<ServerResponse, string>();
  readonly #shares = new AddressShares<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #isOutdated = false;
  #frame: Buffer | undefined;
  #quiet = 0;

  /**
   * @param message what is to be known now, to be serialised as JSON
   * @param onError hears of a bug in `message`, which costs one message
   * @param trusted the proxies whose word on a viewer's address is taken; by default none
   */
  constructor(
    message: () => unknown,
    onError: (error: unknown) => void,
    limits: Partial<EventStreamLimits> = EVENT_STREAM_LIMITS,
    trusted: TrustedProxies = trustedProxies([]),
  ) {
    this.#trusted = trusted;
    this.#message = message;
    this.#onError = onError;
    this.#limits = { ...EVENT_STREAM_LIMITS, ...limits };
  }

  get size(): number {
    return this.#viewers.size;
  }

  get hasRoom(): boolean {
    return this.#viewers.size < this.#limits.viewers;
  }

  /** Whether who asks can be added: while there is room, and where another address has more than its share. */
  hasRoomFor(request: IncomingMessage): boolean {
    return this.hasRoom || this.#surplusFor(request) !== undefined;
  }

  /** Takes over a response and tells it the whole at once. Where there is no room, the address with most loses one. */
  add(response: ServerResponse): void {
    const surplus = this.hasRoom ? undefined : this.#surplusFor(response.req);
    if (surplus) {
      this.#remove(surplus);
      surplus.destroy();
    }
    const address = addressOf(response.req, this.#trusted);
    this.#viewers.set(response, address);
    this.#shares.add(address, response);
    // Followed by 'close'.
    response.on('error', () => {});
    response.once('close', () => this.#remove(response));
    response.writeHead(200, HEADERS);
    this.#timer ??= setInterval(() => this.#tick(), this.#limits.interval);
    this.#frame ??= this.#make();
    if (this.#frame) this.#send(response, this.#frame);
  }

  /** There is something to tell; costs nothing while nobody watches. */
  changed(): void {
    this.#isOutdated = true;
  }

  /** Tells the whole once more, and ends all streams. */
  finish(): void {
    const frame = this.#viewers.size > 0 ? this.#make() : undefined;
    if (frame) this.#sendAll(frame);
    this.close();
  }

  /** Ends all streams. */
  close(): void {
    for (const viewer of this.#viewers.keys()) viewer.end();
    this.#stop();
  }

  #tick(): void {
    if (this.#isOutdated) {
      this.#frame = this.#make() ?? this.#frame;
      if (this.#frame) this.#sendAll(this.#frame);
      return;
    }
    this.#quiet += this.#limits.interval;
    if (this.#quiet >= this.#limits.beatInterval) this.#sendAll(BEAT);
  }

  #make(): Buffer | undefined {
    this.#isOutdated = false;
    try {
      return Buffer.from(`data: ${JSON.stringify(this.#message())}\n\n`);
    } catch (error) {
      this.#onError(error);
      return undefined;
    }
  }

  #sendAll(frame: Buffer): void {
    this.#quiet = 0;
    for (const viewer of this.#viewers.keys()) this.#send(viewer, frame);
  }

  #send(viewer: ServerResponse, frame: Buffer): void {
    viewer.write(frame);
    if (viewer.writableLength > this.#limits.backlog) viewer.destroy();
  }

  #surplusFor(request: IncomingMessage): ServerResponse | undefined {
    return this.#shares.surplus(addressOf(request, this.#trusted));
  }

  #remove(viewer: ServerResponse): void {
    const address = this.#viewers.get(viewer);
    if (address === undefined) return;
    this.#shares.delete(address, viewer);
    this.#viewers.delete(viewer);
    if (this.#viewers.size === 0) this.#stop();
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#frame = undefined;
    this.#quiet = 0;
  }
}

/** Makes a browser a viewer; one too many is told to come later. */
export function answerWithEvents(ctx: Context, events: EventStream): void {
  if (ctx.method === 'HEAD') {
    ctx.status = 200;
    ctx.set(HEADERS);
  } else if (!events.hasRoomFor(ctx.req)) {
    ctx.status = 503;
    ctx.set('Cache-Control', 'no-store');
    ctx.body = 'As many browsers as may watch the monitor do so already.';
  } else {
    // The response belongs to the stream from here on.
    ctx.respond = false;
    events.add(ctx.res);
  }
}
