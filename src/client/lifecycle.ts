import type { Timeouts } from './bounds.ts';
import type { Closure } from './connection.ts';
import { deferred } from './deferred.ts';
import { EngineStream } from './engine-stream.ts';
import type { ClientEndReason, Emit, OnProgress, SessionEnd, Stage } from './events.ts';
import { followPlace, newTicket, type QueuePlace } from './queue.ts';
import { chooseServer, type Fetch } from './session-server.ts';
import { type Mode, SimulationServer } from './simulation-server.ts';
import { resolveWebSocket, type WebSocketConstructor } from './web-socket.ts';

export interface LifecycleOptions {
  readonly session: string;
  readonly world: string;
  readonly mode: Mode;
  readonly size: { readonly width: number; readonly height: number };
  readonly runLimit: number;
  readonly WebSocket: WebSocketConstructor | undefined;
  readonly fetch: Fetch;
  readonly signal: AbortSignal | undefined;
  readonly timeouts: Timeouts;
  readonly emit: Emit;
}

/** Close codes that say that nothing is wrong (RFC 6455): normal, going away, none given. */
const CALM_CODES: readonly number[] = [1000, 1001, 1005];

/** Leads one session from `choosing` to `ended`: which connections exist in which stage, and what ends it. */
export class Lifecycle {
  readonly #options: LifecycleOptions;
  readonly #ended = deferred<SessionEnd>();
  readonly #choosing = new AbortController();
  readonly #onAbort = () => this.finish('aborted', 'The session was aborted.');
  #stage: Stage = 'choosing';
  #end: SessionEnd | undefined;
  #percent = 0;
  /** When the wait in line has lasted for too long, in ms of `performance.now()`. */
  #lineEnd: number | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #openConnections = 0;
  #server: SimulationServer | undefined;
  #stream: EngineStream | undefined;
  #streamUrl: string | undefined;

  constructor(options: LifecycleOptions) {
    this.#options = options;
  }

  get stage(): Stage {
    return this.#stage;
  }

  get server(): SimulationServer | undefined {
    return this.#server;
  }

  get stream(): EngineStream | undefined {
    return this.#stream;
  }

  get streamUrl(): string | undefined {
    return this.#streamUrl;
  }

  get ended(): Promise<SessionEnd> {
    return this.#ended.promise;
  }

