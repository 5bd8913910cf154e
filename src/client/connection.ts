import type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';

/** How a connection ended. `code` is the close code of RFC 6455; 1006 where no closing handshake took place. */
export interface Closure {
  readonly code: number;
  /** Whether it was ever open. */
  readonly wasOpen: boolean;
  /** In words; empty for a normal close. */
  readonly text: string;
}

export interface ConnectionOptions {
  readonly WebSocket: WebSocketConstructor;
  readonly url: string;
  /** Milliseconds until a connection that is not open counts as failed. */
  readonly openTimeout: number;
  /** Milliseconds until a closing handshake without an answer counts as done. */
  readonly closeTimeout: number;
  readonly onOpen: () => void;
  readonly onMessage: (text: string) => void;
  /** Called exactly once, last. */
  readonly onClose: (closure: Closure) => void;
}

/** One WebSocket with bounded waits, whose end is told once however it comes. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #socket: WebSocketLike | undefined;
  #phase: 'connecting' | 'open' | 'closing' | 'closed' = 'connecting';
  #wasOpen = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Starts to connect; nothing is called before the constructor has returned. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    const { url, openTimeout } = options;
    try {
      this.#socket = new options.WebSocket(url);
    } catch (error) {
      queueMicrotask(() => this.#end(1006, `The platform refuses to connect to ${url}: ${String(error)}`));
      return;
    }
    const expected = `Expected ${url} to accept the connection within ${openTimeout} ms, got no answer`;
    this.#timer = setTimeout(() => this.#end(1006, expected), openTimeout);
    this.#listen(this.#socket);
  }

  /** Whether messages can be sent. */
  get isOpen(): boolean {
    return this.#phase === 'open';
  }

  /** Sends `text`; what is sent before the connection is open or after it has ended is dropped. */
  send(text: string): void {
    if (this.isOpen) this.#socket?.send(text);
  }

  /** Begins the closing handshake with code 1000; `onClose` follows. A second call changes nothing. */
  close(): void {
    if (this.#phase === 'connecting') this.#end(1006, '');
    if (this.#phase !== 'open') return;
    this.#phase = 'closing';
    this.#timer = setTimeout(() => this.#end(1006, ''), this.#options.closeTimeout);
    this.#socket?.close(1000);
  }

  #listen(socket: WebSocketLike): void {
    socket.addEventListener('open', () => {
      if (this.#phase !== 'connecting') return;
      clearTimeout(this.#timer);
      this.#phase = 'open';
      this.#wasOpen = true;
      this.#options.onOpen();
    });
    socket.addEventListener('message', ({ data }) => {
      // The protocol is text; what else arrives has no meaning and is dropped.
      if (this.isOpen && typeof data === 'string') this.#options.onMessage(data);
    });
    // Every error is followed by a close, which has the code; with `ws`, an error nobody hears would be thrown.
    socket.addEventListener('error', () => {});
    socket.addEventListener('close', ({ code }) =>
      this.#end(code, closureText(this.#options.url, code, this.#wasOpen)),
    );
  }

  #end(code: number, text: string): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    clearTimeout(this.#timer);
    if (this.#socket?.terminate === undefined) this.#socket?.close();
    else this.#socket.terminate();
    this.#options.onClose({ code, wasOpen: this.#wasOpen, text });
  }
}

function closureText(url: string, code: number, wasOpen: boolean): string {
  if (!wasOpen) return `Could not connect to ${url}`;
  return code === 1000 ? '' : `The connection to ${url} broke (close code ${code})`;
}
