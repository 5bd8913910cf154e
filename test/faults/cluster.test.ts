import { once } from 'node:events';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type HubOptions, type HubProgram, isBuilt, startHubProgram, WORLD } from '../fixtures/hub-program.ts';
import { startLoadServer } from '../fixtures/load-server.ts';
import { connect, freePort } from '../fixtures/simulation-server.ts';

const SKIPPED = isBuilt ? '' : ' (skipped: no build in dist/)';
/** Programs start in seconds where many tests run at once, and a lease takes half a minute; in ms. */
const PATIENCE = { timeout: 240_000 };
/** Longest wait, in ms. */
const BOUND = { timeout: 90_000, interval: 50 };

const SECRET = 'correct-horse-battery';
const NONE_ALLOWS = 'Error: no simulation server here runs worlds of this repository.';
const ALL_AWAY = 'Error: the simulation servers for this repository are away at the moment.';
const NONE_AVAILABLE = 'Error: no simulation server available at the moment.';

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

describe.skipIf(!isBuilt)(`simulation servers that join, as programs${SKIPPED}`, PATIENCE, () => {
  it('are chosen by repository, leave when drained or stopped, and are forgotten when killed', async () => {
    const session = await startSession();
    const [one, two, three] = await Promise.all(['one', 'two', 'three'].map((team) => startMember(session, team)));
    await listed(session, [one!, two!, three!]);

    for (const [team, server] of [
      ['one', one!],
      ['two', two!],
      ['three', three!],
    ] as const) {
      expect(await ask(session, team)).toBe(`ws://${entryOf(server)}`);
    }
    const watcher = await watch(session);

    one!.process.kill('SIGKILL');
    await session.logged('simulation server not responding', { server: entryOf(one!) });
    await session.logged('simulation server no longer listed', { server: entryOf(one!), why: 'silent' });

    await order(two!, 'drain');
    await session.logged('simulation server no longer listed', { server: entryOf(two!), why: 'left' });
    await listed(session, [three!]);
    expect([await ask(session, 'one'), await ask(session, 'two')]).toEqual([ALL_AWAY, ALL_AWAY]);
    expect([await ask(session, 'nobody'), watcher.heard]).toEqual([NONE_ALLOWS, ['1']]);

    await order(three!, 'drain');
    await watcher.hears(['1', '0']);
    expect([await ask(session, 'three'), await text(session, '/session')]).toEqual([NONE_AVAILABLE, NONE_AVAILABLE]);

    await order(two!, 'undrain');
    await watcher.hears(['1', '0', '1']);
    expect(await text(session, '/session')).toBe(`ws://${entryOf(two!)}`);

    two!.process.kill('SIGTERM');
    expect((await two!.exited).code).toBe(0);
    await watcher.hears(['1', '0', '1', '0']);
    await listed(session, []);
  });

  it('are all there again after the session server was killed, and say once that it was away', async () => {
    const session = await startSession();
    const members = await Promise.all(['one', 'two'].map((team) => startMember(session, team)));
    await listed(session, members);

    session.process.kill('SIGKILL');
    await session.exited;
    await Promise.all(members.map((member) => member.logged('session server not joined; trying again')));
    const successor = await session.startAgain();
    opened.push(successor);
    await listed(successor, members);

    for (const { log } of members) {
      const messages = log
        .map(({ message }) => message)
        .filter((message) => String(message).startsWith('session server'));
      expect(messages).toEqual([
        'session server joined',
        'session server not joined; trying again',
        'session server joined',
      ]);
    }
  });

  it('stay in the list through an upgrade, also when the old process ends with its last session', async () => {
    const session = await startSession();
    const old = await startMember(session, 'owner');
    await listed(session, [old]);
    const watcher = await watch(session);
    const client = await connect(`ws://127.0.0.1:${old.simulationPort}/client`);
    client.start(WORLD);
    await client.heard('webots:');

    const next = await old.startSuccessor();
    opened.push(next);
    await next.logged('serves instead of the server before', { sessions: 1 });
    // Two more joins of the new process: by then the old one would have joined again.
    const joins = await callsOf(session, 'join');
    await vi.waitFor(async () => expect(await callsOf(session, 'join')).toBeGreaterThan(joins + 1), BOUND);
    client.socket.close();
    expect((await old.exited).code).toBe(0);

    expect([await callsOf(session, 'leave'), await figure(session, 'joined_servers')]).toEqual([0, 1]);
    expect(await text(session, '/session')).toBe(`ws://${entryOf(next)}`);
    expect(watcher.heard).toEqual(['1']);
  });

  it('stay listed through an upgrade of the session server: nobody is told that there is none', async () => {
    const old = await startSession();
    const member = await startMember(old, 'one');
    await listed(old, [member]);
    const watcher = await watch(old);

    const next = await old.startSuccessor();
    opened.push(next);

    expect(await text(next, '/session')).toBe(`ws://${entryOf(member)}`);
    const late = await watch(next);
    await listed(next, [member]);
    await watcher.closed;
    const joins = await callsOf(next, 'join');
    await vi.waitFor(async () => expect(await callsOf(next, 'join')).toBeGreaterThan(joins), BOUND);
    expect([watcher.heard, late.heard]).toEqual([['1'], ['1']]);
    expect(next.log).not.toContainEqual(expect.objectContaining({ message: 'simulation server no longer listed' }));
    expect((await old.exited).code).toBe(0);
  });

  it('are told why they are refused where they have another secret, and are not listed', async () => {
    const session = await startSession();
    const stranger = await startMember(session, 'one', { clusterSecret: 'another-horse-battery' });

    await stranger.logged('session server not joined; trying again', {
      problem: expect.stringContaining('does not accept the signature'),
    });
    expect(await figure(session, 'joined_servers')).toBe(0);
    expect(await text(session, '/monitor')).toContain('There is no simulation server.');
  });

  it('are preferred to servers that share idle time, which get what strangers bring, and to those that say nothing', async () => {
    const sharing = await startSharing();
    const python = await startLoadServer(1);
    opened.push(python);
    const session = await startSession({ simulationServers: [python.entry, sharing.entry] });
    const member = await startMember(session, 'one', { monitor: 'off' });
    await listed(session, [member]);

    expect(await ask(session, 'one')).toBe(`ws://${entryOf(member)}`);
    expect(await ask(session, 'stranger')).toBe(`ws://${sharing.entry}`);
    expect(await ask(session, 'blocked')).toBe(`ws://${python.entry}`);
    expect(await text(session, '/session')).toBe(`ws://${python.entry}`);
    expect((await fetch(`http://127.0.0.1:${member.simulationPort}/status`)).status).toBe(404);
  });

  it('count once where the configuration names them as well', async () => {
    const simulationPort = await freePort();
    const session = await startSession({ simulationServers: [`localhost:${simulationPort}`] });
    const member = await startMember(session, 'one', {}, simulationPort);
    await member.logged('session server joined');

    await vi.waitFor(async () => expect(await text(session, '/session')).toBe(`ws://${entryOf(member)}`), BOUND);
    expect(await figure(session, 'joined_servers')).toBe(0);
    member.process.kill('SIGTERM');
    await member.exited;
    await vi.waitFor(async () => expect(await text(session, '/monitor')).toContain('unreachable'), BOUND);
  });
});

