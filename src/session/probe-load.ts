import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { fromPromise } from 'xstate';

/** Longest answer to `/load` that is read, in bytes: our choice; a number takes a few. */
export const MAX_LOAD_ANSWER = 1_024;

/** Longest header of an answer that is read, in bytes: our choice. */
const MAX_ANSWER_HEADER = 8_192;

/** Longest part of an unusable answer that is repeated to the operator, in characters: our choice. */
const MAX_QUOTE = 40;

const LOAD = /^\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/** Asks simulation servers for their load over connections that are kept. */
export interface LoadProbe {
  /**
   * The `probe` actor of `simulationServerMachine`: one `GET /load`. Resolves
   * to the load in percent; rejects with an error whose message says what was
   * wrong with the answer. Ends when the machine leaves the state: the machine
   * keeps the time.
   */
  readonly logic: ReturnType<typeof fromPromise<number, { entry: string }>>;
  /** Closes the connections that wait for the next probe. */
  close(): void;
}

/**
 * @param isTls whether the simulation servers are reached by https
 * @param onAnswer hears how long each usable answer took, in ms
 */
export function createLoadProbe(
  isTls: boolean,
  onAnswer: (entry: string, latency: number) => void = () => {},
): LoadProbe {
  // One socket a probe, whatever shares a host behind a proxy: a server that hangs must not hold up its neighbours.
  const agent = isTls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const get = isTls ? httpsGet : httpGet;

  async function ask(url: URL, signal: AbortSignal): Promise<number> {
    for (let isSecondTry = false; ; isSecondTry = true) {
      try {
        return readLoad(await getText(url, signal));
      } catch (error) {
        // The server may close a kept connection at the very moment of the next probe; that says nothing about it.
        if (!(error instanceof StaleConnectionError) || isSecondTry) throw error;
      }
    }
  }

  function getText(url: URL, signal: AbortSignal): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = get(url, { agent, signal, maxHeaderSize: MAX_ANSWER_HEADER }, (response) => {
        readAnswer(response).then(resolve, reject);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && error.code === 'ECONNRESET';
        reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : error);
      });
    });
  }

  return {
    logic: fromPromise(async ({ input, signal }) => {
      const begin = performance.now();
      const load = await ask(new URL(`http${isTls ? 's' : ''}://${input.entry}/load`), signal);
      onAnswer(input.entry, performance.now() - begin);
      return load;
    }),
    close: () => agent.destroy(),
  };
}

class StaleConnectionError extends Error {}

async function readAnswer(response: IncomingMessage): Promise<string> {
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`Expected status 200, got ${response.statusCode}`);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early destroys the response.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_LOAD_ANSWER) throw new Error(`Expected at most ${MAX_LOAD_ANSWER} bytes, got more`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/**
 * Reads the answer to `/load`: a decimal number, 0 or more, in percent.
 *
 * @throws Error for anything else
 */
export function readLoad(answer: string): number {
  const text = answer.trim();
  const load = LOAD.test(text) ? Number(text) : Number.NaN;
  if (!Number.isFinite(load))
    throw new Error(`Expected a decimal number, got ${JSON.stringify(text.slice(0, MAX_QUOTE))}`);
  return load;
}
