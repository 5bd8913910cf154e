import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../../src/log.ts';
import { trustedProxies } from '../../../src/operations/client-address.ts';
import { acceptClients, MAX_REFUSED } from '../../../src/simulation/client-sockets.ts';
import { rawClient, upgradeRequest } from '../../fixtures/raw-client.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('acceptClients', () => {
  it('tells 200 clients at once why they are refused, and cuts further ones', async () => {
    // Nobody answers the closing handshake, and the wait for that does not end.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const output = { isTerminal: false, write: () => {} };
    acceptClients(
      server,
      () => ({ reason: 'serverFull', text: 'full' }),
      () => {},
      createLogger({ output }),
      trustedProxies([]),
    );

    const strangers = await Promise.all(Array.from({ length: MAX_REFUSED + 50 }, () => rawClient(port)));
    for (const { socket } of strangers) socket.write(upgradeRequest('/client'));
    const cut = await vi.waitFor(() => {
      const closed = strangers.filter(({ socket, received }) => socket.readyState !== 'open' && received() === '');
      const told = strangers.filter(({ received }) => received().includes('error: full'));
      expect(closed.length + told.length).toBe(strangers.length);
      return closed.length;
    }, 20_000);

    expect(cut).toBe(50);
    for (const { socket } of strangers) socket.destroy();
    server.close();
  });
});
