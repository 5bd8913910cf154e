import { quote } from './bounds.ts';
import { type Closure, Connection, type ConnectionOptions } from './connection.ts';
import type { Emit, OnProgress } from './events.ts';
import { LOADING_PERCENT, percentOfScene, STREAMING_PERCENT } from './progress.ts';
import { RunControl, type RunOrder } from './run-control.ts';
import type { Mode } from './simulation-server.ts';
import { type RunState, readStreamMessage, type StreamMessage } from './stream-message.ts';

export interface EngineStreamOptions extends Pick<ConnectionOptions, 'WebSocket' | 'openTimeout' | 'closeTimeout'> {
  /** The engine's WebSocket URL as the simulation server named it. */
  readonly url: string;
  readonly mode: Mode;
  /** Of the picture, in pixels; MJPEG only. */
  readonly size: { readonly width: number; readonly height: number };
  /** Simulated milliseconds after which a run pauses by itself, −1 for never. */
  readonly runLimit: number;
  readonly emit: Emit;
  readonly onProgress: OnProgress;
  readonly onOpen: () => void;
  /** A world is complete: after the start, and after each `load` and `reload`. */
  readonly onComplete: () => void;
  /** The world is about to be replaced. */
  readonly onDeleted: () => void;
  readonly onClose: (closure: Closure) => void;
}

/** The connection to the engine: what it tells becomes events, and its questions are answered as the public client does. */
export class EngineStream {
  readonly #options: EngineStreamOptions;
  readonly #connection: Connection;
  readonly #run: RunControl;
  /** In scene modes older engines complete the scene before they send it, and once more after it. */
  #hasScene: boolean;
  /** What a reset interrupted. */
  #interrupted: RunState = 'pause';

  constructor(options: EngineStreamOptions) {
    this.#options = options;
    this.#run = new RunControl(options.runLimit);
    this.#hasScene = options.mode === 'mjpeg';
    this.#connection = new Connection({
      WebSocket: options.WebSocket,
      url: `${options.url.replace(/\/+$/, '')}/`,
      openTimeout: options.openTimeout,
      closeTimeout: options.closeTimeout,
      onOpen: () => this.#open(),
      onMessage: (text) => this.#hear(text),
      onClose: options.onClose,
    });
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  get state(): RunState | undefined {
    return this.#run.state;
  }

  close(): void {
    this.#connection.close();
  }

  send(text: string): void {
    this.#options.emit('message', { peer: 'engine', direction: 'sent', text });
    this.#connection.send(text);
  }

  order(order: RunOrder): void {
    this.#interrupted = 'pause';
    if (order === 'step') this.send(this.#run.order('pause'));
    this.send(this.#run.order(order));
  }

  /** Time 0 again, running as before. */
  reset(): void {
    const interrupted = this.#run.state ?? 'pause';
    this.order('pause');
    this.#interrupted = interrupted;
    this.send('reset');
  }

  /** Another world, or the same one anew, paused. */
  replaceWorld(command: 'reload' | `load:${string}`): void {
    this.order('pause');
    this.send(command);
  }

  #open(): void {
    const { mode, size, onOpen } = this.#options;
    onOpen();
    this.#options.onProgress(LOADING_PERCENT, 'Waiting for the world…');
    this.send(mode === 'mjpeg' ? `mjpeg: ${size.width}x${size.height}` : mode);
  }

  #hear(text: string): void {
    this.#options.emit('message', { peer: 'engine', direction: 'received', text });
    this.#take(readStreamMessage(text));
  }

  #take(message: StreamMessage): void {
    const { emit, onComplete, onDeleted } = this.#options;
    switch (message.kind) {
      case 'loading': {
        const { status, percent } = message;
        this.#options.onProgress(percentOfScene(status, percent) ?? 0, `${status} (${percent} %)`);
        break;
      }
      case 'scene':
        this.#hasScene = true;
        emit('scene', { xml: message.xml });
        this.send(this.#run.order('pause'));
        break;
      case 'sceneCompleted':
        if (!this.#hasScene) break;
        this.#options.onProgress(STREAMING_PERCENT, 'The world is complete.');
        onComplete();
        break;
      case 'pausedByClient':
      case 'paused':
      case 'running':
        this.#hearState(message);
        break;
      case 'resetFinished':
        emit('reset', {});
        this.#resume();
        break;
      case 'worldDeleted':
        this.#hasScene = this.#options.mode === 'mjpeg';
        onDeleted();
        emit('worldDeleted', {});
        break;
      case 'malformed':
        emit('trouble', { text: `Expected a message "${message.expected}:…", got ${quote(message.text)}` });
        break;
      case 'unknown':
        emit('trouble', { text: `The engine sent what is no message of the protocol: ${quote(message.text)}` });
        break;
      case 'resized':
      case 'worldInfo':
        break;
      case 'frame':
        emit('frame', message.frame);
        break;
      default: {
        const { kind, ...payload } = message;
        emit(kind, payload);
        break;
      }
    }
  }

  #hearState(message: Extract<StreamMessage, { kind: 'pausedByClient' | 'paused' | 'running' }>): void {
    const before = this.#run.state;
    const echoes = this.#run.hear(message);
    const state = this.#run.state ?? 'pause';
    if (state !== before) this.#options.emit('state', { state });
    for (const echo of echoes) this.send(echo);
  }

  #resume(): void {
    const state = this.#interrupted;
    this.#interrupted = 'pause';
    if (state !== 'pause') this.order(state);
  }
}
