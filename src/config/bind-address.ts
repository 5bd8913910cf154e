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
  const name = hostOf(server);
  if (name === 'localhost') return '127.0.0.1';
  return isLocalName(server) ? name : EVERYWHERE;
}

/** Whether a host name of the configuration is that of this machine for itself. */
export function isLocalName(server: string): boolean {
  const name = hostOf(server);
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}

/** Without port and brackets, in lower case. */
function hostOf(server: string): string {
  return server
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
}
