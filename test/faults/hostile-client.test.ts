import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { HTTP_LIMITS, MAX_REQUEST_CONNECTIONS } from '../../src/operations/http-limits.ts';
import { createSessionServer } from '../../src/session/http-server.ts';
import { Watchers } from '../../src/session/watchers.ts';
import { MAX_REFUSED } from '../../src/simulation/client-sockets.ts';
import { MAX_WAITING } from '../../src/simulation/session-registry.ts';
import { MOST_CONNECTIONS } from '../../src/simulation/stream-proxy.ts';
import { BOUND, type FaultyServer, startFaultyServer, WORLD } from '../fixtures/faulty-server.ts';
import {
  bytesOf,
  frame,
  OPCODE,
  type RawClient,
  rawClient,
  rawWebSocket,
  trickle,
  upgradeRequest,
} from '../fixtures/raw-client.ts';
import type { TestClient } from '../fixtures/simulation-server.ts';

/** Sockets of a stranger. */
const MANY = 1_000;

/** Of them, those that are opened at the same time where all are to be there soon. */
const GROUP = 100;

const TEN_MEGABYTES = 1e7;

/** Time in ms that a test may take which opens a thousand sockets, or waits for the time-outs of HTTP. */
const LONG_TIMEOUT = 90_000;

/** Wait between two bytes of a slow client in ms: shorter than every time-out, so that it is never idle. */
const PAUSE = 100;

describe('a stranger with a thousand sockets', { timeout: LONG_TIMEOUT }, () => {
  it('that say nothing takes no place from others, and of them the oldest make room', async () => {
    await using server = await startFaultyServer();
    const strangers = await Promise.all(Array.from({ length: MANY }, () => rawWebSocket(server.port, '/client')));

    const client = await simulate(server);

    expect(await server.load()).toBe('12.5');
    await vi.waitFor(() => expect(server.role.sessionCount()).toBeLessThanOrEqual(MAX_WAITING + 1), BOUND);
    expect(server.reasons()).toContain('clientSilent');
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    for (const { socket } of strangers) socket.destroy();
    client.socket.close();
    await server.allGone();
  });

  it('and more, that send nothing at all, is cut beyond the bound, and room for others comes back', async () => {
    await using server = await startFaultyServer({ config: { maxConnections: 1 } });
    const bound = 1 + MOST_CONNECTIONS + MAX_WAITING + MAX_REFUSED + MAX_REQUEST_CONNECTIONS;
    const strangers: RawClient[] = [];
    // All at once would overflow the system's queue of connections, which answers late then.
    for (let count = 0; count < bound; count += GROUP) {
      const group = Array.from({ length: Math.min(GROUP, bound - count) }, () => rawClient(server.port));
      strangers.push(...(await Promise.all(group)));
    }

    const beyond = await Promise.all(Array.from({ length: 10 }, () => rawClient(server.port)));
    await Promise.all(beyond.map(({ ended }) => ended));

    expect(strangers.filter(({ socket }) => socket.readyState !== 'open')).toEqual([]);
    for (const { socket } of strangers) socket.destroy();
    await vi.waitFor(async () => expect(await server.load()).toBe('12.5'), BOUND);
    await server.allGone();
  });

  it('that come when the server is full are told so or cut, and the simulation goes on', async () => {
    await using server = await startFaultyServer({ config: { maxConnections: 1 } });
    const client = await simulate(server);

    const strangers = await Promise.all(Array.from({ length: MANY }, () => rawClient(server.port)));
    for (const { socket } of strangers) socket.write(upgradeRequest('/client'));

    // None of them answers the closing handshake.
    await Promise.all(strangers.map(({ ended }) => ended));
    const told = strangers.filter(({ received }) => received().includes('The simulation server is full'));
    expect(told.length).toBeGreaterThan(0);
    expect(server.role.sessionCount()).toBe(1);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    for (const { socket } of strangers) socket.destroy();
    client.socket.close();
    await server.allGone();
  });
});

describe('a client that sends too much', () => {
  it.each([
    ['one message', () => [frame(OPCODE.text, Buffer.alloc(TEN_MEGABYTES, 'x'))]],
    ['one message in a thousand pieces', () => pieces(Buffer.alloc(TEN_MEGABYTES, 'x'), 1_000)],
    ['the body of a request', () => []],
  ])('in %s of 10 MB is cut, or told, and concerns nobody else', async (_, frames) => {
    await using server = await startFaultyServer();
    const other = await simulate(server);
    const stranger = frames().length === 0 ? await rawClient(server.port) : await rawWebSocket(server.port, '/client');

    if (frames().length === 0) {
      stranger.socket.write(
        `POST /load HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${TEN_MEGABYTES}\r\n\r\n`,
      );
      stranger.socket.write(Buffer.alloc(TEN_MEGABYTES));
    }
    for (const bytes of frames()) stranger.socket.write(bytes);

    await stranger.ended;
    stranger.socket.destroy();
    expect(await server.load()).toBe('12.5');
    expect(other.socket.readyState).toBe(other.socket.OPEN);
    other.socket.close();
    await server.allGone();
  });

  it.each([
    ['pings', frame(OPCODE.ping, Buffer.alloc(125))],
    ['pongs', frame(OPCODE.pong, Buffer.alloc(125))],
    ['messages', frame(OPCODE.text, Buffer.from('{"reset controller":"robot/robot.py"}'))],
  ])('%s without end, and never reads, is gone', async (_, bytes) => {
    await using server = await startFaultyServer();
    const other = await simulate(server);
    const stranger = await rawWebSocket(server.port, '/client', false);

    flood(stranger, bytes);

    await vi.waitFor(() => expect(server.reasons()).toEqual(['clientMisbehaved']), BOUND);
    stranger.socket.destroy();
    expect(other.socket.readyState).toBe(other.socket.OPEN);
    other.socket.close();
    await server.allGone();
  });
});

