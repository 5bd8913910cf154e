import { checkWait, type Timeouts, timeoutsFrom } from './bounds.ts';
import { deferred } from './deferred.ts';
import { Emitter, type Listener } from './emitter.ts';
import type { EngineStream } from './engine-stream.ts';
import { ClientError } from './errors.ts';
import type { Emit, SessionEnd, SessionEvents, Stage } from './events.ts';
import { Lifecycle } from './lifecycle.ts';
import { type Fetch, sessionUrl } from './session-server.ts';
import type { Mode } from './simulation-server.ts';
import type { RunState } from './stream-message.ts';
import type { WebSocketConstructor } from './web-socket.ts';

export interface ConnectOptions {
  /** The session server, e.g. `http://localhost:1999`. */
  readonly session: string;
  /** The world's URL in its repository, e.g. `https://github.com/…/blob/main/worlds/marbles.wbt`. */
  readonly world: string;
  /** The picture to be sent, `w3d` (the scene) if not said. */
  readonly mode?: Mode;
  /** Of the picture, in pixels, 800 × 600 if not said; MJPEG only. */
  readonly size?: { readonly width: number; readonly height: number };
  /** Simulated milliseconds after which a run pauses by itself; never if not said. */
  readonly runLimit?: number;
  /** Instead of the platform's own, or `ws`. */
  readonly WebSocket?: WebSocketConstructor;
  /** Instead of the platform's own. */
  readonly fetch?: Fetch;
  /** Leaves when it aborts. */
  readonly signal?: AbortSignal;
  readonly timeouts?: Partial<Timeouts>;
}

const DEFAULT_SIZE = { width: 800, height: 600 };

/** One simulation from the client's side: asked for at a session server, started at a simulation server, streamed from an engine. */
export class SimulationSession {
  /** Resolves when both connections are closed; never rejects. */
  readonly ended: Promise<SessionEnd>;

  readonly #timeouts: Timeouts;
  readonly #lifecycle: Lifecycle;
  readonly #events = new Emitter<SessionEvents>();
  readonly #begin = performance.now();
  #time = 0;

  /** See `connect`. */
  constructor(options: ConnectOptions) {
    sessionUrl(options.session);
    this.#timeouts = timeoutsFrom(options.timeouts);
    this.#lifecycle = new Lifecycle({
      session: options.session,
      world: options.world,
      mode: options.mode ?? 'w3d',
      size: options.size ?? DEFAULT_SIZE,
      runLimit: options.runLimit ?? -1,
      WebSocket: options.WebSocket,
      fetch: options.fetch ?? ((url, init) => fetch(url, init)),
      signal: options.signal,
      timeouts: this.#timeouts,
      emit: this.#emit,
    });
    this.ended = this.#lifecycle.ended;
    this.on('frame', ({ time }) => {
      this.#time = time;
    });
    queueMicrotask(() => void this.#lifecycle.begin());
  }

  get stage(): Stage {
    return this.#lifecycle.stage;
  }

  /** How the simulation runs; `undefined` until the engine has told it. */
  get state(): RunState | undefined {
    return this.#lifecycle.stream?.state;
  }

  /** Simulated milliseconds, as the last frame had them. */
  get time(): number {
    return this.#time;
  }

  /** The engine's WebSocket URL, once it is known. */
  get streamUrl(): string | undefined {
    return this.#lifecycle.streamUrl;
  }

  /** Below which the engine serves textures and meshes, with a slash at its end; `undefined` until it is known. */
  get assetsUrl(): string | undefined {
    return this.streamUrl && `${this.streamUrl.replace(/^ws/, 'http').replace(/\/+$/, '')}/`;
  }

  /** Calls `listener` for each `name` event from now on; the function returned stops that. */
  on<Name extends keyof SessionEvents>(name: Name, listener: Listener<SessionEvents[Name]>): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * The next `name` event that `accepts` holds for.
   *
   * @param timeout in milliseconds, up to 2^31 − 1
   * @throws ClientError `timedOut`, or `ended` if the session ends before
   * @throws RangeError for a wait that no timer takes
   */
  async until<Name extends keyof SessionEvents>(
    name: Name,
    accepts: (event: SessionEvents[Name]) => boolean = () => true,
    timeout: number = this.#timeouts.load,
  ): Promise<SessionEvents[Name]> {
    checkWait('timeout', timeout);
    const { promise, resolve, reject } = deferred<SessionEvents[Name]>();
    const timer = setTimeout(() => {
      reject(new ClientError('timedOut', `Expected the event "${name}" within ${timeout} ms, got none`));
    }, timeout);
    const stopListening = this.on(name, (event) => {
      if (accepts(event)) resolve(event);
    });
    void this.ended.then(({ text }) => reject(new ClientError('ended', `The session ended: ${text}`)));
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      stopListening();
    }
  }

  /** Runs as fast as the clock. This and the other commands throw ClientError `notStreaming` where no engine listens. */
  play(): void {
    this.#engine().order('real-time');
  }

  /** Runs as fast as the engine can. */
  run(): void {
    this.#engine().order('fast');
  }

  pause(): void {
    this.#engine().order('pause');
  }

  /** One step of the world's basic time step, then paused. */
  step(): void {
    this.#engine().order('step');
  }

  /** Back to time 0; `reset` is emitted when it is done. A simulation that ran goes on. */
  reset(): void {
    this.#engine().reset();
  }

  /** Reads the world anew, paused; the stage is `loading` meanwhile. */
  reload(): void {
    this.#engine().replaceWorld('reload');
  }

  /** Another world of the project, by a name of the `world` event; as `reload` otherwise. */
  load(world: string): void {
    this.#engine().replaceWorld(`load:${world}`);
  }

  /** Sends `text` to the engine as it is. */
  send(text: string): void {
    this.#engine().send(text);
  }

  /** Asks the simulation server for the pristine `<folder>/<file>` of a controller that was edited. */
  resetController(file: string): void {
    this.#lifecycle.server?.resetController(file);
  }

  /** Closes the connection to the simulation server, which ends the engine, then the stream. */
  leave(): Promise<SessionEnd> {
    this.#lifecycle.finish('left', 'The session was left.');
    return this.ended;
  }

  #engine(): EngineStream {
    const { stream } = this.#lifecycle;
    if (stream?.isOpen) return stream;
    throw new ClientError('notStreaming', `Expected an engine that listens, but the session is ${this.stage}`);
  }

  readonly #emit: Emit = (name, payload) => {
    const event = { ...payload, elapsed: performance.now() - this.#begin };
    this.#events.emit(name, event as SessionEvents[typeof name]);
  };
}