async function startSession(config: Record<string, unknown> = {}): Promise<HubProgram> {
  return start({ role: 'session', session: { simulationServers: [], clusterSecret: SECRET, ...config } });
}

/** A simulation server that is there for the worlds of one team. */
function startMember(
  { sessionPort }: HubProgram,
  team: string,
  config: Record<string, unknown> = {},
  simulationPort?: number,
): Promise<HubProgram> {
  const sessionServers = [`http://localhost:${sessionPort}`];
  const allowedRepositories = [`https://github.com/${team}`];
  return start({
    role: 'simulation',
    simulation: { sessionServers, clusterSecret: SECRET, allowedRepositories, ...config },
    ...(simulationPort !== undefined && { simulationPort }),
  });
}

async function start(options: HubOptions): Promise<HubProgram> {
  const program = await startHubProgram(options);
  opened.push(program);
  return program;
}

/** A stand-in for a server with containers that runs everybody's worlds but those of one owner. */
async function startSharing() {
  const answers: Readonly<Record<string, string>> = {
    '/load': '10',
    '/status': JSON.stringify({
      version: '9.9.9',
      engine: 'stand-in',
      capacity: 1,
      running: 0,
      intake: 'open',
      repositories: { allowed: [], blocked: ['https://github.com/blocked'], shareIdleTime: 50, docker: true },
    }),
  };
  const server = createServer(
    ({ url = '' }, response) => void response.writeHead(url in answers ? 200 : 404).end(answers[url]),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  opened.push({
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  });
  return { entry: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const entryOf = ({ simulationPort }: HubProgram) => `localhost:${simulationPort}`;

/** Over a connection of its own: a kept one leads to the process that it was opened to. */
async function text({ sessionPort }: HubProgram, path: string): Promise<string> {
  const [response] = await once(get(`http://127.0.0.1:${sessionPort}${path}`, { agent: false }), 'response');
  let body = '';
  for await (const part of response) body += part;
  return body;
}

/** Where a client is sent with a world of this owner, which it names as public clients do. */
const ask = (session: HubProgram, owner: string) =>
  text(session, `/session?url=https://github.com/${owner}/project/blob/main/worlds/w.wbt`);

async function figure(session: HubProgram, name: string): Promise<number> {
  return Number(new RegExp(`^webots_hub_${name}\\{.*\\} (.*)$`, 'm').exec(await text(session, '/metrics'))?.[1]);
}

/** Calls of this kind that the session server has carried out. */
async function callsOf(session: HubProgram, order: 'join' | 'leave'): Promise<number> {
  const line = new RegExp(`^webots_hub_cluster_calls_total\\{order="${order}",outcome="taken".*\\} (.*)$`, 'm');
  return Number(line.exec(await text(session, '/metrics'))?.[1] ?? 0);
}

/** Passes when these servers have joined and no others, and all are available. */
function listed(session: HubProgram, members: readonly HubProgram[]): Promise<void> {
  return vi.waitFor(async () => {
    const page = await text(session, '/monitor');
    const rows = [...page.matchAll(/data-key="(localhost:\d+)" data-mark="(\w+)"/g)].map(([, ...parts]) => parts);
    expect(rows.sort()).toEqual(members.map((member) => [entryOf(member), 'good']).sort());
    expect(page.match(/<small>joined<\/small>/g)?.length ?? 0).toBe(members.length);
  }, BOUND);
}

async function order({ simulationPort }: HubProgram, name: 'drain' | 'undrain'): Promise<void> {
  const { status } = await fetch(`http://localhost:${simulationPort}/monitor/${name}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'Sec-Fetch-Site': 'same-origin' },
  });
  expect(status).toBe(303);
}

async function watch({ sessionPort }: HubProgram) {
  const socket = new WebSocket(`ws://127.0.0.1:${sessionPort}/`);
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  const closed = once(socket, 'close');
  await once(socket, 'open');
  const hears = (bits: string[]) => vi.waitFor(() => expect(heard).toEqual(bits), BOUND);
  await hears(['1']);
  return { heard, hears, closed };
}
