import type { WebSocket } from 'ws';
import type { Dialect } from '../scene-xml/dialect.ts';

/** Bytes that may wait for a slow viewer before frames are left out for it (our choice: a second of large frames). */
const FRAME_BACKLOG = 512 * 1024;

/** Bytes that may wait for a viewer at all; one that leaves more unread is dropped (our choice: a few of the largest scenes). */
const LARGEST_BACKLOG = 256 * 1024 * 1024;

/** Messages of one client that may wait for the engine; beyond it the client's socket is not read (our choice). */
const MOST_PENDING = 64;

/** One client of the stream. */
export class Viewer {
  /** How its scene is written; `undefined` until it asked for one. */
  dialect: Dialect | undefined;
  /** Whether frames were left out, so that it needs all poses with the next one. */
  isStale = false;
  /** Unsupported messages that it has sent. */
  mistakes = 0;
  /** Whether it answered the last ping. */
  isAlive = true;
  readonly #socket: WebSocket;
  #pending = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Whether the next frame can be sent without making a long queue longer. */
  get hasRoom(): boolean {
    return this.#socket.bufferedAmount <= FRAME_BACKLOG;
  }

  /** Sends a text, given as such or as its bytes in UTF-8. */
  send(text: string | Buffer): void {
    if (!this.isOpen) return;
    if (this.#socket.bufferedAmount > LARGEST_BACKLOG) this.#socket.terminate();
    else this.#socket.send(text, { binary: false });
  }

  /** Counts a message that the engine has yet to answer. */
  holdMessage(): void {
    if (++this.#pending === MOST_PENDING) this.#socket.pause();
  }

  /** Counts a message that was answered. */
  releaseMessage(): void {
    if (this.#pending-- === MOST_PENDING) this.#socket.resume();
  }

  /** Asks for a sign of life; a viewer that gave none since the last time is dropped. */
  ping(): void {
    if (!this.isOpen) return;
    if (!this.isAlive) {
      this.#socket.terminate();
      return;
    }
    this.isAlive = false;
    this.#socket.ping();
  }

  /** Closes the stream in order: clients keep calm at 1000. */
  close(): void {
    this.#socket.close(1000);
  }

  terminate(): void {
    this.#socket.terminate();
  }
}
