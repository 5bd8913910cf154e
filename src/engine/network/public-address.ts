import { BlockList, isIPv6 } from 'node:net';

/** Addresses that are not of the public internet (IANA's registries of special-purpose addresses), and those that stand for others. */
const OTHER_RANGES = [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24',
  '192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
]
  .join(' ')
  .split(' ');

/** The only addresses of version 6 that are given out as public ones, and exceptions among them. */
const PUBLIC_RANGE = '2000::/3';
const OTHER_RANGES_6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'];

const OTHERS = blockList(OTHER_RANGES, 'ipv4');
const PUBLIC_6 = blockList([PUBLIC_RANGE], 'ipv6');
const OTHERS_6 = blockList(OTHER_RANGES_6, 'ipv6');

/**
 * Whether an address is one of the public internet: neither of this machine nor of
 * networks around it, and none that leads to such an address by another way of writing it.
 */
export function isPublicAddress(address: string): boolean {
  if (isIPv6(address)) return PUBLIC_6.check(address, 'ipv6') && !OTHERS_6.check(address, 'ipv6');
  return !OTHERS.check(address, 'ipv4');
}

function blockList(ranges: readonly string[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', bits] = range.split('/');
    list.addSubnet(net, Number(bits), family);
  }
  return list;
}
