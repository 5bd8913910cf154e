import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** Headers by which proxies tell on whose behalf they ask. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

/** Parts of an IPv6 address that are shown: the network, not the host. */
const SHOWN_PARTS = 4;

/** Whether a request came through a proxy that says so. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return PROXY_HEADERS.some((name) => headers[name] !== undefined);
}

/** @param address as a socket tells it, also of an IPv4 client on an IPv6 socket */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:::ffff:)?127\.|^::1$/i.test(address);
}

/**
 * The client's address without the part that tells one person from another,
 * e.g. `192.0.2.x`; undefined where none is known. For people only: what a
 * proxy passes on may be invented.
 */
export function shortAddress({
  socket,
  headers,
}: Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } }): string | undefined {
  const forwarded =
    String(headers['x-forwarded-for'] ?? '')
      .split(',')
      .at(-1)
      ?.trim() ?? '';
  const address = isLoopback(socket.remoteAddress) && isIP(forwarded) ? forwarded : (socket.remoteAddress ?? '');
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIP(plain) === 4) return plain.replace(/\d+$/, 'x');
  if (isIP(plain) === 6) return isLoopback(plain) ? plain : `${networkOf(plain)}:x`;
  return undefined;
}

/** The first parts of an IPv6 address, as far as they are written out. */
function networkOf(address: string): string {
  const [head = ''] = address.split('::');
  return head.split(':').slice(0, SHOWN_PARTS).join(':') || '0';
}
