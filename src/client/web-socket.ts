/**
 * The part of a WebSocket that this library uses: browsers' own, Node's own
 * (from 22) and that of the package `ws` all have it.
 */
export interface WebSocketLike {
  send(text: string): void;
  close(code?: number): void;
  addEventListener(type: 'open', listener: () => void): void;
  addEventListener(type: 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { readonly code: number }) => void): void;
  /** Ends the connection without a closing handshake; only `ws` has it. */
  terminate?(): void;
}

export type WebSocketConstructor = new (url: string) => WebSocketLike;

/** Named through a variable, so that nothing but Node ever looks for the package. */
const NODE_PACKAGE: string = 'ws';

/**
 * The WebSocket to use: `given`, else the platform's own, else that of the
 * package `ws`, which Node 20 needs.
 *
 * @throws ReferenceError where there is none
 */
export async function resolveWebSocket(given?: WebSocketConstructor): Promise<WebSocketConstructor> {
  const platform = globalThis as { readonly WebSocket?: WebSocketConstructor };
  const known = given ?? platform.WebSocket;
  if (known !== undefined) return known;
  try {
    const { WebSocket } = (await import(NODE_PACKAGE)) as { readonly WebSocket: WebSocketConstructor };
    return WebSocket;
  } catch (cause) {
    throw new ReferenceError('Expected a WebSocket: pass the option `WebSocket`, or install the package "ws"', {
      cause,
    });
  }
}
