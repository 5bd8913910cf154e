import { quote } from './bounds.ts';
import { type Closure, Connection, type ConnectionOptions } from './connection.ts';
import type { Emit, OnProgress } from './events.ts';
import { OPENING_PERCENT, percentOfLoading, STARTING_PERCENT } from './progress.ts';
import { readServerMessage, type ServerMessage } from './server-message.ts';

/** The picture that the engine is to send: the scene, or JPEG images of it. `x3d` is what clients before R2025a say. */
export type Mode = 'w3d' | 'x3d' | 'mjpeg';

/** What a client is told first once it has a place. */
const AFTER_THE_LINE: readonly ServerMessage['kind'][] = ['loading', 'shutdownTimeout', 'stream'];

export interface SimulationServerOptions extends Pick<ConnectionOptions, 'WebSocket' | 'openTimeout' | 'closeTimeout'> {
  /** Base WebSocket URL, without a slash at its end. */
  readonly url: string;
  readonly world: string;
  readonly mode: Mode;
  readonly emit: Emit;
  readonly onProgress: OnProgress;
  readonly onStarted: () => void;
  /** The server is full, and the client has this place in the line. */
  readonly onQueued: (place: number) => void;
  /** It has waited, and its start goes on. */
  readonly onSeated: () => void;
  /** The engine's address, once; later ones replace it nowhere. */
  readonly onStream: (url: string) => void;
  /** The server has said that the session is over. */
  readonly onRefusal: (text: string) => void;
  /** `trouble` is the last `loading: Error: …` if nothing better came after it. */
  readonly onClose: (closure: Closure, trouble: string | undefined) => void;
}

/** The connection to `/client`, which lasts as long as the session. */
export class SimulationServer {
  readonly #options: SimulationServerOptions;
  readonly #connection: Connection;
  #trouble: string | undefined;
  #postMortem: string | undefined;
  #hasStream = false;
  #isQueued = false;

  constructor(options: SimulationServerOptions) {
    this.#options = options;
    this.#connection = new Connection({
      WebSocket: options.WebSocket,
      url: `${options.url}/client`,
      openTimeout: options.openTimeout,
      closeTimeout: options.closeTimeout,
      onOpen: () => this.#start(),
      onMessage: (text) => this.#hear(text),
      onClose: (closure) => options.onClose(closure, this.#trouble),
    });
  }

  /** The number under which the server keeps what led to the end, once it has told it. */
  get postMortem(): string | undefined {
    return this.#postMortem;
  }

  close(): void {
    this.#connection.close();
  }

  /** Asks for the pristine `<folder>/<file>` of a controller that was edited. */
  resetController(file: string): void {
    this.#send(JSON.stringify({ 'reset controller': file }));
  }

  #start(): void {
    const { world, mode, onStarted } = this.#options;
    // Public clients name a mode for MJPEG only; servers take the absence for the scene.
    this.#send(JSON.stringify({ start: mode === 'mjpeg' ? { url: world, mode } : { url: world } }));
    onStarted();
    this.#options.onProgress(STARTING_PERCENT, 'Starting simulation…');
  }

  #send(text: string): void {
    this.#options.emit('message', { peer: 'server', direction: 'sent', text });
    this.#connection.send(text);
  }

  #hear(text: string): void {
    this.#options.emit('message', { peer: 'server', direction: 'received', text });
    this.#take(readServerMessage(text));
  }

  #take(message: ServerMessage): void {
    const { emit } = this.#options;
    if (this.#isQueued && AFTER_THE_LINE.includes(message.kind)) {
      this.#isQueued = false;
      this.#options.onSeated();
    }
    switch (message.kind) {
      case 'loading':
        this.#trouble = undefined;
        this.#options.onProgress(percentOfLoading(message) ?? 0, message.text);
        break;
      case 'trouble':
        this.#trouble = message.text;
        emit('trouble', { text: message.text });
        break;
      case 'postMortem':
        this.#postMortem = message.id;
        break;
      case 'error':
        this.#options.onRefusal(message.text);
        break;
      case 'shutdownTimeout':
        emit('shutdownTimeout', { seconds: message.seconds });
        break;
      case 'ide':
        emit('project', { hasEditor: true });
        break;
      case 'type':
        emit('project', { type: message.type });
        break;
      case 'queue':
        this.#isQueued = true;
        this.#options.onQueued(message.place);
        break;
      case 'stream':
        this.#open(message.url);
        break;
      case 'unknown':
        emit('trouble', {
          text: `The simulation server sent what is no message of the protocol: ${quote(message.text)}`,
        });
        break;
      case 'heartbeat':
      case 'controllerReset':
        break;
    }
  }

  #open(url: string): void {
    if (this.#hasStream) return;
    this.#hasStream = true;
    this.#trouble = undefined;
    this.#options.onProgress(OPENING_PERCENT, 'Connecting to the engine…');
    this.#options.onStream(url);
  }
}
