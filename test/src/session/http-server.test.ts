import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import { createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { trustedProxies } from '../../../src/operations/client-address.ts';
import { HTTP_LIMITS } from '../../../src/operations/http-limits.ts';
import { createSessionServer } from '../../../src/session/http-server.ts';
import { MAX_WATCHER_FRAME, Watchers } from '../../../src/session/watchers.ts';

describe('createSessionServer', () => {
  it.each(['/', '/?from=page'])('takes a WebSocket on %s, from any origin and without compression', async (path) => {
    await using server = await startServer();
    const client = new WebSocket(server.webSocketUrl(path), { origin: 'https://elsewhere.example' });
    const [data] = await once(client, 'message');

    expect([String(data), client.extensions]).toEqual(['0', '']);
  });

  it.each(['/session', '/load', '//', '/client'])('refuses a WebSocket on %s with 404', async (path) => {
    await using server = await startServer();

    expect(await server.refusal(path)).toBe(404);
  });

  it('refuses a WebSocket with 503 while there is no room for it', async () => {
    await using server = await startServer({ watchers: 1 });
    await once(new WebSocket(server.webSocketUrl('/')), 'open');

    expect(await server.refusal('/')).toBe(503);
  });

  it('cuts one of the address that has most where there is no room, so that no stranger keeps others out', async () => {
    await using server = await startServer({ watchers: 3 });
    const from = (address: string) =>
      new WebSocket(server.webSocketUrl('/'), { headers: { 'X-Forwarded-For': address } });
    const crowd: WebSocket[] = [];
    for (let count = 0; count < 3; count++) {
      crowd.push(from('192.0.2.1'));
      await once(crowd[count]!, 'message');
    }
    const cut = once(crowd[0]!, 'close');
    const newcomer = from('192.0.2.2');

    expect(String((await once(newcomer, 'message'))[0])).toBe('0');
    expect((await cut)[0]).toBe(1006);
    expect([server.watchers.size, server.watchers.hasRoom]).toEqual([3, false]);
    expect(await server.refusal('/', '192.0.2.1')).toBe(503);
    expect(await server.refusal('/', '192.0.2.2')).toBe(503);
    expect(crowd.slice(1).map(({ readyState }) => readyState)).toEqual([WebSocket.OPEN, WebSocket.OPEN]);
  });

  it('closes with 1009 on a frame above 1 KiB, and takes one of 1 KiB', async () => {
    await using server = await startServer();
    const client = new WebSocket(server.webSocketUrl('/'));
    const closed = once(client, 'close');
    await once(client, 'open');

    client.send(Buffer.alloc(MAX_WATCHER_FRAME));
    client.ping();
    await once(client, 'pong');
    client.send(Buffer.alloc(MAX_WATCHER_FRAME + 1));

    expect((await closed)[0]).toBe(1009);
  });

  it('closes with 1002 on what is no WebSocket frame, and serves the others on', async () => {
    await using server = await startServer();
    const client = new WebSocket(server.webSocketUrl('/'));
    const other = new WebSocket(server.webSocketUrl('/'));
    await Promise.all([once(client, 'message'), once(other, 'message')]);
    const told = once(other, 'message');
    const closed = once(client, 'close');

    (client as unknown as { _socket: NodeJS.WritableStream })._socket.write(Buffer.alloc(64, 0xff));
    expect((await closed)[0]).toBe(1002);

    server.watchers.publish(true);
    expect(String((await told)[0])).toBe('1');
  });

  it('answers a request that offers another protocol as if it had not', async () => {
    await using server = await startServer();
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': '' };
    const outgoing = request({ host: '127.0.0.1', port: server.port, path: '/session', headers }).end();
    const [response] = (await once(outgoing, 'response')) as [IncomingMessage];

    expect([response.statusCode, (await response.toArray()).join('')]).toEqual([200, 'GET /session']);
  });

  it('refuses headers above 16 KiB with 431', async () => {
    await using server = await startServer();
    const socket = connect(server.port, '127.0.0.1');
    socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(16_384)}\r\n\r\n`);
    const [answer] = await once(socket, 'data');

    expect(String(answer)).toMatch(/^HTTP\/1\.1 431 /);
    socket.destroy();
  });

  it('survives a client that breaks off in the middle of the upgrade', async () => {
    await using server = await startServer();
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('GET /client HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.resetAndDestroy();

    expect(await server.refusal('/client')).toBe(404);
  });
});

async function startServer(limits: ConstructorParameters<typeof Watchers>[0] = {}) {
  const watchers = new Watchers(limits);
  const server: Server = createSessionServer(
    createServer(HTTP_LIMITS, ({ method, url }, response) => response.end(`${method} ${url}`)),
    watchers,
    () => {},
    trustedProxies(['127.0.0.1']),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const webSocketUrl = (path: string) => `ws://127.0.0.1:${port}${path}`;

  return {
    port,
    watchers,
    webSocketUrl,
    /** The status with which a WebSocket is refused. */
    async refusal(path: string, address = '127.0.0.1'): Promise<number | undefined> {
      const client = new WebSocket(webSocketUrl(path), { headers: { 'X-Forwarded-For': address } });
      const [, response] = (await once(client, 'unexpected-response')) as [unknown, IncomingMessage];
      response.resume();
      return response.statusCode;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      await watchers.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
