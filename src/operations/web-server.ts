import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { HTTP_LIMITS, TAKING_TIMEOUT } from './http-limits.ts';

/** Time in ms between two looks at the files of a certificate: our choice; they are renewed weeks before they end. */
const LOOK_INTERVAL = 10_000;

/** Files of a certificate with the chain above it, and of its private key, in PEM; absolute paths. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface WebServerOptions {
  /** By default the server speaks HTTP. */
  readonly tls?: TlsFiles | undefined;
  readonly log: Logger;
  /** Time in ms between two looks at the files. */
  readonly lookInterval?: number;
  /** Time in ms in which a client takes an answer that is complete. */
  readonly takingTimeout?: number;
}

/**
 * A server that speaks HTTP, or with a certificate HTTPS; renewed files are used for new connections without a restart.
 * Node's time-outs concern requests only: here, a client that does not take an answer is cut off as well.
 *
 * @throws AppError `configurationInvalid` if the certificate cannot be used
 */
export function createWebServer(
  listener: RequestListener,
  { tls, log, lookInterval = LOOK_INTERVAL, takingTimeout = TAKING_TIMEOUT }: WebServerOptions,
): Server {
  const answer: RequestListener = (request, response) => {
    limitTaking(response, takingTimeout);
    const target = originForm(request.url);
    if (target === undefined) return void response.writeHead(400, { 'Content-Length': 0 }).end();
    request.url = target;
    listener(request, response);
  };
  if (!tls) return createServer(HTTP_LIMITS, answer);
  let current = readCertificate(tls);
  const server: TlsServer = createTlsServer({ ...HTTP_LIMITS, ...current }, answer);

  function look(): void {
    try {
      const found = readCertificate(tls!);
      if (found.cert.equals(current.cert) && found.key.equals(current.key)) return;
      server.setSecureContext(found);
      current = found;
      log.info({ cert: tls!.cert }, 'certificate renewed');
    } catch (error) {
      // One of the two may be new and the other not yet; the old pair stays in use until both fit.
      log.warn({ problem: (error as Error).message }, 'certificate not renewed');
    }
  }

  const stopLooking = () => {
    for (const file of [tls.cert, tls.key]) unwatchFile(file, look);
  };
  server.on('close', stopLooking).on('listening', () => {
    // One that listens again looks again.
    stopLooking();
    for (const file of [tls.cert, tls.key]) watchFile(file, { interval: lookInterval, persistent: false }, look);
  });
  return server as unknown as Server;
}

/** Cuts off a client that has not taken an answer `timeout` ms after its end. */
function limitTaking(response: ServerResponse, timeout: number): void {
  response.once('prefinish', () => {
    const { socket } = response;
    // Nearly every answer is in the system's buffer by now.
    if (socket?.writableLength === 0) return;
    const cutting = setTimeout(() => (socket ?? response).destroy(), timeout);
    response.once('close', () => clearTimeout(cutting));
  });
}

/** The target of a request without the scheme and host that clients may name, RFC 9112 section 3.2.2; undefined where it is no URL. */
function originForm(target = '/'): string | undefined {
  if (!/^[a-z]/i.test(target)) return target;
  if (!URL.canParse(target)) return undefined;
  const { pathname, search } = new URL(target);
  return pathname + search;
}

/** @throws AppError `configurationInvalid` where they cannot be read, or do not belong together */
export function readCertificate(files: TlsFiles) {
  try {
    const pair = { cert: readFileSync(files.cert), key: readFileSync(files.key) };
    // Throws where the two do not fit.
    createSecureContext(pair);
    return pair;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'configurationInvalid',
      `Expected \`tls\` to name a certificate and its private key in PEM, ${files.cert} and ${files.key}: ${problem}.`,
      { cause: error },
    );
  }
}
