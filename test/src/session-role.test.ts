import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLogger, type Logger } from '../../src/log.ts';
import { type ClusterOrder, callSessionServer } from '../../src/operations/cluster-call.ts';
import { createSigner } from '../../src/operations/cluster-signature.ts';
import { type LoadAnswer, startLoadServer } from '../fixtures/load-server.ts';
import { NONE_AVAILABLE, type SessionOptions, startSession as startServer } from '../fixtures/session-server.ts';

const SECRET = 'correct-horse-battery';
const sign = createSigner(SECRET);

const silent = createLogger({ level: 'silent' });
const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

const NONE_ALLOWS = 'Error: no simulation server here runs worlds of this repository.';
const ALL_AWAY = 'Error: the simulation servers for this repository are away at the moment.';

describe('sessionRole', () => {
  it('knows the servers and is available when it begins to listen', async () => {
    const servers = await loadServers(30, 20.25);
    const session = await startSession(servers.map(({ entry }) => entry));

    expect(await session.text('/')).toBe('1');
    expect(await session.text('/load')).toBe('25.125');
    expect(await session.text('/session?url=any')).toBe(`ws://${servers[1]!.entry}`);
    await (await session.watch()).hears(['1']);
  });

  it('listens without waiting for a server that hangs, and never waits for it afterwards', async () => {
    const [hanging, idle] = await loadServers('hang', 3);
    const session = await startSession([hanging!.entry, idle!.entry]);

    for (let count = 0; count < 100; count++) {
      expect(await session.text('/session')).toBe(`ws://${idle!.entry}`);
      expect(await session.text('/load')).toBe('3');
    }
    expect(await session.text('/monitor')).toContain('not heard of yet');
    expect(hanging!.requests).toBe(1);
  });

  it('spreads twenty clients in a row evenly over three idle servers', async () => {
    const servers = await loadServers(1, 1, 1);
    const session = await startSession(servers.map(({ entry }) => entry));
    const granted: string[] = [];

    for (let count = 0; count < 20; count++) granted.push(await session.text('/session'));

    const counts = servers.map(({ entry }) => granted.filter((address) => address === `ws://${entry}`).length);
    expect(counts).toEqual([7, 7, 6]);
    expect(await session.text('/load')).toBe('1');
    expect(await session.text('/')).toBe('1');
  });

  it('spreads twenty clients at once as twenty in a row', async () => {
    const servers = await loadServers(1, 1, 1);
    const session = await startSession(servers.map(({ entry }) => entry));

    const granted = await Promise.all(Array.from({ length: 20 }, () => session.text('/session')));

    const counts = servers.map(({ entry }) => granted.filter((address) => address === `ws://${entry}`).length);
    expect(counts).toEqual([7, 7, 6]);
  });

  it('is unavailable while all servers are overloaded, and stays available while one is not', async () => {
    const [first, second] = await loadServers(94.9, 95);
    const session = await startSession([first!.entry, second!.entry]);
    const watcher = await session.watch();
    await watcher.hears(['1']);

    second!.answer = 10;
    await vi.waitFor(async () => expect(await session.text('/session')).toBe(`ws://${second!.entry}`));
    first!.answer = 100;
    second!.answer = 95;
    await watcher.hears(['1', '0']);
    expect([await session.text('/session'), await session.text('/load')]).toEqual([NONE_AVAILABLE, '97.5']);
  });

  it('tells every viewer of the monitor what becomes of its servers, and ends the streams when it stops', async () => {
    const [first, second] = await loadServers(12, 99);
    const session = await startSession([first!.entry, second!.entry], { monitorLimits: { interval: 10 } });
    const viewers = await Promise.all([session.view(), session.view()]);
    await session.text('/session');
    first!.answer = 'status500';

    for (const viewer of viewers) {
      await viewer.hears({ state: 'unreachable', load: null });
      await viewer.hears({ state: 'overloaded', load: 99 });
      const { grants, refusals, transitions } = viewer.latest();
      expect({ grants, refusals }).toEqual({ grants: 1, refusals: 0 });
      expect(transitions[0]).toMatchObject({ entry: first!.entry, before: 'available', state: 'unreachable' });
    }
    await session.system.stop();
    for (const { closed } of viewers) await closed;
  });

  it('gives wss and the port as a path behind a proxy', async () => {
    const [server] = await loadServers(1);
    const session = await startSession(['127.0.0.1/2000', server!.entry], { config: { ssl: true, portRewrite: true } });

    // Nothing speaks TLS here, so that no server can be heard.
    expect(await session.text('/session')).toBe(NONE_AVAILABLE);
    expect(await session.text('/monitor')).toContain('href="https://127.0.0.1/2000/monitor"');
  });

  it('tells clients to stay away when drained, and closes their sockets with 1001', async () => {
    const [server] = await loadServers(1);
    const session = await startSession([server!.entry]);
    const watcher = await session.watch();
    const idle = connect(session.port, '127.0.0.1');
    await watcher.hears(['1']);

    await session.role.drain(new AbortController().signal);
    await watcher.hears(['1', '0']);
    expect([await session.text('/session'), await session.text('/')]).toEqual([NONE_AVAILABLE, '0']);

    const cut = once(idle, 'close');
    idle.resume();
    await session.system.stop();
    expect(await watcher.closed).toBe(1001);
    await cut;
    await expect(session.text('/')).rejects.toThrow('fetch failed');
  });

  it('names the port that another program holds, and leaves nothing running', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port } = holder.address() as { port: number };
    const [server] = await loadServers(1);

    await expect(startSession([server!.entry], { config: { port } })).rejects.toMatchObject({
      code: 'portTaken',
      message: expect.stringContaining(`${port} on 127.0.0.1`),
    });
    holder.close();
    const polls = server!.requests;
    await server!.stop();
    expect(polls).toBeGreaterThan(0);
  });

  it('goes on after a bug in the care of one server, which is unavailable until it is heard of again', async () => {
    const [server] = await loadServers(1);
    const log = failingOnce('simulation server not responding', () => {
      server!.answer = 'hang';
    });
    const session = await startSession([server!.entry], { log, timings: { pollInterval: 20, probeTimeout: 3_000 } });
    const watcher = await session.watch();
    await watcher.hears(['1']);

    server!.answer = 'status500';
    await watcher.hears(['1', '0']);
    expect(await session.text('/session')).toBe(NONE_AVAILABLE);
    expect(await session.text('/monitor')).toContain('not heard of yet');

    server!.answer = 2;
    await watcher.hears(['1', '0', '1']);
  });

  it('lists a server from the time it joins to the time it leaves, and nothing of it is left then', async () => {
    const [server] = await loadServers(3);
    const session = await startSession([], { config: { clusterSecret: SECRET } });
    const watcher = await session.watch();
    const actors = session.system.actorCount();
    await watcher.hears(['0']);

    await call(session, 'join', server!.entry);
    await watcher.hears(['0', '1']);
    expect([await session.text('/session'), await session.text('/load')]).toEqual([`ws://${server!.entry}`, '3']);
    expect(session.system.actorCount()).toBeGreaterThan(actors);

    await call(session, 'leave', server!.entry);
    await watcher.hears(['0', '1', '0']);
    expect([await session.text('/session'), await session.text('/load')]).toEqual([NONE_AVAILABLE, '-1']);
    expect(await session.text('/monitor')).toContain('There is no simulation server.');
    await vi.waitFor(() => expect(session.system.actorCount()).toBe(actors));
  });

  it('forgets a server that has joined and does not say so again within its lease', async () => {
    const [server] = await loadServers(3);
    const session = await startSession([], {
      config: { clusterSecret: SECRET },
      timings: { pollInterval: 20, leaseTime: 500 },
    });
    const watcher = await session.watch();

    await call(session, 'join', server!.entry);

    await watcher.hears(['0', '1', '0']);
    expect(await session.text('/monitor')).toContain('There is no simulation server.');
  });

  it('takes a server anew that has joined, and whose care ended by a bug, when it next says so', async () => {
    const [server] = await loadServers(1);
    const log = failingOnce('simulation server not responding', () => {
      server!.answer = 2;
    });
    const session = await startSession([], { log, config: { clusterSecret: SECRET } });
    const watcher = await session.watch();
    await call(session, 'join', server!.entry);
    await watcher.hears(['0', '1']);

    server!.answer = 'status500';
    await watcher.hears(['0', '1', '0']);
    await vi.waitFor(async () => expect(await session.text('/monitor')).toContain('There is no simulation server.'));
    await call(session, 'join', server!.entry);
    await watcher.hears(['0', '1', '0', '1']);
  });

  it('takes nobody in while it is stopped, and has no such address without a secret', async () => {
    const [server] = await loadServers(1);
    const stopping = await startSession([], { config: { clusterSecret: SECRET } });
    await stopping.role.drain(new AbortController().signal);
    const open = await startSession([server!.entry]);

    await expect(call(stopping, 'join', server!.entry)).rejects.toThrow('The session server is being stopped.');
    await expect(call(open, 'join', server!.entry)).rejects.toThrow('it takes no servers that join');
  });

  it('says that none is available, not that none runs a world, while more servers may join', async () => {
    const [ada, bob] = [await startTeamServer('ada'), await startTeamServer('bob')];
    const starting = await startSession([ada.entry], { config: { clusterSecret: SECRET } });
    const alone = await startSession([ada.entry]);
    const ask = ({ text }: Awaited<ReturnType<typeof startSession>>, team: string) =>
      text(`/session?url=https://github.com/${team}/robots/blob/main/worlds/w.wbt`);
    for (const session of [starting, alone])
      await vi.waitFor(async () => expect(await ask(session, 'ada')).toBe(`ws://${ada.entry}`));

    await vi.waitFor(async () => expect(await ask(alone, 'bob')).toBe(NONE_ALLOWS));
    expect(await ask(starting, 'bob')).toBe(NONE_AVAILABLE);
    await call(starting, 'join', bob.entry);
    await vi.waitFor(async () => expect(await ask(starting, 'bob')).toBe(`ws://${bob.entry}`));
  });

  it('tells those whose server has left or fallen silent that it is away, and nobody else', async () => {
    const [ada, bob] = [await startTeamServer('ada'), await startTeamServer('bob')];
    const session = await startSession([], {
      config: { clusterSecret: SECRET },
      timings: { pollInterval: 20, leaseTime: 60_000 },
      joinPatience: 0,
    });
    const ask = (team: string) => session.text(`/session?url=https://github.com/${team}/robots/blob/main/worlds/w.wbt`);
    for (const { entry } of [ada, bob]) await call(session, 'join', entry);
    await vi.waitFor(async () => expect(await ask('ada')).toBe(`ws://${ada.entry}`));
    await vi.waitFor(async () => expect(await ask('carl')).toBe(NONE_ALLOWS));

    await call(session, 'leave', ada.entry);
    await vi.waitFor(async () => expect(await ask('ada')).toBe(ALL_AWAY));
    expect([await ask('bob'), await ask('carl')]).toEqual([`ws://${bob.entry}`, NONE_ALLOWS]);

    await call(session, 'join', ada.entry);
    await vi.waitFor(async () => expect(await ask('ada')).toBe(`ws://${ada.entry}`));
    await bob.close();
    await vi.waitFor(async () => expect(await ask('bob')).toBe(NONE_AVAILABLE));
    await call(session, 'leave', bob.entry);
    await vi.waitFor(async () => expect(await ask('bob')).toBe(ALL_AWAY));

    await session.system.stop();
    await ada.close();
  });

  it('sends nobody to a server that says that it drains, until it says that it does not', async () => {
    const status = { version: '1', engine: 'x', capacity: 1, running: 0, intake: 'drained' };
    const server = createHttpServer((request, response) => {
      response.end(request.url === '/status' ? JSON.stringify(status) : '5');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const session = await startSession([`127.0.0.1:${port}`]);
    const watcher = await session.watch();

    await vi.waitFor(async () => expect(await session.text('/monitor')).toContain('draining: takes no clients'));
    expect(await session.text('/session')).toBe(NONE_AVAILABLE);
    status.intake = 'open';
    await vi.waitFor(async () => expect(await session.text('/session')).toBe(`ws://127.0.0.1:${port}`));
    await vi.waitFor(() => expect(watcher.heard.at(-1)).toBe('1'));

    await session.system.stop();
    server.closeAllConnections();
    server.close();
  });

  it('publishes after a bug in the availability what it could not publish before', async () => {
    const [server] = await loadServers(1);
    const log = failingOnce('availability changed', ({ available }) => !available);
    const session = await startSession([server!.entry], { log });
    const watcher = await session.watch();
    await watcher.hears(['1']);

    server!.answer = 99;
    await watcher.hears(['1', '0']);
    server!.answer = 1;
    await watcher.hears(['1', '0', '1']);
  });
});

