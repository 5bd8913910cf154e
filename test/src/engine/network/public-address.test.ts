import { describe, expect, it } from 'vitest';
import { isPublicAddress } from '../../../../src/engine/network/public-address.ts';

describe('isPublicAddress', () => {
  it.each(['8.8.8.8', '185.199.108.133', '172.15.0.1', '172.32.0.1', '2606:50c0:8000::154', '2a00:1450::1'])(
    'takes %s for one of the public internet',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    ...['127.0.0.1', '127.255.255.254', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    ...['169.254.169.254', '100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '192.0.0.170', '203.0.113.5'],
    ...['::', '::1', 'fe80::1', 'fc00::1', 'fd12:3456::1', 'ff02::1', '2001:db8::1', '2001::1'],
    // Version 4 inside of version 6.
    ...['::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', '2002:7f00:1::', '::127.0.0.1'],
  ])('takes %s for one of this machine, of networks around it, or of no host', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});
