import { lookup } from 'node:dns/promises';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { isIP, isIPv6, type Socket } from 'node:net';
import { type Proxies, proxiesOf, proxyFor } from '../../outward-fetch.ts';
import { isPublicAddress } from './public-address.ts';
import { openTunnel } from './tunnel.ts';

/** Size of the largest file that is fetched, in bytes (our choice, as of PROTO files of a project). */
export const LARGEST_FILE = 10_000_000;

/** Time that one file may take with all redirections, in ms (our choice). */
const LONGEST_FETCH = 10_000;

/** Redirections that are followed for one file (our choice). */
const MOST_REDIRECTIONS = 3;

/** Port of https, which need not be written. */
const HTTPS_PORT = '443';

export interface HttpsOptions {
  /** Hosts that may be asked, each with a port where it is not that of https. */
  readonly hosts: readonly string[];
  /** Certificates in PEM that are trusted instead of those of Node; for tests. */
  readonly certificates?: string;
  /** Which addresses may be connected to, in place of the public ones; for tests, whose servers are on this machine. */
  readonly isAllowedAddress?: (address: string) => boolean;
  /** The addresses of a host, in place of what the name servers say; for tests. */
  readonly addressesOf?: (name: string) => Promise<readonly string[]>;
  /** In place of those that the environment names. */
  readonly proxies?: Proxies;
}

/** A file, or that it is still what the etag says; or why it cannot be had. */
export type Fetched =
  | { readonly content: Buffer; readonly etag: string | undefined }
  | 'unchanged'
  /** The host does not have it. */
  | 'missing'
  /** It is on a host, or at an address, that may not be asked. */
  | 'refused'
  | 'tooLarge'
  /** It is more than may still be received. */
  | 'exhausted'
  /** The host cannot be reached, or does not answer as it should, or not in time. */
  | 'failed';

/** What several files may take together. */
export interface Allowance {
  /** Bytes that may still be received; fewer than 0 once there were more. */
  left: number;
}

/** Whether a URL is one that may be asked for. */
export function isAllowedUrl(url: URL, hosts: readonly string[]): boolean {
  if (url.protocol !== 'https:' || url.username !== '' || url.password !== '') return false;
  return hosts.some((host) => {
    const [name, port = HTTPS_PORT] = splitHost(host);
    return name === url.hostname && port === (url.port || HTTPS_PORT);
  });
}

/**
 * Fetches a file by https. The host's name is resolved once, all its addresses must
 * be allowed, and one of these is connected to, so that a name that is resolved to
 * another address meanwhile leads nowhere else. The same holds for each redirection,
 * and where a proxy is used, which is asked for the address and not for the name.
 *
 * @param etag of what is known already
 * @param allowance from which what is received is taken, also of files that are not had in the end; by default no end
 */
export async function fetchFile(
  url: URL,
  options: HttpsOptions,
  etag?: string,
  allowance: Allowance = { left: Number.POSITIVE_INFINITY },
): Promise<Fetched> {
  const signal = AbortSignal.timeout(LONGEST_FETCH);
  let target = url;
  for (let hop = 0; hop <= MOST_REDIRECTIONS; hop++) {
    try {
      const result = await ask(target, options, etag, allowance, signal);
      if (!(result instanceof URL)) return result;
      target = result;
    } catch {
      // Whatever goes wrong on the way, there is no file.
      return 'failed';
    }
  }
  return 'failed';
}

async function ask(
  url: URL,
  options: HttpsOptions,
  etag: string | undefined,
  allowance: Allowance,
  signal: AbortSignal,
): Promise<Fetched | URL> {
  if (!isAllowedUrl(url, options.hosts)) return 'refused';
  const name = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const { isAllowedAddress = isPublicAddress, addressesOf = lookUp, proxies = proxiesOf(process.env) } = options;
  const addresses = await within(signal, addressesOf(name));
  const [address] = addresses;
  if (address === undefined || !addresses.every(isAllowedAddress)) return 'refused';
  const proxy = proxyFor(url, proxies);
  const target = `${isIPv6(address) ? `[${address}]` : address}:${url.port || HTTPS_PORT}`;
  const tunnel = proxy === undefined ? undefined : await openTunnel(new URL(proxy), target, signal);
  const response = await send(url, name, { address, tunnel }, options, etag, signal);
  try {
    return await read(response, url, allowance);
  } finally {
    response.destroy();
  }
}

function send(
  url: URL,
  name: string,
  { address, tunnel }: { readonly address: string; readonly tunnel: Socket | undefined },
  { certificates }: HttpsOptions,
  etag: string | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request(
      {
        host: address,
        ...(tunnel !== undefined && { socket: tunnel }),
        port: url.port || HTTPS_PORT,
        path: `${url.pathname}${url.search}`,
        // The certificate is that of the name, which an address has none of.
        servername: isIP(name) === 0 ? name : '',
        headers: { host: url.host, accept: '*/*', ...(etag !== undefined && { 'if-none-match': etag }) },
        ...(certificates !== undefined && { ca: certificates }),
        agent: false,
        signal,
      },
      resolve,
    )
      .on('error', reject)
      .end();
  });
}

async function read(response: IncomingMessage, url: URL, allowance: Allowance): Promise<Fetched | URL> {
  const { statusCode = 0, headers } = response;
  if (statusCode === 304) return 'unchanged';
  if (statusCode === 404 || statusCode === 410) return 'missing';
  if ([301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined) {
    return new URL(headers.location, url);
  }
  if (statusCode !== 200) return 'failed';
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    allowance.left -= chunk.length;
    if (allowance.left < 0) return 'exhausted';
    if (size > LARGEST_FILE) return 'tooLarge';
    chunks.push(chunk);
  }
  return { content: Buffer.concat(chunks), etag: headers.etag };
}

async function lookUp(name: string): Promise<readonly string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

/** Looking a name up cannot be stopped; its answer is not waited for longer than this. */
function within<Value>(signal: AbortSignal, value: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    value.then(resolve, reject);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** `host:port`, where the host may be an address of version 6 in brackets. */
function splitHost(host: string): [name: string, port: string | undefined] {
  const [, name = host, port] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(host.toLowerCase()) ?? [];
  return [name, port];
}
