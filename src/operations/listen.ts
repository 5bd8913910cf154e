import type { Server } from 'node:http';
import { AppError } from '../errors.ts';
import type { ListeningAddress } from '../role.ts';

/** How an operator chooses the port of a role. */
const OWN_PORT = '`port` in the configuration or --port';

/**
 * Opens a server's port.
 *
 * @param choice how an operator chooses another one, for the message
 * @throws AppError `portTaken` or `bindFailed`, saying who can mend it
 */
export function listen(server: Server, address: string, port: number, choice = OWN_PORT): Promise<ListeningAddress> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => {
      server.off('listening', succeed);
      reject(listenError(error, address, port, choice));
    };
    const succeed = () => {
      server.off('error', fail);
      const bound = server.address();
      resolve(
        bound !== null && typeof bound === 'object' ? { address: bound.address, port: bound.port } : { address, port },
      );
    };
    // A server listens more than once where its port was given away: no listener may stay.
    server.once('error', fail).once('listening', succeed);
    server.listen({ host: address, port });
  });
}

function listenError(error: NodeJS.ErrnoException, address: string, port: number, choice: string): AppError {
  if (error.code === 'EADDRINUSE') {
    return new AppError(
      'portTaken',
      `Port ${port} on ${address} is in use by another program. Stop that one (\`ss -ltnp 'sport = :${port}'\` names it) or choose another port with ${choice}.`,
      { cause: error },
    );
  }
  const hint = error.code === 'EACCES' ? 'ports below 1024 need the permission of root' : error.code;
  return new AppError('bindFailed', `Cannot listen on port ${port} of ${address}: ${hint}.`, { cause: error });
}

/** Closes a server's port, and with it connections on which nothing is asked; the others stay. */
export function releasePort(server: Server): void {
  server.close();
}

/** Ends each connection with the request that is on it: the next one is for another server. */
export function endAfterRequests(server: Server): void {
  server.prependListener('request', (_, response) => {
    response.shouldKeepAlive = false;
  });
}

/** Closes a server's port and every connection that is still open. */
export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
