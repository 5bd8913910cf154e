import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { closeServer, listen } from '../../../src/operations/listen.ts';

it('leaves no listener on a server, whether it gets the port or not', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const server = createServer();
  const listeners = () => ['error', 'listening'].map((name) => server.listenerCount(name));
  const before = listeners();

  await expect(listen(server, '127.0.0.1', port)).rejects.toMatchObject({ code: 'portTaken' });
  await expect(listen(server, '127.0.0.1', port)).rejects.toMatchObject({ code: 'portTaken' });
  expect(listeners()).toEqual(before);

  await closeServer(other);
  expect(await listen(server, '127.0.0.1', port)).toEqual({ address: '127.0.0.1', port });
  expect(listeners()).toEqual(before);
  await closeServer(server);
});
