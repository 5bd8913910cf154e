import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { endMessages } from '../../machines/client-message.ts';
import type { End, EndReason } from '../../machines/end-reason.ts';
import type { Logger } from '../log.ts';
import { addressOf } from '../operations/address-key.ts';
import { shortAddress, type TrustedProxies } from '../operations/client-address.ts';
import { closeSocket, MAX_CLIENT_MESSAGE } from './client-socket.ts';

/** Path of the WebSocket that starts simulations. */
const CLIENT_PATH = '/client';

/**
 * Sockets that may be open at once beyond those that are served, each being
 * told why it is not and closed: our choice; more are cut without a word.
 */
export const MAX_REFUSED = 200;

/**
 * Takes WebSocket connections on `/client` of an HTTP server.
 *
 * @param refusal says why a client of this address, see `addressOf`, cannot be served now, or undefined
 * @param serve takes an open socket, that address, and the client's address for people, shortened
 * @param trusted the proxies whose word on a client's address is taken
 * @param pass takes upgrades that are for somebody else, and says whether it did
 * @param onRefused hears of each client that is not served
 */
export function acceptClients(
  server: Server,
  refusal: (address: string) => End | undefined,
  serve: (socket: WebSocket, address: string, client?: string) => void,
  log: Logger,
  trusted: TrustedProxies,
  pass: (request: IncomingMessage, connection: Duplex, head: Buffer) => boolean = () => false,
  onRefused: (reason: EndReason) => void = () => {},
): void {
  const webSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_CLIENT_MESSAGE, perMessageDeflate: false });
  let refused = 0;

  server.on('upgrade', (request: IncomingMessage, connection: Duplex, head: Buffer) => {
    // Followed by 'close'; without a listener it would end the process.
    connection.on('error', () => {});
    // Not parsed as a URL: a stranger may send what is none.
    const [path] = (request.url ?? '/').split('?');
    if (pass(request, connection, head)) return;
    if (path !== CLIENT_PATH) {
      // No time-out of the HTTP server concerns it any more: who does not close its side is not waited for.
      connection.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n', () =>
        connection.destroy(),
      );
      return;
    }
    try {
      take(request, connection, head);
    } catch (error) {
      log.error({ error }, 'client not taken');
      connection.destroy();
    }
  });

  function take(request: IncomingMessage, connection: Duplex, head: Buffer): void {
    const address = addressOf(request, trusted);
    const end = refusal(address);
    if (end) onRefused(end.reason);
    if (end && refused >= MAX_REFUSED) {
      connection.destroy();
      return;
    }
    webSockets.handleUpgrade(request, connection, head, (socket) => {
      if (!end) return serve(socket, address, shortAddress(request, trusted));
      socket.on('error', () => {});
      refused++;
      log.info({ reason: end.reason, text: end.text }, 'client refused');
      for (const text of endMessages(end)) socket.send(text);
      void closeSocket(socket).then(() => {
        refused--;
      });
    });
  }
}