describe('a client that sends slowly', () => {
  const START = Buffer.from(JSON.stringify({ start: { url: WORLD } }).padEnd(10_000));
  const PONG = frame(OPCODE.pong, Buffer.alloc(0));

  it.each([
    ['nothing', []],
    ['its start message byte by byte', bytesOf(frame(OPCODE.text, START))],
    ['its start message in pieces', pieces(START, START.length)],
    ['frames that say nothing', Array<Buffer>(90).fill(PONG)],
  ])('%s is told and closed when startMessageTimeout is over', async (_, parts) => {
    await using server = await startFaultyServer({ timings: { startMessageTimeout: 1_000 } });
    const stranger = await rawWebSocket(server.port, '/client');

    trickle(stranger, parts, PAUSE);

    await stranger.ended;
    stranger.socket.destroy();
    expect(stranger.received()).toContain('error: Expected a start message within 1 seconds.');
    await server.allGone();
    expect(server.reasons()).toEqual(['clientSilent']);
  });

  it('is gone when it begins a frame while it streams, and so answers no pings', async () => {
    await using server = await startFaultyServer({ config: { pingInterval: 1 } });
    const stranger = await rawWebSocket(server.port, '/client');
    const stopAnswering = trickle(stranger, Array<Buffer>(90).fill(PONG), 5 * PAUSE);
    stranger.socket.write(frame(OPCODE.text, START));
    await vi.waitFor(() => expect(stranger.received()).toContain('webots:'), BOUND);
    stopAnswering();

    trickle(stranger, bytesOf(frame(OPCODE.text, START)), PAUSE);

    await server.allGone();
    stranger.socket.destroy();
    expect(server.reasons()).toEqual(['clientGone']);
  });

  it.each([
    ['a simulation server', simulationServer],
    ['a session server', sessionServer],
  ])('as HTTP, or nothing at all, is cut by %s', { timeout: LONG_TIMEOUT }, async (_, start) => {
    await using server = await start();
    const silent = await rawClient(server.port);
    const slowHeaders = await rawClient(server.port);
    const slowUpgrade = await rawClient(server.port);
    const slowBody = await rawClient(server.port);
    const idle = await rawClient(server.port);
    const upgrade = Buffer.from(upgradeRequest('/client').replace('Host', `X: ${'x'.repeat(10_000)}\r\nHost`));
    const header = Buffer.from(`GET /load HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(10_000)}`);

    trickle(slowHeaders, bytesOf(header), PAUSE);
    trickle(slowUpgrade, bytesOf(upgrade), PAUSE);
    slowBody.socket.write('POST /elsewhere HTTP/1.1\r\nHost: x\r\nContent-Length: 10000\r\n\r\n');
    trickle(slowBody, bytesOf(Buffer.alloc(10_000)), PAUSE);
    idle.socket.write('GET /load HTTP/1.1\r\nHost: x\r\n\r\n');

    await Promise.all([silent, slowHeaders, slowUpgrade, slowBody, idle].map(({ ended }) => ended));
    expect(slowHeaders.received()).toMatch(/^HTTP\/1\.1 408 /);
    expect(idle.received()).toMatch(/^HTTP\/1\.1 200 /);
    for (const { socket } of [silent, slowHeaders, slowUpgrade, slowBody, idle]) socket.destroy();
  });

  it('is not waited for where its upgrade is refused and it keeps its side open', async () => {
    await using server = await startFaultyServer();
    const stranger = await rawClient(server.port);
    const broken = new Promise((resolve) => stranger.socket.once('close', resolve));

    stranger.socket.write(upgradeRequest('/elsewhere'));
    await stranger.ended;
    trickle(stranger, bytesOf(Buffer.alloc(10_000)), 1);

    await broken;
    expect(stranger.received()).toMatch(/^HTTP\/1\.1 404 /);
  });
});

/** A client that gets its simulation. */
async function simulate(server: FaultyServer): Promise<TestClient> {
  const client = await server.connect();
  client.start(WORLD);
  await client.heard('webots:');
  return client;
}

/** A message in that many frames. */
function pieces(message: Buffer, count: number): Buffer[] {
  const size = message.length / count;
  return Array.from({ length: count }, (_, index) =>
    frame(
      index === 0 ? OPCODE.text : OPCODE.continuation,
      message.subarray(index * size, (index + 1) * size),
      index === count - 1,
    ),
  );
}

/** Writes until the connection breaks. */
function flood({ socket }: RawClient, bytes: Buffer): void {
  const many = Buffer.concat(Array(1_000).fill(bytes));
  const write = (error?: Error | null) => {
    if (!error) socket.write(many, write);
  };
  write();
}

async function simulationServer(): Promise<{ port: number } & AsyncDisposable> {
  return startFaultyServer();
}

async function sessionServer(): Promise<{ port: number } & AsyncDisposable> {
  const watchers = new Watchers();
  const server = createSessionServer(
    createServer(HTTP_LIMITS, (_, response) => response.end('0')),
    watchers,
    () => {},
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      await watchers.close();
      server.close();
      server.closeAllConnections();
    },
  };
}
