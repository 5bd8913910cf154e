import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { SessionConfig } from '../../src/config/session-config.ts';
import { createLogger, type Logger } from '../../src/log.ts';
import { type SessionRoleOptions, sessionRole } from '../../src/session-role.ts';
import { type System, startSystem } from '../../src/system.ts';
import { type LoadAnswer, startLoadServer } from '../fixtures/load-server.ts';

const NONE_AVAILABLE = 'Error: no simulation server available at the moment.';
const silent = createLogger({ level: 'silent' });
/** Polls that follow each other fast, and a time-out that never comes. */
const timings = { pollInterval: 20, probeTimeout: 600_000 };
const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

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

  it.each(['hang', 'reset', 'status500', 'words'] as const)(
    'takes a server that answers "%s" for unavailable, until it answers well',
    async (answer) => {
      const [server] = await loadServers(10);
      const session = await startSession([server!.entry], { timings: { pollInterval: 20, probeTimeout: 100 } });
      const watcher = await session.watch();
      await watcher.hears(['1']);

      server!.answer = answer;
      await watcher.hears(['1', '0']);
      expect(await session.text('/session')).toBe(NONE_AVAILABLE);
      expect(await session.text('/load')).toBe('-1');
      expect(await session.text('/monitor')).toContain('not responding');
      await (await session.watch()).hears(['0']);

      server!.answer = 5;
      await watcher.hears(['1', '0', '1']);
      expect(await session.text('/session')).toBe(`ws://${server!.entry}`);
    },
  );

  it('notices that a server is gone, and that it is back on its port', async () => {
    const [server] = await loadServers(10);
    const session = await startSession([server!.entry]);
    const watcher = await session.watch();
    await watcher.hears(['1']);

    await server!.stop();
    await watcher.hears(['1', '0']);

    opened.push(await startLoadServer(10, server!.port));
    await watcher.hears(['1', '0', '1']);
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

  it('tells nobody the same bit twice while a server flaps, whenever they come', async () => {
    const [server] = await loadServers('flap');
    const session = await startSession([server!.entry]);
    const watchers = [await session.watch()];

    while (watchers[0]!.heard.length < 4) {
      watchers.push(await session.watch());
      await once(server!.events, 'request');
    }

    for (const { heard } of watchers) {
      expect(heard.filter((bit, index) => bit === heard[index - 1])).toEqual([]);
    }
    expect(server!.requests).toBeGreaterThan(watchers[0]!.heard.length);
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

async function loadServers(...answers: LoadAnswer[]) {
  const servers = await Promise.all(answers.map((answer) => startLoadServer(answer)));
  opened.push(...servers);
  return servers;
}

interface SessionOptions extends Partial<Omit<SessionRoleOptions, 'config'>> {
  readonly config?: Partial<SessionConfig>;
}

async function startSession(simulationServers: string[], { config, ...options }: SessionOptions = {}) {
  const role = sessionRole({
    config: {
      server: 'localhost',
      ssl: false,
      port: 0,
      portRewrite: false,
      simulationServers,
      mailServerPort: 0,
      logDir: 'log',
      debug: false,
      bindAddress: '127.0.0.1',
      loadThreshold: 95,
      grantLoad: 5,
      grantTime: 10,
      ...config,
    },
    log: silent,
    timings,
    ...options,
  });
  const system: System = await startSystem({ roles: [role], log: silent });
  opened.push({ [Symbol.asyncDispose]: () => system.stop() });
  const { port } = system.addresses.get('session')!;

  return {
    role,
    system,
    port,
    text: async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).text(),
    async watch() {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
      const heard: string[] = [];
      socket.on('message', (data) => heard.push(String(data)));
      const closed = once(socket, 'close').then(([code]) => code as number);
      await once(socket, 'open');
      const hears = (bits: string[]) => vi.waitFor(() => expect(heard).toEqual(bits), { timeout: 10_000 });
      return { heard, closed, hears };
    },
  };
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
