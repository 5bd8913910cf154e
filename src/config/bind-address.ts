import { isIP } from 'node:net';

/** All interfaces, IPv6 and IPv4. */
const EVERYWHERE = '::';

/**
 * The address to listen on where the configuration names none: a server that
 * calls itself local listens on loopback only, every other on all interfaces.
 *
 * @param server the host name that clients use
 */
export function listeningAddressFor(server: string): string {
  const name = server
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  if (name === 'localhost') return '127.0.0.1';
  const isLoopback = name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
  return isLoopback ? name : EVERYWHERE;
}
