import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type SupervisorRef, supervisor } from '../../../machines/supervisor.ts';
import { createRootActor } from '../../../machines/timer-index.ts';
import { simulationConfigFrom } from '../../../src/config/load-config.ts';
import { createLogger } from '../../../src/log.ts';
import { readSignature } from '../../../src/operations/cluster-signature.ts';
import { createMemberships } from '../../../src/simulation/memberships.ts';
import { freePort, startSimulationServer, type TestServerOptions } from '../../fixtures/simulation-server.ts';

const SECRET = 'correct-horse-battery';

/** Longest wait, in ms. */
const BOUND = { timeout: 20_000, interval: 10 };

/** Joins that follow each other fast. */
const membershipTimings = { joinInterval: 40, firstRetry: 10 };

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

/** A stand-in for a session server; `answer` may be changed at any time. */
async function startListener(wantedPort = 0) {
  const listener = {
    answer: { status: 200, text: '' },
    calls: [] as { path: string; body: unknown; isSigned: boolean }[],
  };
  const server = createServer(async (request: IncomingMessage, response) => {
    const { status, text } = listener.answer;
    const body = (await request.toArray()).join('');
    const path = request.url ?? '';
    const isSigned = readSignature(SECRET, { method: 'POST', path }, request.headers.authorization) !== undefined;
    listener.calls.push({ path, body: JSON.parse(body), isSigned });
    response.writeHead(status).end(text);
  });
  server.listen(wantedPort, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  opened.push({ [Symbol.asyncDispose]: stop });
  return Object.assign(listener, { port, url: `http://localhost:${port}`, stop });
}

async function startMember(sessionServers: readonly string[], config: TestServerOptions['config'] = {}) {
  const server = await startSimulationServer({
    config: { sessionServers, clusterSecret: SECRET, ...config },
    membershipTimings,
  });
  opened.push(server);
  const messages = () =>
    server.log.filter(({ message }) => String(message).includes('session server')).map(({ message }) => message);
  const order = (path: string) =>
    fetch(`${server.url}${path}`, { method: 'POST', redirect: 'manual', headers: { 'Sec-Fetch-Site': 'same-origin' } });
  return { ...server, messages, order, port: Number(new URL(server.url).port) };
}

describe('a simulation server that names session servers', () => {
  it('tells each of them where it is, again and again, and signs what it says', async () => {
    const [one, other] = [await startListener(), await startListener()];
    const server = await startMember([one.url, `${other.url}/`]);

    for (const listener of [one, other]) {
      await vi.waitFor(() => expect(listener.calls.length).toBeGreaterThan(2), BOUND);
      expect(listener.calls[2]).toEqual({
        path: '/cluster/join',
        body: { entry: `localhost:${server.port}`, ssl: false },
        isSigned: true,
      });
    }
    expect(server.messages()).toEqual(['session server joined', 'session server joined']);
  });

  it('announces its address behind a proxy as clients use it', async () => {
    const listener = await startListener();
    const address = { server: 'hub.example.org', ssl: true, portRewrite: true, bindAddress: '127.0.0.1' };
    const server = await startMember([listener.url], address);

    await vi.waitFor(() => expect(listener.calls.length).toBeGreaterThan(0), BOUND);
    expect(listener.calls[0]?.body).toEqual({ entry: `hub.example.org/${server.port}`, ssl: true });
  });

  it('leaves when it is drained, and joins when it is not any more', async () => {
    const listener = await startListener();
    const server = await startMember([listener.url]);
    await vi.waitFor(() => expect(listener.calls.length).toBeGreaterThan(0), BOUND);

    await server.order('/monitor/drain');
    await vi.waitFor(() => expect(listener.calls.at(-1)?.path).toBe('/cluster/leave'), BOUND);
    await server.order('/monitor/undrain');
    await vi.waitFor(() => expect(listener.calls.at(-1)?.path).toBe('/cluster/join'), BOUND);
    await vi.waitFor(
      () =>
        expect(server.messages()).toEqual(['session server joined', 'leaving session server', 'session server joined']),
      BOUND,
    );
  });

  it('leaves as what it was and joins as what it is when its address changes, and only then', async () => {
    const listener = await startListener();
    const server = await startMember([listener.url]);
    await vi.waitFor(() => expect(server.messages()).toEqual(['session server joined']), BOUND);
    const configured = { port: server.port, projectsDir: server.projectsDir, ssl: false, portRewrite: false };
    const next = (changes: object) => simulationConfigFrom({ ...configured, ...changes }).config;
    const told = () => {
      const calls = listener.calls.map(({ path, body }) => `${path} ${JSON.stringify(body)}`);
      return calls.filter((call, index) => call !== calls[index - 1]);
    };
    const before = JSON.stringify({ entry: `localhost:${server.port}`, ssl: false });
    const after = JSON.stringify({ entry: `hub.example.org/${server.port}`, ssl: true });

    await server.role.reconfigure(next({ title: 'Another title' }));
    await server.role.reconfigure(next({ server: 'hub.example.org', ssl: true, portRewrite: true }));

    const joinedAgain = ['session server joined', 'leaving session server', 'session server joined'];
    await vi.waitFor(() => expect(server.messages()).toEqual(joinedAgain), BOUND);
    expect(told()).toEqual([`/cluster/join ${before}`, `/cluster/leave ${before}`, `/cluster/join ${after}`]);
    await server.system.stop();
    expect(told().at(-1)).toBe(`/cluster/leave ${after}`);
  });

  it('leaves when it is stopped', async () => {
    const listener = await startListener();
    const server = await startMember([listener.url]);
    await vi.waitFor(() => expect(listener.calls.length).toBeGreaterThan(0), BOUND);

    await server.system.stop();

    expect(listener.calls.at(-1)).toMatchObject({ path: '/cluster/leave', isSigned: true });
  });

  it.each([
    [
      401,
      '',
      'it does not accept the signature: its `clusterSecret` is another one, or a proxy drops the header Authorization',
    ],
    [
      404,
      'Not Found',
      'it takes no servers that join: it has no `clusterSecret`, or is no session server of webots-hub',
    ],
    [503, 'The session server is being stopped.', 'it answers with status 503: "The session server is being stopped."'],
    [302, '', 'it answers with status 302: ""'],
  ])('says once why it is not taken (status %i), and then when it is', async (status, text, problem) => {
    const listener = await startListener();
    listener.answer = { status, text };
    const server = await startMember([listener.url]);
    await vi.waitFor(() => expect(listener.calls.length).toBeGreaterThan(4), BOUND);
    const warnings = server.log.filter(({ message }) => message === 'session server not joined; trying again');
    expect(warnings).toEqual([expect.objectContaining({ level: 'warn', sessionServer: listener.url, problem })]);

    listener.answer = { status: 200, text: '' };
    await vi.waitFor(() => expect(server.messages().at(-1)).toBe('session server joined'), BOUND);
  });

  it('joins again after the session server was away, and says so once', async () => {
    const listener = await startListener();
    const server = await startMember([listener.url]);
    await vi.waitFor(() => expect(server.messages()).toEqual(['session server joined']), BOUND);

    await listener.stop();
    await vi.waitFor(() => expect(server.messages()).toHaveLength(2), BOUND);
    const successor = await startListener(listener.port);
    await vi.waitFor(() => expect(successor.calls.length).toBeGreaterThan(0), BOUND);
    await vi.waitFor(() => expect(server.messages().at(-1)).toBe('session server joined'), BOUND);
  });

  it('shows operators how it stands with each, and tells it in its figures', async () => {
    const silent = `http://localhost:${await freePort()}/path`;
    const server = await startMember([(await startListener()).url, silent]);
    const page = async (headers = {}) => (await fetch(`${server.url}/monitor`, { headers })).text();

    await vi.waitFor(async () => expect(await page()).toContain('ECONNREFUSED'), BOUND);
    await vi.waitFor(async () => expect(await page()).toContain('member: this server is in its list'), BOUND);
    expect(await page()).toContain(silent);
    expect(await page({ 'X-Forwarded-For': '192.0.2.1' })).not.toContain(silent);
    const figures = await (await fetch(`${server.url}/metrics`)).text();
    expect(figures).toContain('webots_hub_memberships{state="member",role="simulation"} 1');
  });
});

describe('a simulation server whose place another process has taken', () => {
  it('is out of the list without a leave, and neither joins again nor leaves when it ends', async () => {
    const listener = await startListener();
    // A child that ends and is to be there is started again at once.
    const root = createRootActor(supervisor({ intensity: 10 }), {
      clock: { setTimeout, clearTimeout, now: () => performance.now() },
    });
    const finished = new Promise<void>((resolve) => {
      root.subscribe({ complete: resolve });
    });
    root.start();
    const memberships = createMemberships({
      sessionServers: [listener.url],
      clusterSecret: SECRET,
      server: () => ({ entry: 'localhost:2000', ssl: false }),
      isOpen: () => true,
      log: createLogger({ level: 'silent' }),
      onChange: () => {},
      timings: membershipTimings,
    });
    memberships.join(root as unknown as SupervisorRef);
    await vi.waitFor(() => expect(memberships.list[0]?.state).toBe('member'), BOUND);

    memberships.tell({ type: 'retire' });
    expect(memberships.list[0]?.state).toBe('gone');
    memberships.tell({ type: 'undrain' });
    root.send({ type: 'stop' });
    await finished;

    expect(memberships.list[0]?.state).toBe('gone');
    expect(listener.calls.map(({ path }) => path)).not.toContain('/cluster/leave');
  });
});

describe('a simulation server that names none', () => {
  it('has no table of them on its page', async () => {
    const server = await startMember([]);

    expect(await (await fetch(`${server.url}/monitor`)).text()).not.toContain('Session servers');
    expect(server.messages()).toEqual([]);
  });
});
