import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { joinSockets } from './joined-sockets.ts';
import { endToEnd, refuseUpgrade } from './stream-passage.ts';
import type { StreamRelay } from './stream-proxy.ts';

/** Longest silence in ms of a server that is asked for a file: our choice, longer than it waits for its engine. */
const PATIENCE = 40_000;

/**
 * Passes on what concerns engines of the server before, which knows their secrets.
 *
 * @param socketPath where it answers; undefined once it is gone
 */
export function createStreamRelay(socketPath: () => string | undefined): StreamRelay {
  return {
    answer(request, response) {
      const path = socketPath();
      if (path !== undefined) relayRequest(path, request, response);
      return path !== undefined;
    },
    upgrade(request, connection, head) {
      const path = socketPath();
      if (path !== undefined) relayStream(path, request, connection as Socket, head);
      return path !== undefined;
    },
  };
}

function relayRequest(socketPath: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, url: path, headers } = request;
  const asked = httpRequest({ socketPath, method, path, headers: endToEnd(headers), timeout: PATIENCE }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, endToEnd(answer.headers));
    answer.pipe(response);
    // Half an answer must not look like a whole one.
    answer.on('error', () => response.destroy());
    answer.on('aborted', () => response.destroy());
  });
  asked.on('timeout', () => asked.destroy(new Error('Expected the server before to answer in time')));
  asked.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end();
  });
  response.on('close', () => asked.destroy());
  asked.end();
}

function relayStream(socketPath: string, request: IncomingMessage, client: Socket, head: Buffer): void {
  const server = connect(socketPath);
  const fail = () => refuseUpgrade(client, 502);
  server.once('error', fail).once('connect', () => void server.off('error', fail));
  joinSockets(client, server);
  const { method, url, rawHeaders } = request;
  const fields = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
  const handshake = `${[`${method} ${url} HTTP/1.1`, ...fields].join('\r\n')}\r\n\r\n`;
  server.write(Buffer.concat([Buffer.from(handshake, 'latin1'), head]));
}
