import { type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { clientAddress, type TrustedProxies, trustedProxies } from '../operations/client-address.ts';
import { MAX_REQUEST_CONNECTIONS } from '../operations/http-limits.ts';
import { MAX_WATCHER_FRAME, WATCHER_LIMITS, type Watchers } from './watchers.ts';

/** Connections at once, watchers among them; those beyond are dropped. */
const MAX_CONNECTIONS = WATCHER_LIMITS.watchers + MAX_REQUEST_CONNECTIONS;

/**
 * Makes a web server that of a session server: WebSockets on `/` become
 * watchers.
 *
 * @param onError hears of a bug that cost a client its connection
 * @param trusted the proxies whose word on a client's address is taken; by default none
 * @param held connections beside those of others on which answers may be held
 */
export function createSessionServer(
  server: Server,
  watchers: Watchers,
  onError: (error: unknown) => void,
  trusted: TrustedProxies = trustedProxies([]),
  held = 0,
): Server {
  server.maxConnections = MAX_CONNECTIONS + held;
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_WATCHER_FRAME,
  });

  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    // Followed by 'close'; without a listener it would end the process.
    connection.on('error', () => {});
    try {
      take(request, connection, head);
    } catch (error) {
      onError(error);
      connection.destroy();
    }
  });
  return server;

  function take(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    if (request.headers.upgrade?.toLowerCase() !== 'websocket') answerWithoutUpgrade(server, request, connection);
    else if (request.url?.split('?')[0] !== '/') refuse(connection, 404);
    else if (!watchers.hasRoomFor(clientAddress(request, trusted))) refuse(connection, 503);
    else {
      webSockets.handleUpgrade(request, connection, head, (socket) =>
        watchers.add(socket, clientAddress(request, trusted)),
      );
    }
  }
}

/** RFC 9110 §7.8: a server that does not know the protocol offered answers as if none had been. */
function answerWithoutUpgrade(server: Server, request: IncomingMessage, connection: Duplex): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(connection as Parameters<ServerResponse['assignSocket']>[0]);
  response.once('finish', () => connection.end(() => connection.destroy()));
  server.emit('request', request, response);
}

function refuse(connection: Duplex, status: 404 | 503): void {
  connection.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () =>
    connection.destroy(),
  );
}
