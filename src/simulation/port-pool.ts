import { createServer } from 'node:net';
import { AppError } from '../errors.ts';

/** The TCP ports that engines may listen on. */
export interface PortPool {
  /**
   * The first port that nobody holds and nobody listens on; held from now on.
   *
   * @throws AppError `noFreePort`
   */
  take(): Promise<number>;
  give(port: number): void;
  readonly held: ReadonlySet<number>;
}

/** @param first lowest port; @param count how many there are from there on */
export function createPortPool(first: number, count: number): PortPool {
  const held = new Set<number>();
  return {
    held,
    async take() {
      for (let port = first; port < first + count; port++) {
        if (held.has(port)) continue;
        // Held before the test, so that two takers never test the same port.
        held.add(port);
        if (await isFree(port)) return port;
        held.delete(port);
      }
      throw new AppError('noFreePort', `No free port for a simulation between ${first} and ${first + count - 1}.`);
    },
    give: (port) => void held.delete(port),
  };
}

/** Whether a program could listen on the port on all interfaces. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
