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
    const answers = await Promise.all(
      strangers.map(async ({ socket, received, ended }) => {
        while (socket.readyState === 'open' && !received().includes('error: full')) {
          await Promise.race([once(socket, 'data'), ended]);
        }
        return received() === '' ? 'cut' : 'told';
      }),
    );

    expect(answers.filter((answer) => answer === 'cut')).toHaveLength(50);
    for (const { socket } of strangers) socket.destroy();
    server.close();
  });
});
