import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SessionPageMessage, SimulationMonitorMessage } from '../../../src/monitor/messages.ts';
import { hasProcessTable } from '../../../src/reaper/process-table.ts';
import { readEvents } from '../../fixtures/events.ts';
import { startSimulationServer, type TestServer, type TestServerOptions } from '../../fixtures/simulation-server.ts';

const REPOSITORY = 'https://github.com/owner/secret-project';
const WORLD = `${REPOSITORY}/blob/main/worlds/arena.wbt`;
const TOKEN = 'correct-horse-battery';
const FORWARDED = { 'x-forwarded-for': '192.0.2.7' };
const BEARER = { authorization: `Bearer ${TOKEN}` };
const SAME_ORIGIN = { 'sec-fetch-site': 'same-origin' };
/** Longest wait for anything in these tests, in ms. */
const BOUND = { timeout: 20_000, interval: 10 };

let mirror: string;

beforeAll(async () => {
  mirror = await mkdtemp(join(tmpdir(), 'monitor-'));
  await mkdir(join(mirror, 'worlds'));
  await writeFile(join(mirror, 'worlds/arena.wbt'), '#VRML_SIM R2025a utf8\n');
});
afterAll(() => rm(mirror, { recursive: true }));

const startServer = ({ config, ...options }: TestServerOptions = {}) =>
  startSimulationServer({
    monitorLimits: { interval: 10 },
    config: { allowedRepositories: [REPOSITORY], mirrors: { [REPOSITORY]: mirror }, ...config },
    ...options,
  });

async function ask(server: TestServer, path: string, headers: IncomingHttpHeaders = {}, method = 'GET', body = '') {
  const outgoing = request(`${server.url}${path}`, { method, headers, agent: false }).end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  if (String(response.headers['content-type']).startsWith('text/event-stream')) {
    const [first] = await once(response, 'data');
    response.destroy();
    return { status: response.statusCode, headers: response.headers, text: String(first) };
  }
  return { status: response.statusCode, headers: response.headers, text: (await response.toArray()).join('') };
}

/** A session whose engine runs, with its id. */
async function startSession(server: TestServer) {
  const client = await server.connect();
  client.start(WORLD);
  await client.heard('webots:');
  const [, id] = /monitor\/sessions\/([0-9a-f]{32})/.exec((await ask(server, '/monitor')).text) ?? [];
  return { client, id: id! };
}

const READING = [
  '/monitor',
  '/monitor/events',
  '/monitor/history',
  '/monitor/sessions/ID',
  '/monitor/sessions/ID/events',
];
const ORDERS = ['/monitor/drain', '/monitor/undrain', '/monitor/sessions/ID/end'];

/** Status of each of `READING` and of `ORDERS`. */
const ACCESS = [
  { monitor: 'public', who: 'loopback', headers: SAME_ORIGIN, reading: [200, 200, 200, 200, 200], orders: 303 },
  {
    monitor: 'public',
    who: 'token',
    headers: { ...FORWARDED, ...BEARER },
    reading: [200, 200, 200, 200, 200],
    orders: 303,
  },
  {
    monitor: 'public',
    who: 'stranger',
    headers: { ...FORWARDED, ...SAME_ORIGIN },
    reading: [200, 200, 200, 401, 401],
    orders: 401,
  },
  { monitor: 'token', who: 'loopback', headers: SAME_ORIGIN, reading: [200, 200, 200, 200, 200], orders: 303 },
  {
    monitor: 'token',
    who: 'token',
    headers: { ...FORWARDED, ...BEARER },
    reading: [200, 200, 200, 200, 200],
    orders: 303,
  },
  {
    monitor: 'token',
    who: 'stranger',
    headers: { ...FORWARDED, ...SAME_ORIGIN },
    reading: [401, 401, 401, 401, 401],
    orders: 401,
  },
  { monitor: 'off', who: 'loopback', headers: SAME_ORIGIN, reading: [404, 404, 404, 404, 404], orders: 404 },
  { monitor: 'off', who: 'token', headers: BEARER, reading: [404, 404, 404, 404, 404], orders: 404 },
  { monitor: 'off', who: 'stranger', headers: FORWARDED, reading: [404, 404, 404, 404, 404], orders: 404 },
] as const;

