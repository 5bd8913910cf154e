import { get as getByHttp } from 'node:http';
import { get as getByHttps } from 'node:https';
import type { SessionConfig } from '../config/session-config.ts';

/** Longest wait for an answer, in ms: that of a session server. */
const PATIENCE = 5_000;

/** Longest answer that is read, in characters: our choice, more than `ok`. */
const LONGEST_HEALTH = 100;

/** Addresses that stand for all of this machine's. */
const ANY = ['::', '0.0.0.0'];

export type Place = Pick<SessionConfig, 'port' | 'bindAddress' | 'tls'>;

/** Whether a server of this program listens at a place of this machine, whatever name its certificate has. */
export function isOurs({ port, bindAddress, tls }: Place): Promise<boolean> {
  const host = ANY.includes(bindAddress) ? 'localhost' : bindAddress;
  const options = { host, port, path: '/health/live', agent: false, signal: AbortSignal.timeout(PATIENCE) };
  return new Promise((resolve) => {
    const request = tls ? getByHttps({ ...options, rejectUnauthorized: false }) : getByHttp(options);
    request.once('error', () => resolve(false));
    request.once('response', (response) => {
      let body = '';
      response
        .setEncoding('latin1')
        .on('data', (part: string) => {
          body += part;
          if (body.length > LONGEST_HEALTH) response.destroy();
        })
        .once('close', () => resolve(response.statusCode === 200 && body === 'ok'));
    });
  });
}
