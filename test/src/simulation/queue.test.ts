import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startSimulationServer, type TestClient, type TestServer } from '../../fixtures/simulation-server.ts';

const WORLD = 'https://github.com/owner/project/blob/main/worlds/w.wbt';
const FULL = 'error: The simulation server is full: it serves 1 at most.';
const BOUND = { timeout: 20_000 };
let mirror: string;

beforeAll(async () => {
  mirror = await mkdtemp(join(tmpdir(), 'simulation-queue-'));
  await mkdir(join(mirror, 'worlds'));
  await writeFile(join(mirror, 'worlds/w.wbt'), '#VRML_SIM R2025a utf8\n');
});
afterAll(() => rm(mirror, { recursive: true }));

/** A server with one place and a line of three, unless told otherwise. */
const startServer = (config: Record<string, unknown> = {}) =>
  startSimulationServer({
    config: {
      allowedRepositories: ['https://github.com/owner'],
      mirrors: { 'https://github.com/owner': mirror, 'https://github.com/owner/project': mirror },
      maxConnections: 1,
      queueLength: 3,
      ...config,
    },
  });

async function start(server: TestServer, localAddress?: string, world = WORLD): Promise<TestClient> {
  const client = await server.connect(localAddress);
  client.start(world);
  return client;
}

async function running(server: TestServer, localAddress?: string): Promise<TestClient> {
  const client = await start(server, localAddress);
  await client.heard('webots:');
  return client;
}

async function waiting(server: TestServer, localAddress?: string): Promise<TestClient> {
  const client = await start(server, localAddress);
  await client.heard('queue: ');
  return client;
}

const status = async (server: TestServer) => (await fetch(`${server.url}/status`)).json();

