import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { WebSocketServer } from 'ws';
import { retryDelay } from '../../../src/client/availability.ts';
import { type Availability, watchAvailability } from '../../../src/client/index.ts';

/** Waits short enough for a test; their growth is tested by itself. */
const SOON = { firstDelay: 5, longestDelay: 20 };

async function startSessionServer(first: string, port = 0) {
  const server: Server = createServer();
  const sockets = new WebSocketServer({ server });
  let connections = 0;
  sockets.on('connection', (socket) => {
    connections += 1;
    socket.send(first);
  });
  server.listen(port, 'localhost');
  await once(server, 'listening');
  const address = server.address() as AddressInfo;
  return {
    url: `http://localhost:${address.port}`,
    port: address.port,
    connections: () => connections,
    tellAll: (text: string) => {
      for (const socket of sockets.clients) socket.send(text);
    },
    breakAll: () => {
      for (const socket of sockets.clients) socket.terminate();
    },
    sockets: sockets.clients,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}

describe('watchAvailability', () => {
  it('tells the first value and then changes only', async () => {
    await using server = await startSessionServer('0');
    const heard: Availability[] = [];
    const stop = watchAvailability(server.url, (availability) => heard.push(availability));
    await vi.waitFor(() => expect(heard).toEqual(['unavailable']));

    for (const text of ['0', '1', '1', 'hello', '0']) server.tellAll(text);

    await vi.waitFor(() => expect(heard).toEqual(['unavailable', 'available', 'unavailable']));
    stop();
  });

  it('comes back after the server was lost, and says that it did not know meanwhile', async () => {
    const heard: Availability[] = [];
    const first = await startSessionServer('1');
    const stop = watchAvailability(first.url, (availability) => heard.push(availability), SOON);
    await vi.waitFor(() => expect(heard).toEqual(['available']));

    await first[Symbol.asyncDispose]();
    await vi.waitFor(() => expect(heard).toEqual(['available', 'unknown']));
    await using _second = await startSessionServer('1', first.port);

    await vi.waitFor(() => expect(heard).toEqual(['available', 'unknown', 'available']));
    stop();
  });

  it('says at once that it does not know where no server is', async () => {
    const gone = await startSessionServer('1');
    await gone[Symbol.asyncDispose]();
    const heard: Availability[] = [];
    const stop = watchAvailability(gone.url, (availability) => heard.push(availability), SOON);

    await vi.waitFor(() => expect(heard).toEqual(['unknown']));
    stop();
  });

  it('waits longer each time for a server that accepts and drops', async () => {
    await using server = await startSessionServer('1');
    const draws: number[] = [];
    const random = () => {
      draws.push(server.connections());
      return 0;
    };
    const stop = watchAvailability(server.url, () => server.breakAll(), { ...SOON, random });

    await vi.waitFor(() => expect(server.connections()).toBeGreaterThan(2));
    stop();
    expect(draws.slice(0, 2)).toEqual([1, 2]);
  });

  it('closes its connection and tells nothing more once it is stopped', async () => {
    await using server = await startSessionServer('1');
    const onChange = vi.fn();
    const stop = watchAvailability(server.url, onChange, SOON);
    await vi.waitFor(() => expect(onChange).toHaveBeenCalledOnce());

    server.tellAll('0');
    stop();

    await vi.waitFor(() => expect(server.sockets.size).toBe(0));
    expect(onChange.mock.calls).toEqual([['available']]);
    expect(server.connections()).toBe(1);
  });

  it('connects to the folder that the session server lies in', async () => {
    await using server = await startSessionServer('1');
    const onChange = vi.fn();
    const stop = watchAvailability(`${server.url}/1999?x=y`, onChange);

    await vi.waitFor(() => expect(onChange).toHaveBeenCalledWith('available'));
    stop();
  });
});

describe('retryDelay', () => {
  it('doubles its upper bound with each failure, up to the longest', () => {
    const bounds = [1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) => retryDelay(failures, 1_000, 30_000, () => 1));

    expect(bounds).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it('spreads the waits over the whole range', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.double({ min: 0, max: 0.999, noNaN: true }), (failures, drawn) => {
        const bound = retryDelay(failures, 1_000, 30_000, () => 1);
        expect(retryDelay(failures, 1_000, 30_000, () => drawn)).toBeCloseTo(bound * drawn, 6);
      }),
    );
  });
});
