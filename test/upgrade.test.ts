import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { type AddressInfo, connect as connectTo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { watchAvailability } from '../src/client/availability.ts';
import { type HubProgram, isBuilt, startHubProgram, WORLD } from './fixtures/hub-program.ts';
import { connect, type TestClient } from './fixtures/simulation-server.ts';

const SKIPPED = isBuilt ? '' : ' (skipped: no build in dist/)';
/** Programs start in seconds where many tests run at once; in ms. */
const PATIENCE = { timeout: 240_000 };
const BOUND = { timeout: 60_000, interval: 10 };

/** The embedded engine sends frames by itself. */
const STREAMING = { engine: 'embedded', stream: 'proxy', timeout: 3_600 };

/** Documentation's network (RFC 5737): no machine has this address. */
const STRANGE_ADDRESS = '192.0.2.1';

describe.skipIf(!isBuilt)(`an upgrade${SKIPPED}`, PATIENCE, () => {
  it('loses none of three sessions whose frames flow, and ends the old process with the last of them', async () => {
    await using old = await startHubProgram({ role: 'simulation', simulation: STREAMING });
    const sessions = await Promise.all([play(old), play(old), play(old)]);

    await using next = await old.startSuccessor();

    await next.logged('serves instead of the server before', { sessions: 3 });
    for (const session of sessions) await session.frames(5);
    expect(await running(next)).toBe(3);
    const fresh = await play(next);
    await fresh.frames(2);
    expect(await running(next)).toBe(4);
    expect(portOf(sessions.map(({ address }) => address))).not.toContain(portOf([fresh.address])[0]);
    expect(old.process.exitCode).toBeNull();

    for (const { client } of sessions) client.socket.close();
    expect(await old.exited).toEqual({ code: 0, signal: null });
    await vi.waitFor(async () => expect(await running(next)).toBe(1), BOUND);
    await fresh.frames(2);
    expect([endsOf(old), endsOf(next)]).toEqual([['clientLeft', 'clientLeft', 'clientLeft'], []]);
    await stop(next);
  });

  it('leads viewers and files of old sessions through the new process, also after a second upgrade', async () => {
    await using first = await startHubProgram({ role: 'simulation', simulation: STREAMING });
    const { client, address } = await play(first);

    await using second = await first.startSuccessor();
    await using third = await second.startSuccessor();
    await third.logged('serves instead of the server before', { sessions: 1 });

    await (await view(address))(3);
    const world = await fetch(`${address.replace(/^ws/, 'http')}/worlds/w.wbt`);
    expect([world.status, await world.text()]).toEqual([200, '#VRML_SIM R2025a utf8\n']);
    const guess = address.replace(/[\da-f]{32}/, '0'.repeat(32));
    expect((await fetch(guess.replace(/^ws/, 'http'))).status).toBe(404);
    const [, { statusCode }] = await once(new WebSocket(guess), 'unexpected-response');
    expect(statusCode).toBe(404);

    client.socket.close();
    expect(await first.exited).toEqual({ code: 0, signal: null });
    expect(await second.exited).toEqual({ code: 0, signal: null });
    expect(await running(third)).toBe(0);
    await stop(third);
  });

  it('leads to old sessions, and counts them, before the new process has said that it serves', async () => {
    await using old = await startHubProgram({ role: 'simulation', simulation: STREAMING });
    const { address } = await play(old);
    const successor = connectTo(`${old.runtime}/simulation-${old.simulationPort}.sock`);

    successor.write('{"type":"free","format":1,"version":"0","pid":0}\n');
    const [freed] = await once(successor.setEncoding('utf8'), 'data');

    const { streams, remains } = JSON.parse(freed);
    expect(remains).toEqual({ sessions: 1, ports: [Number(portOf([address])[0])], isDrained: false });
    const request = get({ socketPath: streams, path: `${new URL(address).pathname}/worlds/w.wbt` });
    const [{ statusCode }] = await once(request, 'response');
    expect(statusCode).toBe(200);
    successor.destroy();
    await old.logged('port taken back');
    expect(existsSync(streams)).toBe(false);
  });

  it('counts old sessions among the places of the new process', async () => {
    await using old = await startHubProgram({ role: 'simulation', simulation: { maxConnections: 1 } });
    const { client } = await start(old);
    await using next = await old.startSuccessor();
    await next.logged('serves instead of the server before', { sessions: 1 });

    expect(await text(next, 'load')).toBe('100');
    expect(await text(next, 'monitor')).toContain('1 session of the version before still running.');
    const refused = await connect(`ws://127.0.0.1:${next.simulationPort}/client`);
    expect(await refused.closed).toBe(1000);
    expect(refused.messages.at(-1)).toMatch(/^error: The simulation server is full/);

    client.socket.close();
    await old.exited;
    await vi.waitFor(async () => expect(Number(await text(next, 'load'))).toBeLessThan(100), BOUND);
    await start(next);
    await stop(next);
  });

  it('gives up, and leaves the old process as it is, where the configuration is broken', async () => {
    await using old = await startHubProgram({ role: 'simulation', simulation: { watchConfig: false } });
    const { client } = await start(old);
    await old.configure('simulation', { port: 'two thousand' });

    await using next = await old.startSuccessor({ mayEnd: true });

    expect((await next.exited).code).toBe(78);
    expect(await running(old)).toBe(1);
    client.send({ 'reset controller': 'robot/robot.py' });
    await client.heard('reset controller: ');
    expect(old.log).not.toContainEqual(expect.objectContaining({ message: 'port is handed over' }));
  });

  it('gives the port back where the new process cannot open it', async () => {
    await using old = await startHubProgram({ role: 'simulation', simulation: { watchConfig: false } });
    const { client } = await start(old);
    await old.configure('simulation', { bindAddress: STRANGE_ADDRESS });

    await using next = await old.startSuccessor({ mayEnd: true });

    expect((await next.exited).code).toBe(69);
    await old.logged('port taken back');
    expect(await running(old)).toBe(1);
    await start(old);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);

    await old.configure('simulation', { bindAddress: '127.0.0.1' });
    await using other = await old.startSuccessor();
    await other.logged('serves instead of the server before', { sessions: 2 });
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('tells the world of the new process only when all of it runs: one that fails is not noticed', async () => {
    const told: string[] = [];
    const world = createServer((request, response) => {
      told.push(request.url ?? '');
      response.end();
    });
    await once(world.listen(0, '127.0.0.1'), 'listening');
    const address = `http://127.0.0.1:${(world.address() as AddressInfo).port}`;
    await using old = await startHubProgram({
      simulation: { sessionServers: [address], clusterSecret: 'correct-horse-battery', notify: [`${address}/notify`] },
      session: { watchConfig: false },
    });
    await old.logged('session server joined');
    await old.logged('registered');
    await old.configure('session', { bindAddress: STRANGE_ADDRESS });

    await using next = await old.startSuccessor({ mayEnd: true });

    expect((await next.exited).code).toBe(69);
    await old.logged('port taken back');
    expect(next.log).toContainEqual(expect.objectContaining({ message: 'port taken over' }));
    expect(next.log).not.toContainEqual(expect.objectContaining({ message: 'session server joined' }));
    expect([told.includes('/cluster/leave'), told.filter((path) => path === '/notify')]).toEqual([false, ['/notify']]);
    world.close();
    world.closeAllConnections();
  });

  it('takes no new sessions where the old process took none', async () => {
    await using old = await startHubProgram({ role: 'simulation' });
    const headers = { 'Sec-Fetch-Site': 'same-origin' };
    await fetch(`http://127.0.0.1:${old.simulationPort}/monitor/drain`, { method: 'POST', headers });
    expect(await intake(old)).toBe('drained');

    await using next = await old.startSuccessor();

    expect(await old.exited).toEqual({ code: 0, signal: null });
    expect(await intake(next)).toBe('drained');
  });

  it('leaves the old process as it is where the new one is told to end before it serves', async () => {
    await using old = await startHubProgram({ role: 'simulation' });
    const { client } = await start(old);

    await using next = await old.startSuccessor({ mayEnd: true, preloads: ['told-to-end.mjs'] });

    expect(await next.exited).toEqual({ code: 0, signal: null });
    await next.logged('port taken over');
    await old.logged('port taken back');
    expect(await running(old)).toBe(1);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    await start(old);
  });

  it('goes on where the old process is killed: its sessions are ended, and their places free', async () => {
    await using old = await startHubProgram({ role: 'simulation', engine: 'family' });
    const { client } = await start(old);
    await using next = await old.startSuccessor();
    await next.logged('serves instead of the server before', { sessions: 1 });

    old.process.kill('SIGKILL');

    expect(await client.closed).toBe(1006);
    await vi.waitFor(async () => expect(await running(next)).toBe(0), BOUND);
    await start(next);
    await stop(next);
  });

  it('starts where no server runs, and after one that was killed', async () => {
    await using first = await startHubProgram({ role: 'simulation', flags: ['--takeover'] });
    expect(await running(first)).toBe(0);
    first.process.kill('SIGKILL');
    await first.exited;

    await using next = await first.startSuccessor();

    await next.logged('no server to take over from');
    expect(await running(next)).toBe(0);
    await stop(next);
  });

  it('is given up in words where the old process cannot be asked', async () => {
    await using old = await startHubProgram({ role: 'simulation' });
    await rm(`${old.runtime}/simulation-${old.simulationPort}.sock`);

    await using next = await old.startSuccessor({ mayEnd: true });

    expect((await next.exited).code).toBe(69);
    expect(next.errors()).toContain(`Port ${old.simulationPort} on 127.0.0.1 is in use by another program.`);
    expect(await running(old)).toBe(0);
  });

  it('ends an old process that is told to stop, with its sessions', async () => {
    await using old = await startHubProgram({ role: 'simulation' });
    const { client } = await start(old);
    await using next = await old.startSuccessor();

    old.process.kill('SIGTERM');

    expect(await old.exited).toEqual({ code: 0, signal: null });
    expect(await client.closed).toBe(1000);
    expect(client.messages.at(-1)).toBe('error: The simulation server is being stopped.');
    await stop(next);
  });

  it('takes over both roles, and sends watchers to the new process, which never hear of a server that is gone', async () => {
    await using old = await startHubProgram();
    const { client } = await start(old);
    const told: string[] = [];
    const url = `http://127.0.0.1:${old.sessionPort}`;
    const endWatching = watchAvailability(url, (availability) => told.push(availability), {
      WebSocket: WebSocket as never,
    });
    await vi.waitFor(() => expect(told).toEqual(['available']), BOUND);

    await using next = await old.startSuccessor();

    await vi.waitFor(() => expect(told).toEqual(['available', 'unknown', 'available']), BOUND);
    expect(await answerTo(`${url}/session`)).toBe(`ws://127.0.0.1:${next.simulationPort}`);
    expect(client.socket.readyState).toBe(WebSocket.OPEN);
    client.socket.close();
    expect(await old.exited).toEqual({ code: 0, signal: null });
    endWatching();
    await stop(next);
  });
});

interface Playing {
  readonly client: TestClient;
  /** Address of the stream, as the client was told. */
  readonly address: string;
  /** Passes when so many more frames have come. */
  frames(count: number): Promise<void>;
}

async function start(hub: HubProgram): Promise<Omit<Playing, 'frames'>> {
  const client = await connect(`ws://127.0.0.1:${hub.simulationPort}/client`);
  client.start(WORLD);
  return { client, address: (await client.heard('webots:')).slice('webots:'.length) };
}

async function play(hub: HubProgram): Promise<Playing> {
  const { client, address } = await start(hub);
  return { client, address, frames: await view(address) };
}

/** Opens a stream and lets it run. */
async function view(address: string): Promise<Playing['frames']> {
  const stream = new WebSocket(address);
  let count = 0;
  let hasClosed = false;
  stream.on('message', () => {
    count++;
  });
  stream.on('close', () => {
    hasClosed = true;
  });
  await once(stream, 'open');
  stream.send('x3d');
  stream.send('real-time:-1');
  return (more) => {
    const wanted = count + more;
    const expected = { hasClosed: false, isThere: true };
    return vi.waitFor(() => expect({ hasClosed, isThere: count >= wanted }).toEqual(expected), BOUND);
  };
}

function portOf(addresses: readonly string[]): (string | undefined)[] {
  return addresses.map((address) => address.split('/').at(-1));
}

async function stop(hub: HubProgram): Promise<void> {
  hub.process.kill('SIGTERM');
  expect(await hub.exited).toEqual({ code: 0, signal: null });
  await hub.nothingLeft();
}

async function running(hub: HubProgram): Promise<number> {
  return (JSON.parse(await text(hub, 'status')) as { running: number }).running;
}

async function intake(hub: HubProgram): Promise<string> {
  return (JSON.parse(await text(hub, 'status')) as { intake: string }).intake;
}

function text(hub: HubProgram, path: string): Promise<string> {
  return answerTo(`http://127.0.0.1:${hub.simulationPort}/${path}`);
}

/** Over a connection of its own: a kept one leads to the process that it was opened to. */
async function answerTo(url: string): Promise<string> {
  const [response] = await once(get(url, { agent: false }), 'response');
  let body = '';
  for await (const part of response) body += part;
  return body;
}

function endsOf(hub: HubProgram): unknown[] {
  return hub.log.filter(({ message }) => message === 'client session ended').map(({ reason }) => reason);
}
