import { describe, expect, it } from 'vitest';
import { clientAddress, shortAddress, trustedProxies } from '../../../src/operations/client-address.ts';

const LOOPBACK = trustedProxies(['127.0.0.0/8', '::1']);

const request = (remoteAddress: string | undefined, forwarded?: string, others = {}) => ({
  socket: { remoteAddress },
  headers: { ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }), ...others },
});

describe('clientAddress', () => {
  it.each([
    ['the connection where nothing is said', '192.0.2.77', undefined, '192.0.2.77'],
    ['the connection on an IPv6 socket', '::ffff:192.0.2.77', undefined, '192.0.2.77'],
    ['what a trusted proxy says', '127.0.0.1', '192.0.2.9', '192.0.2.9'],
    ['what one on an IPv6 socket says', '::ffff:127.0.0.1', '192.0.2.9', '192.0.2.9'],
    ['what one by IPv6 says', '::1', '2001:db8::9', '2001:db8::9'],
    ['the connection where a stranger says something', '203.0.113.4', '192.0.2.9', '203.0.113.4'],
    ['the last address, and none that a stranger put before it', '127.0.0.1', '198.51.100.5, 192.0.2.9', '192.0.2.9'],
    ['the last one that is not trusted, of proxies in a row', '127.0.0.1', '192.0.2.9, 127.0.0.2', '192.0.2.9'],
    ['the first one where all are trusted', '127.0.0.1', '127.0.0.3,127.0.0.2', '127.0.0.3'],
    ['the proxy where it says what is no address', '127.0.0.1', '192.0.2.9, unknown', '127.0.0.1'],
    ['the proxy where it says nothing', '127.0.0.1', '', '127.0.0.1'],
    ['the proxy where it says nonsense', '127.0.0.1', '<script>', '127.0.0.1'],
    ['nothing where the connection is gone', undefined, '192.0.2.9', ''],
  ])('is that of %s', (_, remote, forwarded, expected) => {
    expect(clientAddress(request(remote, forwarded), LOOPBACK)).toBe(expected);
  });

  it('believes other proxies where they are named, and loopback no more', () => {
    const trusted = trustedProxies(['192.0.2.0/24', '2001:db8::/32']);

    expect(clientAddress(request('192.0.2.1', '198.51.100.5'), trusted)).toBe('198.51.100.5');
    expect(clientAddress(request('2001:db8:9::1', '198.51.100.5'), trusted)).toBe('198.51.100.5');
    expect(clientAddress(request('127.0.0.1', '198.51.100.5'), trusted)).toBe('127.0.0.1');
  });

  it('believes no other header', () => {
    const others = { forwarded: 'for=192.0.2.9', 'x-real-ip': '192.0.2.9' };

    expect(clientAddress(request('127.0.0.1', undefined, others), LOOPBACK)).toBe('127.0.0.1');
  });

  it('looks at a bounded number of addresses', () => {
    const hops = ['192.0.2.9', ...Array.from({ length: 1_000 }, () => '127.0.0.1')].join(',');

    expect(clientAddress(request('127.0.0.1', hops), LOOPBACK)).toBe('127.0.0.1');
  });
});

it.each([
  ['192.0.2.77', undefined, '192.0.2.x'],
  ['::ffff:192.0.2.77', undefined, '192.0.2.x'],
  ['2001:db8:1:2:3:4:5:6', undefined, '2001:db8:1:2:x'],
  ['2001:db8::77', undefined, '2001:db8:x'],
  ['::1', undefined, '::1'],
  ['127.0.0.1', '198.51.100.5, 192.0.2.9', '192.0.2.x'],
  ['127.0.0.1', '<script>', '127.0.0.x'],
  ['203.0.113.4', '192.0.2.9', '203.0.113.x'],
  [undefined, undefined, undefined],
])('shortens %s, forwarded for %s, to %s', (remoteAddress, forwarded, expected) => {
  expect(shortAddress(request(remoteAddress, forwarded), LOOPBACK)).toBe(expected);
});
