import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** Headers by which proxies tell on whose behalf they ask. */
const PROXY_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

/** Parts of an IPv6 address that are shown: the network, not the host. */
const SHOWN_PARTS = 4;

/** Addresses that a request may have passed, the last ones of which are looked at: our choice, far more than there are proxies in a row. */
const MOST_HOPS = 20;

/** What is needed of a request to know from whom it is. */
export type AddressedRequest = Pick<IncomingMessage, 'headers'> & {
  readonly socket: { readonly remoteAddress?: string | undefined };
};

/** The proxies whose word on a client's address is taken. */
export interface TrustedProxies {
  /** @param address an IP address as `plainAddress` gives it */
  has(address: string): boolean;
}

/** @param ranges IP addresses, and ranges such as `192.0.2.0/24` or `2001:db8::/32` */
export function trustedProxies(ranges: readonly string[]): TrustedProxies {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return { has: (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4') };
}

/** Whether a request came through a proxy that says so. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  return PROXY_HEADERS.some((name) => headers[name] !== undefined);
}

/** @param address as a socket tells it, also of an IPv4 client on an IPv6 socket */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(?:::ffff:)?127\.|^::1$/i.test(address);
}

/**
 * The IP address of the client for whom a request came: that of the connection, or, as long as that is a trusted
 * proxy's, the last one that it tells in `X-Forwarded-For`. What stands before an address that is not trusted may be
 * invented, and is not looked at.
 *
 * `Forwarded` (RFC 7239) is not believed: proxies pass on that of strangers unless they are told not to.
 *
 * @returns IPv4 addresses without the prefix that they have on IPv6 sockets; an empty text where the connection is gone
 */
export function clientAddress({ socket, headers }: AddressedRequest, trusted: TrustedProxies): string {
  let address = plainAddress(socket.remoteAddress ?? '');
  const hops = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .slice(-MOST_HOPS);
  while (trusted.has(address)) {
    const hop = plainAddress(hops.pop()?.trim() ?? '');
    // Who hides the address, or tells none, answers for the client.
    if (isIP(hop) === 0) break;
    address = hop;
  }
  return address;
}

/** The client's address without the part that tells one person from another, e.g. `192.0.2.x`; undefined where none is known. */
export function shortAddress(request: AddressedRequest, trusted: TrustedProxies): string | undefined {
  const address = clientAddress(request, trusted);
  if (isIP(address) === 4) return address.replace(/\d+$/, 'x');
  if (isIP(address) === 6) return isLoopback(address) ? address : `${networkOf(address)}:x`;
  return undefined;
}

/** Without the prefix of an IPv4 address on an IPv6 socket. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}

/** The first parts of an IPv6 address, as far as they are written out. */
function networkOf(address: string): string {
  const [head = ''] = address.split('::');
  return head.split(':').slice(0, SHOWN_PARTS).join(':') || '0';
}