describe('a simulation server with a line', () => {
  it('tells who comes when it is full its place, and serves it when a place becomes free', async () => {
    await using server = await startServer();
    const first = await running(server);
    const second = await waiting(server);
    const third = await waiting(server);

    expect([second.messages, third.messages]).toEqual([['queue: 1'], ['queue: 2']]);
    expect(await server.load()).toBe('100');
    expect(await status(server)).toMatchObject({ running: 1, queued: 2, capacity: 1 });
    first.socket.close();
    await second.heard('webots:');
    await third.heard('queue: 1');

    expect(second.messages[1]).toMatch(/^loading: /);
    expect(await status(server)).toMatchObject({ running: 1, queued: 1 });
    for (const { socket } of [second, third]) socket.close();
    await server.nothingLeft();
    expect(await status(server)).toMatchObject({ running: 0, queued: 0 });
    expect(server.log).toContainEqual(
      expect.objectContaining({ message: 'client session waits for a place', queued: 1 }),
    );
  });

  it('lets addresses take turns', async () => {
    await using server = await startServer();
    const first = await running(server, '127.0.0.2');
    const greedy = [await waiting(server, '127.0.0.2'), await waiting(server, '127.0.0.2')];
    const modest = await waiting(server, '127.0.0.3');

    expect(modest.messages).toEqual(['queue: 2']);
    first.socket.close();
    await greedy[0]!.heard('webots:');
    greedy[0]!.socket.close();
    await modest.heard('webots:');

    expect(greedy[1]!.messages.some((text) => text.startsWith('webots:'))).toBe(false);
    for (const { socket } of [...greedy, modest]) socket.close();
    await server.nothingLeft();
  });

  it('refuses who comes when the line is full as well, but not another address than the one that fills it', async () => {
    await using server = await startServer();
    const clients = [await running(server, '127.0.0.2')];
    for (let count = 0; count < 3; count++) clients.push(await waiting(server, '127.0.0.2'));

    const refused = await server.connect('127.0.0.2');
    expect(await refused.closed).toBe(1000);
    expect(refused.messages.at(-1)).toBe(FULL);
    const other = await waiting(server, '127.0.0.3');
    await clients[3]!.closed;

    expect(clients[3]!.messages.at(-1)).toBe(FULL);
    for (const { socket } of [...clients, other]) socket.close();
    await server.nothingLeft();
    const { body } = await fetch(`${server.url}/metrics`);
    const metrics = await new Response(body).text();
    expect(metrics).toContain('webots_hub_refusals_total{reason="serverFull",role="simulation"} 1');
    expect(metrics).toContain('webots_hub_queue_places{role="simulation"} 3');
  });

  it('gives the place of who leaves the line to who stands behind it', async () => {
    await using server = await startServer();
    const first = await running(server);
    const second = await waiting(server);
    const third = await waiting(server);

    second.socket.close();
    await third.heard('queue: 1');
    first.socket.close();
    await third.heard('webots:');

    third.socket.close();
    await server.nothingLeft();
  });

  it('ends the wait of who has waited for queueTimeout', async () => {
    await using server = await startServer({ queueTimeout: 1 });
    const first = await running(server);
    const second = await start(server);

    expect(await second.closed).toBe(1000);

    expect(second.messages.at(-1)).toBe('error: The simulation server is full: no place became free within 1 seconds.');
    first.socket.close();
    await server.nothingLeft();
  });

  it('ends the wait of all when the operator drains it, and leaves the simulation that runs', async () => {
    await using server = await startServer();
    const first = await running(server);
    const second = await waiting(server);

    const headers = { 'sec-fetch-site': 'same-origin' };
    const order = request(`${server.url}/monitor/drain`, { method: 'POST', headers, agent: false }).end();
    await once(order, 'response');

    expect(await second.closed).toBe(1000);
    expect(second.messages.at(-1)).toBe('error: The simulation server takes no new simulations at the moment.');
    expect(await status(server)).toMatchObject({ running: 1, queued: 0, intake: 'drained' });
    first.socket.close();
    await server.nothingLeft();
  });

  it('ends the wait of all when it is stopped', async () => {
    await using server = await startServer({ drainTimeout: 60 });
    const first = await running(server);
    const second = await waiting(server);

    const stopped = server.system.drain(new AbortController().signal);
    expect(await second.closed).toBe(1000);

    expect(second.messages.at(-1)).toBe('error: The simulation server is being stopped.');
    first.socket.close();
    await stopped;
    await server.nothingLeft();
  });

  it('shows on its monitor how many wait', async () => {
    await using server = await startServer();
    const first = await running(server);
    const second = await waiting(server);

    await vi.waitFor(async () => {
      const page = await (await fetch(`${server.url}/monitor`)).text();
      expect(page).toContain('The server is full: 1 simulation, 1 waiting.');
      expect(page).toMatch(/<dt>Waiting<\/dt><dd id="queued"[^>]*>1</);
    }, BOUND);

    for (const { socket } of [first, second]) socket.close();
    await server.nothingLeft();
  });
});

describe('a simulation server with limits', () => {
  it('refuses what one address has too many of, and serves others', async () => {
    await using server = await startServer({ maxConnections: 5, maxSessionsPerAddress: 1 });
    const first = await running(server, '127.0.0.2');

    const second = await start(server, '127.0.0.2');
    expect(await second.closed).toBe(1000);
    const other = await running(server, '127.0.0.3');

    expect(second.messages.at(-1)).toBe(
      'error: Too many simulations of one address: the simulation server serves 1 at most.',
    );
    expect(server.log).toContainEqual(expect.objectContaining({ reason: 'addressLimitReached' }));
    expect(JSON.stringify(server.log)).not.toContain('127.0.0.2');
    first.socket.close();
    other.socket.close();
    await server.nothingLeft();
  });

  it('refuses what there is too much of one repository, however its name is written', async () => {
    await using server = await startServer({ maxConnections: 5, maxSessionsPerRepository: 1 });
    const first = await running(server);

    const second = await start(server, undefined, WORLD.replace('owner/project', 'Owner/Project'));
    expect(await second.closed).toBe(1000);

    expect(second.messages.at(-1)).toBe(
      'error: Too many simulations of one repository: the simulation server serves 1 at most.',
    );
    first.socket.close();
    await server.nothingLeft();
  });
});