/** As a simulation server that joins by itself. */
function call(session: { readonly port: number }, order: ClusterOrder, entry: string): Promise<void> {
  const url = `http://127.0.0.1:${session.port}`;
  return callSessionServer(url, order, { entry, ssl: false }, sign, AbortSignal.timeout(30_000));
}

async function loadServers(...answers: LoadAnswer[]) {
  const servers = await Promise.all(answers.map((answer) => startLoadServer(answer)));
  opened.push(...servers);
  return servers;
}

async function startSession(simulationServers: readonly string[], options?: SessionOptions) {
  const session = await startServer(simulationServers, options);
  opened.push(session);
  return session;
}

/**
 * A logger that throws the first time it is given this message, with fields
 * that `isWanted` does not refuse: a bug in whoever logs it.
 */
function failingOnce(message: string, isWanted: (fields: { available?: boolean }) => unknown): Logger {
  let hasFailed = false;
  const fail = (fields: object | string, text?: string) => {
    if (hasFailed || text !== message || isWanted(fields as object) === false) return;
    hasFailed = true;
    throw new Error('a bug');
  };
  return { ...silent, info: fail, warn: fail };
}

/** Says of itself what a simulation server says that is there for one owner's worlds. */
async function startTeamServer(team: string) {
  const repositories = { allowed: [`https://github.com/${team}`], blocked: [], shareIdleTime: 0, docker: false };
  const status = { version: '1', engine: 'x', capacity: 5, running: 0, intake: 'open', repositories };
  const server = createHttpServer((request, response) => {
    response.end(request.url === '/status' ? JSON.stringify(status) : '5');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    entry: `127.0.0.1:${port}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
