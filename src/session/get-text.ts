import { Agent as HttpAgent, get as httpGet } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { outwardFetch, problemOf, proxiesOf, proxyFor } from '../outward-fetch.ts';

/** Longest header of an answer that is read, in bytes: our choice. */
const MAX_ANSWER_HEADER = 8_192;

/** An answer that is no text to be read. */
export class StatusError extends Error {
  readonly status: number | undefined;

  constructor(status: number | undefined) {
    super(`Expected status 200, got ${status}`);
    this.status = status;
  }
}

type Headers = Readonly<Record<string, string>>;

class StaleConnectionError extends Error {}

/** Asks simulation servers over connections that are kept, or through the proxy that the environment names for them. */
export interface TextClient {
  /**
   * @param mostBytes longest answer that is read
   * @throws StatusError for any status but 200; Error for everything else that is wrong
   */
  getText(url: URL, mostBytes: number, signal: AbortSignal, headers?: Headers): Promise<string>;
  /** Closes the connections that wait for the next question. */
  close(): void;
}

/**
 * @param isTls whether the servers are reached by https
 * @param environment names proxies
 */
export function createTextClient(isTls: boolean, environment: NodeJS.ProcessEnv = process.env): TextClient {
  const proxies = proxiesOf(environment);
  // One socket a question, whatever shares a host behind a proxy: a server that hangs must not hold up its neighbours.
  const agent = isTls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const get = isTls ? httpsGet : httpGet;

  function ask(url: URL, mostBytes: number, signal: AbortSignal, headers: Headers): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = get(url, { agent, signal, headers, maxHeaderSize: MAX_ANSWER_HEADER }, (response) => {
        if (response.statusCode === 200) readAnswer(response, mostBytes).then(resolve, reject);
        else {
          response.destroy();
          reject(new StatusError(response.statusCode));
        }
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && error.code === 'ECONNRESET';
        reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : inWords(error));
      });
    });
  }

  async function askByProxy(url: URL, mostBytes: number, signal: AbortSignal, headers: Headers): Promise<string> {
    const request = { signal, headers, redirect: 'manual', environment } as const;
    const { status, body } = await outwardFetch(url, request).catch((error) => {
      signal.throwIfAborted();
      throw inWords(error);
    });
    if (status === 200 && body) return readAnswer(body, mostBytes);
    await body?.cancel();
    throw new StatusError(status);
  }

  return {
    async getText(url, mostBytes, signal, headers = {}) {
      if (proxyFor(url, proxies) !== undefined) return askByProxy(url, mostBytes, signal, headers);
      for (let isSecondTry = false; ; isSecondTry = true) {
        try {
          return await ask(url, mostBytes, signal, headers);
        } catch (error) {
          // The server may close a kept connection at the very moment of the next question; that says nothing about it.
          if (!(error instanceof StaleConnectionError) || isSecondTry) throw error;
        }
      }
    },
    close: () => agent.destroy(),
  };
}

/** The error itself, unless it says only by others what is wrong: a host with two addresses has one for each. */
function inWords(error: Error): Error {
  const problem = problemOf(error);
  return problem === error.message ? error : new Error(problem, { cause: error });
}

async function readAnswer(answer: AsyncIterable<Uint8Array>, mostBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop early breaks the answer off.
  for await (const chunk of answer) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`Expected at most ${mostBytes} bytes, got more`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
