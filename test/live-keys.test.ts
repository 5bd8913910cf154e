import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SESSION_KEY_EFFECTS, SIMULATION_KEY_EFFECTS } from '../src/config/key-effects.ts';
import { simulationConfigFrom } from '../src/config/load-config.ts';
import type { SessionConfig } from '../src/config/session-config.ts';
import type { SimulationConfig } from '../src/config/simulation-config.ts';
import { createInspector } from '../src/inspection/inspector.ts';
import { fakeEngine } from './fixtures/fake-engine.ts';
import { startLoadServer } from './fixtures/load-server.ts';
import { startMailHost } from './fixtures/mail-host.ts';
import { startSession } from './fixtures/session-server.ts';
import { startSimulationServer, type TestServer, type TestServerOptions } from './fixtures/simulation-server.ts';

type LiveKey<Effects> = { [Key in keyof Effects]: Effects[Key] extends 'live' ? Key : never }[keyof Effects];

/** Keys whose effect is that of the program, see `reload.test.ts` and `src/config/reload.test.ts`. */
type ProgramKey = 'logLevel' | 'watchConfig';

const OWNER = 'https://github.com/owner';
const WORLD = `${OWNER}/project/blob/main/worlds/w.wbt`;
const TOKEN = 'correct-horse-battery';
const BOUND = { timeout: 30_000, interval: 10 };
const PATIENCE = { timeout: 60_000 };

/** Stands for the files of the pages. */
const NO_PAGES = { start: () => ({ body: '', type: 'text/html' }), asset: () => undefined };

let mirror: string;
let large: string;

beforeAll(async () => {
  mirror = await mkdtemp(join(tmpdir(), 'live-keys-'));
  large = join(mirror, 'large');
  for (const folder of [mirror, large]) {
    await mkdir(join(folder, 'worlds'), { recursive: true });
    await writeFile(join(folder, 'worlds/w.wbt'), '#VRML_SIM R2025a utf8\n');
  }
  await writeFile(join(large, 'worlds/picture.png'), Buffer.alloc(2 ** 21));
});
afterAll(() => rm(mirror, { recursive: true }));

/** What is seen of a key: the server is started without it, and has it then. */
type Case<Change, Server> = (server: Server, change: (keys: Change) => Promise<void>) => Promise<void>;

type SimulationChange = Partial<SimulationConfig>;
interface SimulationCase {
  readonly options?: Partial<TestServerOptions>;
  readonly see: Case<SimulationChange, TestServer>;
}

const start = async (server: TestServer) => {
  const client = await server.connect();
  client.start(WORLD);
  return client;
};
const refusal = async (server: TestServer) => (await start(server)).heard('error: ');
const monitor = async (server: TestServer) => (await fetch(`${server.url}/monitor`)).text();

const registered = (server: TestServer, url: string) => logged(server, { message: 'registered', service: url });
const logged = (server: TestServer, line: object) =>
  vi.waitFor(() => expect(server.log).toContainEqual(expect.objectContaining(line)), BOUND);

