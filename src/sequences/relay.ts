import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A port that stands for another one. */
export interface Relay {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Passes HTTP requests and WebSockets on to a port of this machine.
 *
 * @param target the port, once it is known
 * @param onAnswer hears of each request that is no WebSocket, with its answer
 */
export async function startRelay(
  target: () => number,
  onAnswer: (question: string, answer: string) => void,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    fetch(`http://127.0.0.1:${target()}${request.url}`)
      .then(async (answer) => {
        const text = await answer.text();
        onAnswer(`${request.method} ${request.url}`, text);
        response.writeHead(answer.status).end(text);
      })
      .catch((error: Error) => response.destroy(error));
  });
  server.on('upgrade', (request: IncomingMessage, client: Duplex, head: Buffer) => {
    const upstream = connect(target(), '127.0.0.1');
    sockets.add(upstream);
    upstream.write(`${headOf(request)}\r\n\r\n`);
    upstream.write(head);
    upstream.pipe(client).pipe(upstream);
    // Whichever side breaks, the other one is told.
    upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function headOf({ method, url, rawHeaders }: IncomingMessage): string {
  const fields = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1]}`] : []));
  return [`${method} ${url} HTTP/1.1`, ...fields].join('\r\n');
}
