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
  /** From now on the last port is taken first: another process has begun with the first one. */
  retreat(): void;
  /** Whether there are ports that nobody holds, here or elsewhere, but others listen on all of them. */
  isBlocked(): Promise<boolean>;
  /** What is said while no port is free. */
  readonly refusal: string;
  readonly held: ReadonlySet<number>;
}

/**
 * @param first lowest port
 * @param count how many there are from there on
 * @param elsewhere ports that another process holds, on which it need not listen yet
 */
export function createPortPool(first: number, count: number, elsewhere: () => readonly number[] = () => []): PortPool {
  const held = new Set<number>();
  let isRetreating = false;
  const refusal = `No free port for a simulation between ${first} and ${first + count - 1}.`;
  /** Tests follow each other, so that none mistakes another one for a program that listens. */
  let lastTest: Promise<unknown> = Promise.resolve();

  function inTurn<T>(test: () => Promise<T>): Promise<T> {
    const tested = lastTest.then(test);
    lastTest = tested;
    return tested;
  }

  async function findFree(): Promise<number | undefined> {
    for (let index = 0; index < count; index++) {
      const port = isRetreating ? first + count - 1 - index : first + index;
      if (!held.has(port) && !elsewhere().includes(port) && (await isFree(port))) return port;
    }
    return undefined;
  }

  return {
    held,
    refusal,
    async take() {
      const port = await inTurn(async () => {
        const found = await findFree();
        if (found !== undefined) held.add(found);
        return found;
      });
      if (port === undefined) throw new AppError('noFreePort', refusal);
      return port;
    },
    give: (port) => void held.delete(port),
    retreat() {
      isRetreating = true;
    },
    isBlocked: () =>
      inTurn(async () => {
        const inPool = elsewhere().filter((port) => port >= first && port < first + count);
        return new Set([...held, ...inPool]).size < count && (await findFree()) === undefined;
      }),
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
