import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { joinSockets } from './joined-sockets.ts';
import { endToEnd, refuseUpgrade } from './stream-passage.ts';
import type { StreamRelay } from './stream-proxy.ts';

/**
 * Longest wait in ms for the beginning of an answer: our choice, longer than the server before waits for its engine.
 * What follows may pause.
 */
const PATIENCE = 40_000;

/**
 * Passes on what concerns engines of the server before, which knows their secrets.
 *
 * @param socketPath where it answers; undefined once it is gone
 * @param patience in ms; tests shorten it
 */
export function createStreamRelay(socketPath: () => string | undefined, patience = PATIENCE): StreamRelay {
  return {
    answer(request, response) {
      const path = socketPath();
      if (path !== undefined) relayRequest(path, request, response, patience);
      return path !== undefined;
    },
    upgrade(request, connection, head) {
      const path = socketPath();
      if (path !== undefined) relayStream(path, request, connection as Socket, head, patience);
      return path !== undefined;
    },
  };
}

function relayRequest(socketPath: string, request: IncomingMessage, response: ServerResponse, patience: number): void {
  const { method, url: path, headers } = request;
  const asked = httpRequest({ socketPath, method, path, headers: endToEnd(headers) }, (answer) => {
    clearTimeout(waiting);
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
    answer.pipe(response);
    // Half an answer must not look like a whole one.
    answer.on('error', () => response.destroy());
    answer.on('aborted', () => response.destroy());
  });
  const waiting = setTimeout(() => asked.destroy(new Error('Expected the server before to answer in time')), patience);
  asked.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.on('close', () => {
    clearTimeout(waiting);
    asked.destroy();
  });
  asked.end();
}

function relayStream(
  socketPath: string,
  request: IncomingMessage,
  client: Socket,
  head: Buffer,
  patience: number,
): void {
  const server = connect(socketPath);
  const fail = () => refuseUpgrade(client, 502);
  server.once('error', fail).once('connect', () => void server.off('error', fail));
  const waiting = setTimeout(() => {
    fail();
    server.destroy();
  }, patience);
  server.once('data', () => clearTimeout(waiting)).once('close', () => clearTimeout(waiting));
  joinSockets(client, server);
  const { method, url, rawHeaders } = request;
  const fields = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
  const handshake = `${[`${method} ${url} HTTP/1.1`, ...fields].join('\r\n')}\r\n\r\n`;
  server.write(Buffer.concat([Buffer.from(handshake, 'latin1'), head]));
}
