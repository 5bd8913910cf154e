import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import { createSecureContext } from 'node:tls';
import { AppError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { HTTP_LIMITS } from './http-limits.ts';

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
}

/**
 * A server that speaks HTTP, or with a certificate HTTPS; renewed files are used for new connections without a restart.
 *
 * @throws AppError `configurationInvalid` if the certificate cannot be used
 */
export function createWebServer(
  listener: RequestListener,
  { tls, log, lookInterval = LOOK_INTERVAL }: WebServerOptions,
): Server {
  if (!tls) return createServer(HTTP_LIMITS, listener);
  let current = readCertificate(tls);
  const server: TlsServer = createTlsServer({ ...HTTP_LIMITS, ...current }, listener);

  function look(): void {
    try {
      const found = readCertificate(tls!);
      if (found.cert.equals(current.cert) && found.key.equals(current.key)) return;
      server.setSecureContext(found);
      current = found;
      log.info({ cert: tls!.cert }, 'certificate renewed');
    } catch (error) {
      // One of the two may be new and the other not yet; the old pair stays in use until both fit.
      log.warn({ error }, 'certificate not renewed');
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

function readCertificate(files: TlsFiles) {
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
