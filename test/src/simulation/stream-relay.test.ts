import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createStreamRelay } from '../../../src/simulation/stream-relay.ts';

/** Longest wait for the beginning of an answer, in ms. */
const PATIENCE = 500;

describe('a relay of files', () => {
  it('leaves an answer time once it has begun', async () => {
    await using relay = await startRelay((_, response) => {
      response.write('first ');
      void wait(1.5 * PATIENCE).then(() => response.end('second'));
    });

    const answer = await relay.ask();
    expect([answer.statusCode, await text(answer)]).toEqual([200, 'first second']);
  });

  it('answers 502 where the server before does not begin to answer', async () => {
    await using relay = await startRelay(() => {});

    const { statusCode } = await relay.ask();

    expect(statusCode).toBe(502);
  });
});

describe('a relay of streams', () => {
  it('answers 502 where the server before does not begin to answer', async () => {
    await using relay = await startRelay(() => {});

    expect(await text(relay.openStream())).toMatch(/^HTTP\/1\.1 502 /);
  });

  it('lets a stream pause once it has begun', async () => {
    await using relay = await startRelay(
      () => {},
      (socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\nfirst ');
        void wait(1.5 * PATIENCE).then(() => socket.end('second'));
      },
    );

    expect(await text(relay.openStream())).toBe('HTTP/1.1 101 Switching Protocols\r\n\r\nfirst second');
  });
});

/** A server that answers at a socket, and one that passes requests on to it. */
async function startRelay(answer: RequestListener, upgrade: (connection: Duplex) => void = () => {}) {
  const folder = await mkdtemp(join(tmpdir(), 'stream-relay-'));
  const path = join(folder, 'before.sock');
  const streams: Duplex[] = [];
  const before = createServer(answer)
    .on('upgrade', (_, connection) => {
      streams.push(connection);
      upgrade(connection);
    })
    .listen(path);
  const relay = createStreamRelay(() => path, PATIENCE);
  const server = createServer((request, response) => void relay.answer(request, response))
    .on('upgrade', relay.upgrade)
    .listen(0, '127.0.0.1');
  await Promise.all([once(before, 'listening'), once(server, 'listening')]);
  const { port } = server.address() as AddressInfo;
  return {
    async ask(): Promise<IncomingMessage> {
      const [response] = await once(get({ host: '127.0.0.1', port, agent: false }), 'response');
      return response;
    },
    openStream() {
      const client = connect({ port, host: '127.0.0.1' });
      client.write('GET /stream/s/1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      return client;
    },
    async [Symbol.asyncDispose]() {
      for (const stream of streams) stream.destroy();
      for (const each of [server, before]) {
        each.close();
        each.closeAllConnections();
      }
      await rm(folder, { recursive: true });
    },
  };
}
