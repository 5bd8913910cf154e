import { isIP } from 'node:net';
import { type AddressedRequest, clientAddress, type TrustedProxies } from './client-address.ts';

/** Groups of an IPv6 address that name a network, which one client may have to itself: a /64. */
const NETWORK_GROUPS = 4;

/** Groups of a whole IPv6 address. */
const GROUPS = 8;

/**
 * The address of a client as far as it tells one client from another: the
 * IPv4 address, or the network of the IPv6 address. To count and to be fair
 * by; never logged, shown or told.
 *
 * @param trusted the proxies whose word on the address is taken
 */
export function addressOf(request: AddressedRequest, trusted: TrustedProxies): string {
  return addressKey(clientAddress(request, trusted));
}

/** @param address what is none comes back as it is */
export function addressKey(address: string): string {
  const plain = address.replace(/%.*$/, '').replace(/^::ffff:(?=\d+\.)/i, '');
  if (isIP(plain) !== 6) return plain;
  // The shortest form in lower case, whichever form the address came in.
  const [head = [], tail = []] = new URL(`http://[${plain}]`).hostname
    .slice(1, -1)
    .split('::')
    .map((part) => part.split(':').filter(Boolean));
  const zeros = Array.from({ length: GROUPS - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].slice(0, NETWORK_GROUPS).join(':');
}
