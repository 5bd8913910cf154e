import { connect } from 'node:net';
import { Connection } from '../connection.ts';
import { resolveWebSocket } from '../web-socket.ts';

/** How long one attempt may take, in ms (our choice). */
const ATTEMPT = 2_000;

/** The port that an engine was given, from its URL: its own, or behind a proxy the last part of the path. */
export function streamPort(url: string): number | undefined {
  const { port, pathname } = new URL(url);
  const [, part] = /\/(\d{1,5})\/?$/.exec(pathname) ?? [];
  const text = part ?? port;
  return text === '' ? undefined : Number(text);
}

/** Whether anybody still accepts connections at the engine's URL; behind a proxy, whether anybody speaks WebSocket there. */
export async function isStreamOpen(url: string): Promise<boolean> {
  const { hostname, port, pathname } = new URL(url);
  return port === '' || pathname !== '/'
    ? acceptsWebSocket(url)
    : acceptsTcp(hostname.replace(/^\[|\]$/g, ''), Number(port));
}

function acceptsTcp(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: ATTEMPT });
    const settle = (isOpen: boolean) => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}

async function acceptsWebSocket(url: string): Promise<boolean> {
  const WebSocket = await resolveWebSocket();
  return new Promise((resolve) => {
    const connection: Connection = new Connection({
      WebSocket,
      url,
      openTimeout: ATTEMPT,
      closeTimeout: ATTEMPT,
      onOpen: () => connection.close(),
      onMessage: () => {},
      onClose: ({ wasOpen }) => resolve(wasOpen),
    });
  });
}
