import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';

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

/** Asks simulation servers over connections that are kept. */
export interface TextClient {
  /**
   * @param mostBytes longest answer that is read
   * @throws StatusError for any status but 200; Error for everything else that is wrong
   */
  getText(url: URL, mostBytes: number, signal: AbortSignal, headers?: Headers): Promise<string>;
  /** Closes the connections that wait for the next question. */
  close(): void;
}

/** @param isTls whether the servers are reached by https */
export function createTextClient(isTls: boolean): TextClient {
  // One socket a question, whatever shares a host behind a proxy: a server that hangs must not hold up its neighbours.
  const agent = isTls ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const get = isTls ? httpsGet : httpGet;

  function ask(url: URL, mostBytes: number, signal: AbortSignal, headers: Headers): Promise<string> {
    return new Promise((resolve, reject) => {
      const request = get(url, { agent, signal, headers, maxHeaderSize: MAX_ANSWER_HEADER }, (response) => {
        readAnswer(response, mostBytes).then(resolve, reject);
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && error.code === 'ECONNRESET';
        reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : error);
      });
    });
  }

  return {
    async getText(url, mostBytes, signal, headers = {}) {
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

async function readAnswer(response: IncomingMessage, mostBytes: number): Promise<string> {
  if (response.statusCode !== 200) {
    response.destroy();
    throw new StatusError(response.statusCode);
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // Leaving the loop early destroys the response.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > mostBytes) throw new Error(`Expected at most ${mostBytes} bytes, got more`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
