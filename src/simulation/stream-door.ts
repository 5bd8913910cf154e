import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { HTTP_LIMITS } from '../operations/http-limits.ts';
import type { StreamProxy } from './stream-proxy.ts';

/** What engines of this server are reached by while another process has its port. */
export interface StreamDoor {
  /** Opens a socket at this absolute path, in a folder that only our user enters, for requests that begin as those of browsers do. @throws Error of the system */
  open(path: string): Promise<void>;
  /** It may be opened again. */
  close(): void;
}

export function createStreamDoor(proxy: Pick<StreamProxy, 'answer' | 'upgrade'>): StreamDoor {
  let server: Server | undefined;
  return {
    async open(path) {
      server = createServer(HTTP_LIMITS, (request, response) => {
        if (!proxy.answer(request, response)) response.writeHead(404).end();
      });
      server.on('upgrade', (request, connection, head) => {
        // Followed by 'close'; without a listener it would end the process.
        connection.on('error', () => {});
        if (!proxy.upgrade(request, connection, head)) connection.destroy();
      });
      server.listen(path);
      await once(server, 'listening');
    },
    close() {
      server?.close();
      server?.closeAllConnections();
      server = undefined;
    },
  };
}
