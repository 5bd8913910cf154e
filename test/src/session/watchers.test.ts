import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type WatcherLimits, Watchers } from '../../../src/session/watchers.ts';

describe('Watchers', () => {
  it('tells a newcomer the published bit, and then each change', async () => {
    await using server = await startWatchers();
    const early = await server.connect();
    await early.hears(['0']);

    server.watchers.publish(true);
    await early.hears(['0', '1']);
    const late = await server.connect();
    await late.hears(['1']);

    server.watchers.publish(false);
    await Promise.all([early.hears(['0', '1', '0']), late.hears(['1', '0'])]);
  });

  it('sends its watchers away one after the other, and tells those that are left of changes', async () => {
    await using server = await startWatchers();
    const clients = [];
    for (let index = 0; index < 3; index++) clients.push(await server.connect());
    const [first, , last] = clients;
    await last!.hears(['0']);

    const retired = server.watchers.retire(300);
    expect(await first!.closed).toBe(1001);
    server.watchers.publish(true);
    await last!.hears(['0', '1']);

    await retired;
    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([1001, 1001, 1001]);
    expect(server.watchers.size).toBe(0);
  });

  it('sends text frames', async () => {
    await using server = await startWatchers();
    const client = new WebSocket(server.url);
    const [, isBinary] = await once(client, 'message');

    expect(isBinary).toBe(false);
  });

  it('tells nobody the same bit twice when it is published twice', async () => {
    await using server = await startWatchers();
    const client = await server.connect();

    for (const available of [false, true, true, false]) {
      server.watchers.publish(available);
      await client.hears(available ? ['0', '1'] : client.heard);
    }
    await client.hears(['0', '1', '0']);
  });

  it('tells a thousand watchers of a change', async () => {
    await using server = await startWatchers();
    const clients = await Promise.all(Array.from({ length: 1_000 }, () => server.connect()));
    await Promise.all(clients.map((client) => client.hears(['0'])));

    server.watchers.publish(true);

    await Promise.all(clients.map((client) => client.hears(['0', '1'])));
  });

  it('tells all others when some close, break or fail at the same moment', async () => {
    await using server = await startWatchers();
    const clients = [];
    for (let index = 0; index < 10; index++) clients.push(await server.connect());
    const [closing, broken, failing, ...others] = clients;
    const failure = vi.spyOn(server.accepted[2]!, 'send').mockImplementation(() => {
      throw new Error('not sent');
    });

    closing!.socket.close();
    broken!.socket.terminate();
    server.watchers.publish(true);

    await Promise.all(others.map((client) => client.hears(['0', '1'])));
    expect(failure).toHaveBeenCalled();
    expect(await failing!.closed).toBe(1006);
    await vi.waitFor(() => expect(server.watchers.size).toBe(others.length));
  });

  it('never tells a watcher the same bit twice in a row, whenever it comes', async () => {
    await using server = await startWatchers();
    const steps = fc.array(fc.constantFrom('1', '0', 'join', 'turn'), { minLength: 1, maxLength: 30 });

    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const clients: ReturnType<typeof server.connect>[] = [];
        for (const step of script) {
          if (step === 'join') clients.push(server.connect());
          else if (step === 'turn') await new Promise((resolve) => setImmediate(resolve));
          else server.watchers.publish(step === '1');
        }
        for (const client of await Promise.all(clients)) {
          await client.endsWith(server.watchers.published ? '1' : '0');
          expect(client.heard.filter((bit, index) => bit === client.heard[index - 1])).toEqual([]);
          client.socket.terminate();
        }
      }),
      { numRuns: 50 },
    );
  });

  it('breaks with a watcher that answers no ping, and keeps one that does', async () => {
    await using server = await startWatchers({ pingInterval: 50 });
    const live = await server.connect();
    const dead = await server.connect({ autoPong: false });

    expect(await dead.closed).toBe(1006);
    for (let ping = 0; ping < 3; ping++) await once(live.socket, 'ping');
    expect([server.watchers.size, live.socket.readyState]).toEqual([1, WebSocket.OPEN]);
  });

  it('ignores what watchers say', async () => {
    await using server = await startWatchers();
    const client = await server.connect();

    client.socket.send('hello');
    client.socket.send(Buffer.alloc(1_000));
    client.socket.ping();
    await once(client.socket, 'pong');

    server.watchers.publish(true);
    await client.hears(['0', '1']);
  });

  it.each(['message', 'ping'] as const)(
    'closes with 1008 on more frames (%s) than a watcher may send',
    async (kind) => {
      await using server = await startWatchers({ frames: 5 });
      const client = await server.connect();

      for (let count = 0; count < 6; count++) {
        if (kind === 'message') client.socket.send('');
        else client.socket.ping();
      }

      expect(await client.closed).toBe(1008);
    },
  );

  it('breaks with a watcher for which too much waits to be sent', async () => {
    await using server = await startWatchers({ backlog: 4_096 });
    const client = await server.connect();
    await client.hears(['0']);
    vi.spyOn(server.accepted[0]!, 'bufferedAmount', 'get').mockReturnValue(4_097);

    server.watchers.publish(true);

    expect(await client.closed).toBe(1006);
  });

  it('has no room beyond its limit', async () => {
    await using server = await startWatchers({ watchers: 2 });
    const [first] = await Promise.all([server.connect(), server.connect()]);
    expect(server.watchers.hasRoom).toBe(false);

    first.socket.close();
    await vi.waitFor(() => expect(server.watchers.hasRoom).toBe(true));
  });

  it('closes every socket with 1001, also those that do not answer', async () => {
    await using server = await startWatchers({ closeTimeout: 50 });
    const polite = await server.connect();
    const mute = await server.connect();
    mute.socket.pause();

    await server.watchers.close();

    expect(await polite.closed).toBe(1001);
    await vi.waitFor(() => expect([server.watchers.size, server.watchers.hasRoom]).toEqual([0, false]));
    mute.socket.resume();
    await mute.closed;
  });
});

async function startWatchers(limits: Partial<WatcherLimits> = {}) {
  const watchers = new Watchers(limits);
  const http = createServer();
  const accepted: WebSocket[] = [];
  const server = new WebSocketServer({ server: http });
  server.on('connection', (socket) => {
    accepted.push(socket);
    watchers.add(socket);
  });
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const url = `ws://127.0.0.1:${(http.address() as AddressInfo).port}/`;

  return {
    watchers,
    /** The server's ends of all sockets. */
    accepted,
    url,
    async connect(options: { autoPong?: boolean } = {}) {
      const socket = new WebSocket(url, options);
      const heard: string[] = [];
      socket.on('message', (data) => heard.push(String(data)));
      const closed = once(socket, 'close').then(([code]) => code as number);
      await once(socket, 'open');
      return {
        socket,
        heard,
        closed,
        hears: (bits: readonly string[]) => vi.waitFor(() => expect(heard).toEqual(bits), { timeout: 10_000 }),
        endsWith: (bit: string) => vi.waitFor(() => expect(heard.at(-1)).toBe(bit)),
      };
    },
    async [Symbol.asyncDispose]() {
      await watchers.close();
      const closed = once(http, 'close');
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
}
