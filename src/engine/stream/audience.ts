import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket, WebSocketServer } from 'ws';
import { Viewer } from './viewer.ts';
import { loadWebSockets } from './web-sockets.ts';

/** Bytes of the largest message that is read; robots' windows send the longest ones (our choice). */
export const LARGEST_MESSAGE = 64 * 1024;

/** Clients that one engine takes (our choice). */
export const MOST_VIEWERS = 1_000;

/** Time between two pings, in ms; who does not answer one until the next is gone (our choice). */
const PING_INTERVAL = 20_000;

/** Time between two looks whether slow viewers have caught up, in ms (our choice). */
const CATCH_UP_INTERVAL = 100;

/** Time that clients have to answer the closing of the stream, in ms (our choice). */
const CLOSE_GRACE = 100;

export interface AudienceEvents {
  /** A client sent a text. */
  said(viewer: Viewer, text: string): void;
  /** The frame that tells all there is, for a viewer that has missed some. */
  wholeFrame(): string | undefined;
}

/** All clients of the stream. */
export class Audience {
  readonly #viewers = new Set<Viewer>();
  readonly #events: AudienceEvents;
  #server: Promise<WebSocketServer> | undefined;
  #pingTimer: NodeJS.Timeout | undefined;
  #catchUpTimer: NodeJS.Timeout | undefined;
  #whenEmpty: () => void = () => {};

  constructor(events: AudienceEvents) {
    this.#events = events;
  }

  /** Those who asked for a scene. */
  get watching(): Viewer[] {
    return [...this.#viewers].filter(({ dialect }) => dialect !== undefined);
  }

  /** Loads what taking clients needs, which takes some 20 ms; called again it does nothing. */
  prepare(): Promise<WebSocketServer> {
    this.#server ??= loadWebSockets().then(({ WebSocketServer }) => {
      this.#pingTimer = setInterval(() => this.#ping(), PING_INTERVAL);
      return new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE, perMessageDeflate: false });
    });
    return this.#server;
  }

  /** Takes a client whose request to upgrade the connection was heard. */
  async admit(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const server = await this.prepare();
    if (socket.destroyed) return;
    if (this.#viewers.size >= MOST_VIEWERS) {
      socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      return;
    }
    server.handleUpgrade(request, socket, head, (webSocket) => this.#add(webSocket));
  }

  /** Sends a text to all clients, whether or not they asked for a scene. */
  tellEverybody(text: string): void {
    const bytes = Buffer.from(text);
    for (const viewer of this.#viewers) viewer.send(bytes);
  }

  /** Sends a text to those who asked for a scene. */
  tell(text: string): void {
    const bytes = Buffer.from(text);
    for (const viewer of this.watching) viewer.send(bytes);
  }

  /** Sends a frame to those who asked for a scene; who is too slow gets another one later. */
  showFrame(message: string): void {
    const bytes = Buffer.from(message);
    for (const viewer of this.watching) {
      if (viewer.isStale || !viewer.hasRoom) viewer.isStale = true;
      else viewer.send(bytes);
    }
    this.#catchUp();
  }

  /** Closes all streams; resolves once clients have answered, or after a short grace. */
  async close(): Promise<void> {
    clearInterval(this.#pingTimer);
    clearTimeout(this.#catchUpTimer);
    if (this.#viewers.size === 0) return;
    for (const viewer of this.#viewers) viewer.close();
    await new Promise<void>((resolve) => {
      this.#whenEmpty = resolve;
      setTimeout(resolve, CLOSE_GRACE);
    });
    for (const viewer of this.#viewers) viewer.terminate();
  }

  #add(socket: WebSocket): void {
    const viewer = new Viewer(socket);
    this.#viewers.add(viewer);
    socket.on('message', (data: RawData, isBinary: boolean) => {
      // Only texts belong to the protocol.
      this.#events.said(viewer, isBinary ? '' : String(data));
    });
    socket.on('pong', () => {
      viewer.isAlive = true;
    });
    // Every error of a socket is followed by its end, which is heard below.
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#viewers.delete(viewer);
      if (this.#viewers.size === 0) this.#whenEmpty();
    });
  }

  #ping(): void {
    for (const viewer of this.#viewers) viewer.ping();
  }

  /** Sends all poses to those who missed some and have read what they were sent. */
  #catchUp(): void {
    clearTimeout(this.#catchUpTimer);
    const stale = this.watching.filter(({ isStale }) => isStale);
    const ready = stale.filter(({ hasRoom }) => hasRoom);
    const frame = ready.length > 0 ? this.#events.wholeFrame() : undefined;
    if (frame !== undefined) {
      const bytes = Buffer.from(frame);
      for (const viewer of ready) {
        viewer.isStale = false;
        viewer.send(bytes);
      }
    }
    if (stale.length > ready.length) this.#catchUpTimer = setTimeout(() => this.#catchUp(), CATCH_UP_INTERVAL);
  }
}
