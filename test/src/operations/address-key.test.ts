import { describe, expect, it } from 'vitest';
import { addressKey, addressOf } from '../../../src/operations/address-key.ts';
import { trustedProxies } from '../../../src/operations/client-address.ts';

describe('addressKey', () => {
  it.each([
    ['192.0.2.77', '192.0.2.77'],
    ['::ffff:192.0.2.77', '192.0.2.77'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:0DB8:0001:2::77', '2001:db8:1:2'],
    ['2001:db8::77', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['', ''],
  ])('makes of %s the key %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });

  it('is the same for all addresses of one /64, and for no others', () => {
    expect(addressKey('2001:db8:1:2:ffff::1')).toBe(addressKey('2001:db8:1:2::1'));
    expect(addressKey('2001:db8:1:3::1')).not.toBe(addressKey('2001:db8:1:2::1'));
  });
});

/** What the configuration has by default. */
const PROXIES = trustedProxies(['127.0.0.0/8', '::1']);

describe('addressOf', () => {
  it.each([
    ['127.0.0.1', '198.51.100.5, 192.0.2.9', '192.0.2.9'],
    ['::ffff:127.0.0.1', '2001:db8:1:2::9', '2001:db8:1:2'],
    ['127.0.0.1', '<script>', '127.0.0.1'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['203.0.113.4', '192.0.2.9', '203.0.113.4'],
    [undefined, undefined, ''],
  ])('takes a request of %s, forwarded for %s, for one of %s', (remoteAddress, forwarded, address) => {
    const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };

    expect(addressOf({ socket: { remoteAddress }, headers }, PROXIES)).toBe(address);
  });
});
