import type { Server } from 'node:http';
import { AppError } from '../../errors.ts';

/** How many ports above the wanted one are tried (Webots, `WbTcpServer::start`). */
const MORE_PORTS = 10;

const LAST_PORT = 65_535;

/**
 * Listens on a port, or on the next one that is free.
 *
 * @param host address to bind; `undefined` for all
 * @param onBusy hears of each port that another program holds
 * @returns the port
 * @throws AppError `portTaken` where none of the ports is free, `bindFailed` where the address cannot be used
 */
export async function listenNear(
  server: Server,
  port: number,
  host: string | undefined,
  onBusy: (port: number) => void,
): Promise<number> {
  const last = Math.min(LAST_PORT, port + MORE_PORTS);
  for (let candidate = port; candidate <= last; candidate++) {
    if (await tryListen(server, candidate, host)) return candidate;
    onBusy(candidate);
  }
  throw new AppError('portTaken', `Expected one of the ports ${port} to ${last} to be free.`);
}

/** @returns false where another program holds the port */
function tryListen(server: Server, port: number, host: string | undefined): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      server.off('listening', onListening);
      if (error.code === 'EADDRINUSE') resolve(false);
      else {
        const message = `Expected port ${port}${host === undefined ? '' : ` of ${host}`} to be usable: ${error.code}.`;
        reject(new AppError('bindFailed', message, { cause: error }));
      }
    };
    const onListening = () => {
      server.off('error', onError);
      resolve(true);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen({ port, host });
  });
}
