import { expect, it } from 'vitest';
import { listeningAddressFor } from '../../../src/config/bind-address.ts';

it.each([
  ['localhost', '127.0.0.1'],
  ['LocalHost', '127.0.0.1'],
  ['127.0.0.2', '127.0.0.2'],
  ['[::1]', '::1'],
  ['localhost:8443', '127.0.0.1'],
  ['[::1]:8443', '::1'],
  ['hub.example.org:8443', '::'],
  ['hub.example.org', '::'],
  ['127.example.org', '::'],
  ['192.168.1.7', '::'],
  ['localhost.example.org', '::'],
])('a server that is called %s listens on %s', (server, address) => {
  expect(listeningAddressFor(server)).toBe(address);
});
