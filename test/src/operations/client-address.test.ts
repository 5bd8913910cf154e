import { expect, it } from 'vitest';
import { shortAddress } from '../../../src/operations/client-address.ts';

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
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  expect(shortAddress({ socket: { remoteAddress }, headers })).toBe(expected);
});