describe('the monitor of a simulation server', () => {
  it.each(ACCESS)('answers a $who with $reading and $orders where it is $monitor', async (given) => {
    await using server = await startServer({ config: { adminToken: TOKEN, monitor: given.monitor } });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');
    const [id = ''] = [...server.role.held().keys()];
    const statusOf = async (path: string, method?: string) =>
      (await ask(server, path.replace('ID', id), given.headers, method)).status;

    const reading: unknown[] = [];
    for (const path of READING) reading.push(await statusOf(path));
    expect(reading).toEqual(given.reading);
    for (const path of ORDERS) expect(await statusOf(path, 'POST')).toBe(given.orders);
    expect((await ask(server, '/load', given.headers)).status).toBe(200);
    client.socket.terminate();
  });

  it('tells strangers nothing but stages, ages and loads', async () => {
    await using server = await startServer({ config: { title: 'Room <1>', notify: [] } });
    const { client, id } = await startSession(server);

    for (const path of ['/monitor', '/monitor/events', '/monitor/history']) {
      const { text, headers } = await ask(server, path, FORWARDED);
      for (const secret of [id, 'github.com', 'secret-project', 'arena', '127.0.0', '<form', 'Allowed']) {
        expect(text).not.toContain(secret);
      }
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    const { text } = await ask(server, '/monitor', FORWARDED);
    expect(text).toContain('<td role="cell" data-label="Stage"><span class="state">simulating.streaming.steady</span>');
    expect(text).toContain('Room &lt;1&gt;');
    client.socket.terminate();
  });

  it('shows operators the sessions, and what each of them went through', async () => {
    await using server = await startServer();
    const { client, id } = await startSession(server);

    const { text: page, headers } = await ask(server, '/monitor');
    for (const text of ['arena.wbt', '127.0.0.x', '1 h 59 min', `action="monitor/sessions/${id}/end"`]) {
      expect(page).toContain(text);
    }
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(page).not.toMatch(/ style=|<style|<script>/);
    const { text } = await ask(server, `/monitor/sessions/${id}`);
    for (const part of [WORLD, 'connected.fetching', 'connected.simulating.launching', 'so far', id]) {
      expect(text).toContain(part);
    }
    expect((await ask(server, '/monitor/sessions/none')).status).toBe(404);
    client.socket.terminate();
  });

  it('ends a session by order; its client hears the reason', async () => {
    await using server = await startServer();
    const { client, id } = await startSession(server);

    const answer = await ask(server, `/monitor/sessions/${id}/end`, SAME_ORIGIN, 'POST');
    expect([answer.status, answer.headers.location]).toEqual([303, '../../../monitor']);
    expect(await client.heard('error: ')).toBe('error: The operator of the simulation server ended the session.');
    expect(await client.closed).toBe(1000);
    await server.nothingLeft();
    expect(server.log).toContainEqual(
      expect.objectContaining({ message: 'client session ended', reason: 'endedByOperator' }),
    );
    expect((await server.postMortems()).size).toBe(0);
    expect((await ask(server, `/monitor/sessions/${id}/end`, SAME_ORIGIN, 'POST')).status).toBe(404);
  });

  it('drains and undrains by order; running sessions go on', async () => {
    await using server = await startServer();
    const { client: running } = await startSession(server);

    expect((await ask(server, '/monitor/drain', SAME_ORIGIN, 'POST')).headers.location).toBe('../monitor');
    expect(await server.load()).toBe('100');
    const refused = await server.connect();
    expect(await refused.heard('error: ')).toBe('error: The simulation server takes no new simulations at the moment.');
    await refused.closed;
    await ask(server, '/monitor/undrain', SAME_ORIGIN, 'POST');
    expect(await server.load()).toBe('12.5');
    const { client } = await startSession(server);
    expect(running.socket.readyState).toBe(running.socket.OPEN);
    for (const { socket } of [running, client]) socket.terminate();
  });

  it('takes back no stop by an order', async () => {
    await using server = await startServer();
    await server.role.drain(new AbortController().signal);
    await ask(server, '/monitor/undrain', SAME_ORIGIN, 'POST');

    expect(await server.load()).toBe('100');
  });

  it.each([
    ['the token of a form', `token=${TOKEN}`, 303],
    ['a wrong one', 'token=wrong', 401],
    ['one that is too long', `token=${TOKEN}&x=${'x'.repeat(10_000)}`, 401],
  ])('takes orders by %s from its own page', async (_, body, status) => {
    await using server = await startServer({ config: { adminToken: TOKEN } });
    const form = {
      ...FORWARDED,
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': String(body.length),
    };

    expect((await ask(server, '/monitor/drain', { ...form, ...SAME_ORIGIN }, 'POST', body)).status).toBe(status);
    expect((await ask(server, '/monitor/drain', form, 'POST', body)).status).toBe(401);
  });

  it('asks for the token only by its own address, and only where there is one', async () => {
    await using server = await startServer({ config: { adminToken: TOKEN } });
    const { status, headers } = await ask(server, '/monitor?operator', FORWARDED);
    expect([status, headers['www-authenticate']]).toEqual([401, 'Basic realm="webots-hub operator", charset="UTF-8"']);
    expect((await ask(server, '/monitor', FORWARDED)).text).toContain('href="monitor?operator"');

    await using tokenless = await startServer();
    expect((await ask(tokenless, '/monitor?operator', FORWARDED)).status).toBe(403);
    expect((await ask(tokenless, '/monitor', FORWARDED)).text).not.toContain('href="monitor?operator"');
  });

  it('streams what changes to operators and strangers, each their own', async () => {
    await using server = await startServer();
    const follow = async (headers: Record<string, string>) => {
      const { body } = await fetch(`${server.url}/monitor/events`, { headers });
      const messages: SimulationMonitorMessage[] = [];
      void readEvents(body!, (data) => messages.push(JSON.parse(data)));
      return messages;
    };
    const [operator, stranger] = [await follow({}), await follow(FORWARDED)];
    await ask(server, '/monitor/drain', SAME_ORIGIN, 'POST');
    await vi.waitFor(() => {
      expect(operator.at(-1)).toMatchObject({ intake: 'drained', load: 100, isOperator: true });
      expect(stranger.at(-1)).toMatchObject({ intake: 'drained', load: 100, isOperator: false });
    });
  });

  it('measures what sessions take while an operator watches, and tells it to nobody else', async () => {
    await using server = await startServer({ monitorLimits: { interval: 100 } });
    const { client } = await startSession(server);
    const lines: SimulationMonitorMessage['sessions'][number][] = [];
    const { body } = await fetch(`${server.url}/monitor/events`);
    void readEvents(body!, (data) => lines.push(...(JSON.parse(data) as SimulationMonitorMessage).sessions));

    await vi.waitFor(() => {
      const usage = lines.at(-1)?.usage;
      expect(usage?.cpu).toEqual(hasProcessTable ? expect.any(Number) : undefined);
      if (usage) expect(usage.memory).toBeGreaterThan(1_000_000);
    }, BOUND);
    expect((await ask(server, '/monitor/events', FORWARDED)).text).not.toContain('usage');
    client.socket.terminate();
  });

  it('tells the page of a session its states, messages and end, and ends the stream', async () => {
    await using server = await startServer();
    const { client, id } = await startSession(server);
    const { body } = await fetch(`${server.url}/monitor/sessions/${id}/events`);
    const heard: SessionPageMessage[] = [];
    const ended = readEvents(body!, (data) => heard.push(JSON.parse(data)));
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(0), BOUND);
    expect(heard[0]).toMatchObject({ id, end: null, url: WORLD });
    expect(heard[0]!.lit.session!.visited).toContain('connected.fetching');
    expect(heard[0]!.lit.engine!.active).toContain('alive.ready.heartbeat.responsive');
    expect(heard[0]!.messages.map(({ direction, text }) => [direction, text])).toEqual(
      expect.arrayContaining([
        ['fromClient', JSON.stringify({ start: { url: WORLD } })],
        ['toClient', expect.stringMatching(/^webots:/)],
      ]),
    );

    client.send({ start: '<b>https://user:pass@host/x?key</b>' });
    await vi.waitFor(() => expect(heard.at(-1)!.messages.at(-2)?.direction).toBe('fromClient'), BOUND);
    const { text: page } = await ask(server, `/monitor/sessions/${id}`);
    expect(page).toContain('{&quot;start&quot;:&quot;&lt;b&gt;https://[redacted]@host/x?[redacted]');
    expect(page).toContain('data-state="connected.simulating.streaming.steady" data-light="active"');
    expect(page).toContain('data-state="connected.fetching" data-light="visited"');
    expect(page).not.toMatch(/ style=|<style|<script>/);

    await ask(server, `/monitor/sessions/${id}/end`, SAME_ORIGIN, 'POST');
    await ended;
    expect(heard.at(-1)).toMatchObject({ end: { reason: 'endedByOperator' }, lit: { session: { active: ['gone'] } } });
    const after = await ask(server, `/monitor/sessions/${id}`);
    expect([after.status, after.text]).toEqual([
      200,
      expect.stringContaining('The session has ended: endedByOperator.'),
    ]);
    expect((await ask(server, `/monitor/sessions/${id}/events`)).text).toContain('endedByOperator');
    expect((await ask(server, '/monitor/sessions/none/events')).status).toBe(404);
  });

  it('refuses one viewer too many with 503', async () => {
    await using server = await startServer({ monitorLimits: { viewers: 1 } });
    const first = await fetch(`${server.url}/monitor/events`);
    expect((await fetch(`${server.url}/monitor/events`)).status).toBe(503);
    await first.body?.cancel();
  });
});