/** What a web service is asked for, and told. */
async function service() {
  const paths: (string | undefined)[] = [];
  const forms: URLSearchParams[] = [];
  const listener = createServer((request, response) => {
    paths.push(request.url);
    void text(request).then((body) => {
      forms.push(new URLSearchParams(body));
      response.end('listed');
    });
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const host = `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return { host, url: `http://${host}/`, paths, forms, [Symbol.dispose]: () => void listener.close() };
}

const SIMULATION_CASES: Record<Exclude<LiveKey<typeof SIMULATION_KEY_EFFECTS>, ProgramKey>, SimulationCase> = {
  server: {
    async see(server, change) {
      await change({ server: 'hub.example.org' });
      expect(await (await start(server)).heard('webots:')).toContain('//hub.example.org:');
    },
  },
  ssl: {
    async see(server, change) {
      await change({ ssl: true });
      expect(await (await start(server)).heard('webots:')).toMatch(/^webots:wss:/);
    },
  },
  portRewrite: {
    options: { config: { stream: 'proxy' } },
    async see(server, change) {
      await change({ portRewrite: true });
      expect(await (await start(server)).heard('webots:')).toMatch(/^webots:ws:\/\/localhost\/\d+\/stream\//);
    },
  },
  allowedRepositories: {
    async see(server, change) {
      await change({ allowedRepositories: [] });
      expect(await refusal(server)).toContain('allowedRepositories');
    },
  },
  blockedRepositories: {
    async see(server, change) {
      await change({ blockedRepositories: [`${OWNER}/blocked`], docker: true as never, allowedRepositories: [] });
      expect(await monitor(server)).toContain(`${OWNER}/blocked`);
    },
  },
  shareIdleTime: {
    async see(server, change) {
      await change({ shareIdleTime: 0, docker: true as never, allowedRepositories: [] });
      expect(await refusal(server)).toContain('not configured to share idle time');
    },
  },
  notify: {
    async see(server, change) {
      using first = await service();
      using second = await service();
      await change({ notify: [first.url] });
      await registered(server, first.url);
      await change({ notify: [second.url], shareIdleTime: 7 });
      await registered(server, second.url);
      expect([first.forms.length, second.forms.map((form) => form.get('shareIdleTime'))]).toEqual([1, ['7']]);
    },
  },
  monitorLogEnabled: {
    options: { config: { monitorLogEnabled: false }, sampleInterval: 20 },
    async see(server, change) {
      const file = join(server.projectsDir, 'log/simulation/monitor.csv');
      expect(existsSync(file)).toBe(false);
      await change({ monitorLogEnabled: true });
      await vi.waitFor(() => expect(existsSync(file)).toBe(true), BOUND);
    },
  },
  timeout: {
    async see(server, change) {
      await change({ timeout: 400 });
      expect(await (await start(server)).heard('shutdownTimeout:')).toBe('shutdownTimeout: 400');
    },
  },
  title: {
    async see(server, change) {
      await change({ title: 'Robots' });
      expect(await monitor(server)).toContain('<h1>Robots</h1>');
    },
  },
  description: {
    async see(server, change) {
      await change({ description: 'A machine in Lausanne' });
      expect(await monitor(server)).toContain('A machine in Lausanne');
    },
  },
  adminToken: {
    async see(server, change) {
      const drain = async (token: string) => {
        const headers = { authorization: `Bearer ${token}` };
        return (await fetch(`${server.url}/monitor/undrain`, { method: 'POST', headers, redirect: 'manual' })).status;
      };
      expect(await drain(TOKEN)).toBe(403);
      await change({ adminToken: TOKEN });
      expect([await drain(TOKEN), await drain(`${TOKEN}s`)]).toEqual([303, 401]);
    },
  },
  hosts: {
    async see(server, change) {
      const owner = 'https://git.example.org/owner';
      await change({
        hosts: { 'git.example.org': 'gitea' },
        allowedRepositories: [owner],
        mirrors: { [`${owner}/project`]: mirror },
      });
      const client = await server.connect();
      client.start(`${owner}/project/src/branch/main/worlds/w.wbt`);
      await client.heard('webots:');

      using gitLab = await service();
      await change({
        hosts: { [gitLab.host]: 'gitlab' },
        allowedRepositories: [OWNER],
        mirrors: { [OWNER]: `http://${gitLab.host}/group` },
      });
      await refusal(server);
      expect(gitLab.paths[0]).toMatch(/^\/group\/project\.git\//);
    },
  },
  mirrors: {
    async see(server, change) {
      await change({ mirrors: { [`${OWNER}/project`]: join(mirror, 'nowhere') } });
      await refusal(server);
    },
  },
  checkoutTimeout: {
    async see(server, change) {
      const silent = createServer(() => {}).listen(0, '127.0.0.1');
      await once(silent, 'listening');
      const git = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
      await change({ mirrors: { [OWNER]: git }, checkoutTimeout: 0.2 });
      expect(await refusal(server)).toContain('0.2 s');
      silent.closeAllConnections();
      silent.close();
    },
  },
  maxProjectSize: {
    async see(server, change) {
      const mirrors = { [`${OWNER}/project`]: large };
      await change({ mirrors, maxProjectSize: 1 });
      expect(await refusal(server)).toContain('1 MiB');
    },
  },
  startTimeout: {
    options: { engine: fakeEngine('deaf,silent') },
    async see(server, change) {
      await change({ startTimeout: 0.2 });
      await refusal(server);
      await logged(server, { reason: 'engineTimedOut' });
    },
  },
  heartbeatTimeout: {
    options: { engine: fakeEngine('mute', 50) },
    async see(server, change) {
      await change({ heartbeatTimeout: 0.3 });
      const client = await start(server);
      await client.heard('webots:');
      await client.heard('error: ');
    },
  },
  killGrace: {
    options: { engine: fakeEngine('stubborn'), config: { killGrace: 60 } },
    async see(server, change) {
      await change({ killGrace: 0 });
      const client = await start(server);
      await client.heard('webots:');
      client.socket.close();
      await server.nothingLeft();
    },
  },
  drainTimeout: {
    async see(server, change) {
      const client = await start(server);
      await client.heard('webots:');
      await change({ drainTimeout: 400 });
      const hurry = new AbortController();
      const drained = server.role.drain(hurry.signal);
      await client.heard('shutdownTimeout: 400');
      hurry.abort();
      await drained;
    },
  },
  pingInterval: {
    options: { config: { pingInterval: 3_600 } },
    async see(server, change) {
      await change({ pingInterval: 0.05 });
      const { socket } = await server.connect();
      await once(socket, 'ping');
    },
  },
};

describe('a live key of the simulation server', PATIENCE, () => {
  it.each(Object.entries(SIMULATION_CASES))('takes effect without a restart: %s', async (_, { options, see }) => {
    const config = { allowedRepositories: [OWNER], mirrors: { [`${OWNER}/project`]: mirror }, ...options?.config };
    await using server = await startSimulationServer({ ...options, config });
    const { port } = new URL(server.url);
    let current = simulationConfigFrom({
      port: Number(port),
      ssl: false,
      portRewrite: false,
      projectsDir: server.projectsDir,
      logDir: join(server.projectsDir, 'log'),
      maxConnections: 39,
      ...config,
    }).config;

    await see(server, async (keys) => {
      current = { ...current, ...keys };
      await server.role.reconfigure(current);
    });
  });
});

type Session = Awaited<ReturnType<typeof startSession>>;

interface SessionCase {
  readonly options?: Parameters<typeof startSession>[1];
  /** @param loads stand-ins for two simulation servers, of which the session server has the first */
  see(
    session: Session,
    change: (keys: Partial<SessionConfig>) => Promise<void>,
    loads: readonly Awaited<ReturnType<typeof startLoadServer>>[],
  ): Promise<void>;
}

const entryOf = (server: { readonly port: number } | undefined) => `127.0.0.1:${server?.port}`;
const chosen = (session: Session, server: { readonly port: number } | undefined) =>
  vi.waitFor(async () => expect(await session.text('/session')).toBe(`ws://${entryOf(server)}`), BOUND);

/** Waits of the mailer in ms. */
const QUICK = { digestWindow: 50, mailInterval: 50, sendTimeout: 5_000, firstRetry: 50, longestRetry: 100 };

/** A key of mails: what a host finds in a mail that tells of a server which fails after the change. */
function mailCase(
  keys: Partial<SessionConfig>,
  found: (mail: {
    readonly from: string;
    readonly to: readonly string[];
    readonly user: string | undefined;
  }) => unknown,
  expected: unknown,
  login?: { readonly user: string; readonly password: string },
): SessionCase {
  return {
    options: { mailerTimings: QUICK },
    async see(_, change, [load]) {
      await using before = await startMailHost({ tls: 'starttls' });
      await using host = await startMailHost({ ...(login && { login }) });
      await change({
        administrator: 'first@example.org',
        mailServer: '127.0.0.1',
        mailServerPort: before.port,
        mailSender: 'hub@example.org',
      });
      await change({ mailServerPort: host.port, ...keys });
      load!.answer = 'status500';
      await host.has(1);
      expect(host.mails.map(found)).toEqual([expected]);
      expect(before.mails).toEqual([]);
    },
  };
}

const LOGIN = { user: 'operator', password: 'correct horse' };

const SESSION_CASES: Record<Exclude<LiveKey<typeof SESSION_KEY_EFFECTS>, ProgramKey>, SessionCase> = {
  simulationServers: {
    async see(session, change, [first, second]) {
      await chosen(session, first);
      await change({ simulationServers: [entryOf(second), entryOf(first)] });
      await chosen(session, second);
      await change({ simulationServers: [entryOf(first)] });
      await chosen(session, first);
      await vi.waitFor(() => expect(second!.requests).toBeGreaterThan(0), BOUND);
    },
  },
  loadThreshold: {
    async see(session, change, [first]) {
      await chosen(session, first);
      await change({ loadThreshold: 1 });
      await vi.waitFor(async () => expect(await session.text('/session')).toMatch(/^Error/), BOUND);
    },
  },
  grantLoad: {
    async see(session, change, [first, second]) {
      await change({ simulationServers: [entryOf(first), entryOf(second)], grantLoad: 0 });
      const view = await session.view();
      await view.hears({ entry: entryOf(second), state: 'available' });
      await session.text('/session');
      await view.hears({ entry: entryOf(first), reserved: 0 });
      await change({ simulationServers: [entryOf(first), entryOf(second)], grantLoad: 40 });
      await view.hears({ entry: entryOf(first), reserved: 40 });
    },
  },
  grantTime: {
    options: { config: { grantTime: 600 } },
    async see(session, change, [first]) {
      await change({ grantTime: 0.1 });
      await chosen(session, first);
      const view = await session.view();
      await view.hears({ entry: entryOf(first), state: 'available', reserved: 0 });
    },
  },
  adminToken: {
    options: { inspector: createInspector('0.0.0'), pages: NO_PAGES },
    async see(session, change) {
      const turn = async () => {
        const headers = { authorization: `Bearer ${TOKEN}` };
        const url = `http://127.0.0.1:${session.port}/inspect/off`;
        return (await fetch(url, { method: 'POST', headers, redirect: 'manual' })).status;
      };
      expect(await turn()).toBe(403);
      await change({ adminToken: TOKEN });
      expect(await turn()).toBe(303);
    },
  },
  administrator: mailCase({ administrator: 'second@example.org' }, ({ to }) => to, ['second@example.org']),
  mailServer: mailCase({ mailServer: 'localhost' }, ({ to }) => to, ['first@example.org']),
  mailServerPort: mailCase({}, ({ to }) => to, ['first@example.org']),
  mailSender: mailCase({ mailSender: 'other@example.org' }, ({ from }) => from, 'other@example.org'),
  mailSenderUser: mailCase(
    { mailSenderUser: LOGIN.user, mailSenderPassword: LOGIN.password },
    ({ user }) => user,
    LOGIN.user,
    LOGIN,
  ),
  mailSenderPassword: mailCase({ mailSenderPassword: LOGIN.password }, ({ user }) => user, 'hub@example.org', {
    user: 'hub@example.org',
    password: LOGIN.password,
  }),
};

describe('a live key of the session server', PATIENCE, () => {
  it.each(Object.entries(SESSION_CASES))('takes effect without a restart: %s', async (_, { options, see }) => {
    const loads = [await startLoadServer(10), await startLoadServer(20)];
    const servers = [entryOf(loads[0])];
    await using session = await startSession(servers, options);
    let current = session.config;

    await see(
      session,
      async (keys) => {
        current = { ...current, ...keys };
        await session.role.reconfigure(current);
      },
      loads,
    );
    for (const load of loads) await load[Symbol.asyncDispose]();
  });

  it('is that there is no administrator any more: nobody is written to', async () => {
    await using host = await startMailHost();
    const load = await startLoadServer(10);
    await using session = await startSession([entryOf(load)], { mailerTimings: QUICK });
    const mail = { mailServer: '127.0.0.1', mailServerPort: host.port, mailSender: 'hub@example.org' };
    await session.role.reconfigure({ ...session.config, ...mail, administrator: 'first@example.org' });
    load.answer = 'status500';
    await host.has(1);

    await session.role.reconfigure({ ...session.config, ...mail });
    load.answer = 10;
    await vi.waitFor(async () => expect(await session.text('/')).toBe('1'), BOUND);
    await session.system.stop();

    expect(host.mails).toHaveLength(1);
    await load[Symbol.asyncDispose]();
  });
});