  async begin(): Promise<void> {
    const { session, world, fetch, signal, timeouts } = this.#options;
    if (this.#end !== undefined) return;
    if (signal?.aborted) return this.#onAbort();
    signal?.addEventListener('abort', this.#onAbort);
    this.#enter('choosing', session);
    this.#progress(0, 'Connecting to session server…');
    this.#expectWithin(timeouts.choice, `the session server at ${session} to answer`);
    try {
      const WebSocket = await resolveWebSocket(this.#options.WebSocket);
      const ticket = newTicket();
      void followPlace(fetch, session, ticket, this.#waitForServer, this.#choosing.signal);
      const choice = await chooseServer(fetch, session, world, ticket, this.#choosing.signal);
      this.#choosing.abort();
      if (choice.kind === 'chosen') this.#connect(WebSocket, choice.url);
      else this.finish(choice.kind === 'unavailable' ? 'unavailable' : 'sessionServerFailed', choice.text);
    } catch (error) {
      // What `finish` aborted has its end already; then this changes nothing.
      this.finish('sessionServerFailed', error instanceof Error ? error.message : String(error));
    }
  }

  /** Closes what is open, the connection to the simulation server first; only the first call counts. */
  finish(reason: ClientEndReason, text: string): void {
    if (this.#end !== undefined) return;
    const postMortem = this.#server?.postMortem;
    this.#end = { reason, text, ...(postMortem !== undefined && { postMortem }) };
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#choosing.abort();
    this.#enter('leaving', text);
    this.#server?.close();
    this.#stream?.close();
    this.#settle();
  }

  #enter(stage: Stage, detail: string): void {
    this.#stage = stage;
    this.#options.emit('stage', { stage, detail });
  }

  #expectWithin(timeout: number, what: string): void {
    this.#finishAfter(timeout, 'timedOut', `Expected ${what} within ${timeout} ms, which it did not.`);
  }

  /** @param silence ms within which a server that tells places again and again must be heard of */
  #waitInLine(place: QueuePlace, silence = Number.POSITIVE_INFINITY): void {
    if (this.#end !== undefined) return;
    const { session, timeouts, emit } = this.#options;
    this.#lineEnd ??= performance.now() + timeouts.queue;
    const left = Math.max(this.#lineEnd - performance.now(), 0);
    if (silence < left) this.#expectWithin(silence, `the session server at ${session} to answer`);
    else this.#finishAfter(left, 'timedOut', `The wait in line has lasted for ${timeouts.queue} ms.`);
    emit('queue', place);
  }

  readonly #waitForServer = (place: QueuePlace) => this.#waitInLine(place, this.#options.timeouts.choice);

  #finishAfter(timeout: number, reason: ClientEndReason, text: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.finish(reason, text), timeout);
  }

  #connect(WebSocket: WebSocketConstructor, url: string): void {
    if (this.#end !== undefined) return;
    const { world, mode, emit, timeouts } = this.#options;
    clearTimeout(this.#timer);
    this.#enter('connecting', url);
    this.#openConnections += 1;
    this.#server = new SimulationServer({
      WebSocket,
      openTimeout: timeouts.open,
      closeTimeout: timeouts.farewell,
      url,
      world,
      mode,
      emit,
      onProgress: this.#progress,
      onStarted: () => {
        this.#expectWithin(timeouts.start, 'the simulation server to start the engine');
        this.#enter('starting', world);
      },
      onQueued: (place) => this.#waitInLine({ place }),
      onSeated: () => this.#expectWithin(timeouts.start, 'the simulation server to start the engine'),
      onStream: (streamUrl) => this.#open(WebSocket, streamUrl),
      onRefusal: (text) => this.finish('refused', text),
      onClose: (closure, trouble) => this.#serverClosed(closure, trouble),
    });
  }

  #open(WebSocket: WebSocketConstructor, url: string): void {
    if (this.#end !== undefined) return;
    const { mode, size, runLimit, emit, timeouts } = this.#options;
    clearTimeout(this.#timer);
    this.#streamUrl = url;
    this.#openConnections += 1;
    this.#stream = new EngineStream({
      WebSocket,
      openTimeout: timeouts.open,
      closeTimeout: timeouts.farewell,
      url,
      mode,
      size,
      runLimit,
      emit,
      onProgress: this.#progress,
      onOpen: () => this.#load('The engine sends the world.'),
      onComplete: () => {
        clearTimeout(this.#timer);
        if (this.#stage !== 'streaming') this.#enter('streaming', url);
      },
      onDeleted: () => {
        this.#percent = 0;
        this.#load('The engine replaces the world.');
      },
      onClose: (closure) => this.#streamClosed(closure),
    });
    this.#enter('opening', url);
  }

  #load(detail: string): void {
    this.#expectWithin(this.#options.timeouts.load, 'the engine to send the whole world');
    this.#enter('loading', detail);
  }

  #serverClosed({ code, wasOpen, text }: Closure, trouble: string | undefined): void {
    this.#openConnections -= 1;
    if (!wasOpen) this.finish('simulationServerFailed', text);
    else if (trouble !== undefined) this.finish('refused', trouble);
    else if (CALM_CODES.includes(code)) this.finish('closed', 'The simulation server closed the connection.');
    else this.finish('simulationServerFailed', text);
    this.#settle();
  }

  #streamClosed({ text }: Closure): void {
    this.#openConnections -= 1;
    if (this.#end === undefined) {
      // The simulation server knows why, and is about to say so.
      this.#finishAfter(this.#options.timeouts.farewell, 'streamFailed', text || 'The engine closed the stream.');
    }
    this.#settle();
  }

  readonly #progress: OnProgress = (percent, text) => {
    this.#percent = Math.max(this.#percent, percent);
    this.#options.emit('progress', { percent: this.#percent, text });
  };

  #settle(): void {
    if (this.#end === undefined || this.#openConnections > 0 || this.#stage === 'ended') return;
    this.#enter('ended', this.#end.text);
    this.#ended.resolve(this.#end);
  }
}
