import { EventEmitter, once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createActor } from 'xstate';
import { type SupervisorRef, supervisor } from '../../../machines/supervisor.ts';
import type { SessionConfig } from '../../../src/config/session-config.ts';
import type { ServerStatus } from '../../../src/monitor/server-status.ts';
import { createSessionQueue, type QueuePlace } from '../../../src/session/queue.ts';
import { startLoadServer } from '../../fixtures/load-server.ts';
import { askFor } from '../../fixtures/session-question.ts';
import { NONE_AVAILABLE, startSession } from '../../fixtures/session-server.ts';
import { connect, startSimulationServer } from '../../fixtures/simulation-server.ts';

const BOUND = { timeout: 20_000, interval: 5 };
const WORLD = 'https://github.com/owner/project/blob/main/worlds/w.wbt';

/** Tickets as pages choose them. */
const ticket = (name: string) => name.padEnd(32, '0');

/** A session server with a line of three and a simulation server with this load. */
async function startStand(load: number, config: Partial<SessionConfig> = {}) {
  const stand = await startLoadServer(load);
  // One grant counts as more than the rest of the load, and for longer than the test lasts.
  const session = await startSession([stand.entry], {
    config: { queueLength: 3, queueTimeout: 600, grantLoad: 100, grantTime: 600, ...config },
  });
  const url = `http://127.0.0.1:${session.port}`;
  const ask = (name: string, localAddress = '127.0.0.2') =>
    askFor(`${url}/session?ticket=${ticket(name)}&url=${WORLD}`, { localAddress });
  const placeOf = async (name: string): Promise<QueuePlace | undefined> => {
    const response = await fetch(`${url}/queue/${ticket(name)}`);
    return response.ok ? ((await response.json()) as QueuePlace) : undefined;
  };
  const isAt = (name: string, place: number | undefined) =>
    vi.waitFor(async () => expect((await placeOf(name))?.place).toBe(place), BOUND);
  return {
    stand,
    session,
    url,
    placeOf,
    isAt,
    ask,
    /** Asks, and passes once that waits at the end of the line. */
    async join(name: string, localAddress?: string) {
      const question = ask(name, localAddress);
      await vi.waitFor(async () => expect(await placeOf(name)).toBeDefined(), BOUND);
      return question;
    },
    figures: async () => (await fetch(`${url}/metrics`)).text(),
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      await stand[Symbol.asyncDispose]();
    },
  };
}

describe('a session server with a line', () => {
  it('answers at once while a server has room, and holds who comes when that is granted', async () => {
    await using line = await startStand(5);

    expect(await line.ask('first').answer).toBe(`ws://${line.stand.entry}`);
    const second = await line.join('second');
    await line.join('third');

    expect(await line.placeOf('second')).toEqual({ place: 1, length: 2 });
    expect(await line.placeOf('third')).toEqual({ place: 2, length: 2 });
    expect(second.isAnswered()).toBe(false);
  });

  it('sends the next in line to a server whose load falls, one client as long as a grant counts', async () => {
    await using line = await startStand(100);
    const first = await line.join('first');
    const second = await line.join('second');

    line.stand.answer = 5;

    expect(await first.answer).toBe(`ws://${line.stand.entry}`);
    await line.isAt('first', undefined);
    expect(await line.placeOf('second')).toEqual({ place: 1, length: 1 });
    expect(second.isAnswered()).toBe(false);
    expect(await line.figures()).toContain('webots_hub_queue_wait_seconds_count{role="session",outcome="granted"} 1');
  });

  it('sends no more of those that come at once than fit below the threshold', async () => {
    await using line = await startStand(5, { queueLength: 20, grantLoad: 30 });

    const questions = Array.from({ length: 20 }, (_, index) => line.ask(`number-${index}`));
    await vi.waitFor(async () => expect(await line.figures()).toContain('queue_length{role="session"} 17'), BOUND);

    const answered = await vi.waitFor(() => {
      const found = questions.filter(({ isAnswered }) => isAnswered());
      expect(found.length).toBeGreaterThanOrEqual(3);
      return found;
    }, BOUND);
    expect(await Promise.all(answered.map(({ answer }) => answer))).toEqual(
      Array.from({ length: 3 }, () => `ws://${line.stand.entry}`),
    );
  });

  it('sends the next one when the time of a grant is over', async () => {
    await using line = await startStand(5, { grantTime: 0.2 });
    await line.ask('first').answer;

    expect(await Promise.all(['second', 'third'].map((name) => line.ask(name).answer))).toEqual([
      `ws://${line.stand.entry}`,
      `ws://${line.stand.entry}`,
    ]);
  });

  it('sends the next one to a server that comes back', async () => {
    await using line = await startStand(5);
    await line.stand.stop();
    await vi.waitFor(async () => expect(await line.session.text('/load')).toBe('-1'), BOUND);
    const first = await line.join('first');

    const back = await startLoadServer(5, line.stand.port);
    onTestFinished(() => back.stop());

    expect(await first.answer).toBe(`ws://${line.stand.entry}`);
  });

  it('lets addresses take turns', async () => {
    await using line = await startStand(100);
    await line.join('one', '127.0.0.2');
    await line.join('two', '127.0.0.2');
    await line.join('other', '127.0.0.3');

    expect(await Promise.all(['one', 'other', 'two'].map(line.placeOf))).toEqual(
      [1, 2, 3].map((place) => ({ place, length: 3 })),
    );
  });

  it('refuses who comes when the line is full, but for an address that has fewer in it', async () => {
    await using line = await startStand(100);
    await line.join('one');
    await line.join('two');
    const last = await line.join('three');

    expect(await line.ask('four').answer).toBe(NONE_AVAILABLE);
    await line.join('other', '127.0.0.3');

    expect(await last.answer).toBe(NONE_AVAILABLE);
    expect(await line.placeOf('other')).toEqual({ place: 2, length: 3 });
    const figures = await line.figures();
    expect(figures).toContain('webots_hub_refusals_total{reason="queueFull",role="session"} 1');
    expect(figures).toContain('webots_hub_refusals_total{reason="crowdedOut",role="session"} 1');
    expect(figures).toContain('webots_hub_queue_length{role="session"} 3');
  });

  it('sends on at once, past a full line, whose world has a server with room for which nobody there waits', async () => {
    await using full = await startOwned('ada', 100);
    await using free = await startOwned('eve', 5);
    await using session = await startSession([full.entry, free.entry], { config: { queueLength: 1 } });
    const url = `http://127.0.0.1:${session.port}`;
    const ask = (owner: string) => askFor(`${url}/session?url=https://github.com/${owner}/p/blob/main/worlds/w.wbt`);
    await vi.waitFor(async () => expect(await ask('eve').answer).toBe(`ws://${free.entry}`), BOUND);
    const waiting = ask('ada');
    await vi.waitFor(
      async () => expect(await session.text('/metrics')).toContain('webots_hub_queue_length{role="session"} 1'),
      BOUND,
    );

    expect(await ask('eve').answer).toBe(`ws://${free.entry}`);
    expect(waiting.isAnswered()).toBe(false);
    expect(await ask('ada').answer).toBe(NONE_AVAILABLE);
    waiting.leave();
  });

  it('gives the place of who leaves to who stands behind', async () => {
    await using line = await startStand(100);
    const first = await line.join('first');
    await line.join('second');

    first.leave();

    await line.isAt('second', 1);
    expect(await line.placeOf('second')).toEqual({ place: 1, length: 1 });
    expect(await line.placeOf('first')).toBeUndefined();
    await vi.waitFor(
      async () => expect(await line.figures()).toContain('queue_wait_seconds_count{role="session",outcome="left"} 1'),
      BOUND,
    );
  });

  it('refuses who has waited for queueTimeout', async () => {
    await using line = await startStand(100, { queueTimeout: 1 });

    const question = line.ask('first');

    expect([await question.answer, await question.status]).toEqual([NONE_AVAILABLE, 200]);
    expect(await line.figures()).toContain('webots_hub_refusals_total{reason="timedOut",role="session"} 1');
  });

  it('refuses all who wait when it is stopped', async () => {
    await using line = await startStand(100);
    const questions = [await line.join('first'), await line.join('second')];

    await line.session.system.drain(new AbortController().signal);
    expect(await line.ask('third').answer).toBe(NONE_AVAILABLE);
    await line.session.system.stop();

    expect(await Promise.all(questions.map(({ answer }) => answer))).toEqual([NONE_AVAILABLE, NONE_AVAILABLE]);
  });

  it('never lets HEAD and OPTIONS wait', async () => {
    await using line = await startStand(100);

    const head = await fetch(`${line.url}/session`, { method: 'HEAD' });
    const options = await fetch(`${line.url}/session`, { method: 'OPTIONS' });

    expect([head.status, head.headers.get('content-length'), options.status]).toEqual([
      200,
      String(NONE_AVAILABLE.length),
      204,
    ]);
  });

  it('tells who watches that one may ask as long as a place in the line is free and a server answers', async () => {
    await using line = await startStand(100, { queueLength: 1 });
    const { hears } = await line.session.watch();
    await hears(['1']);

    const first = await line.join('first');
    await hears(['1', '0']);
    first.leave();
    await hears(['1', '0', '1']);
    await line.stand.stop();

    await hears(['1', '0', '1', '0']);
  });

  it('expects a wait once two have been granted', async () => {
    await using line = await startStand(5, { grantTime: 0.5 });
    await line.ask('first').answer;
    const [second, third] = ['second', 'third'].map((name) => line.ask(name));
    await second!.answer;
    await third!.answer;
    // The line has come to its end: nothing is known of the next one.
    line.stand.answer = 100;
    await vi.waitFor(async () => expect(await line.session.text('/load')).toBe('100'), BOUND);
    await line.join('fourth');
    expect(await line.placeOf('fourth')).toEqual({ place: 1, length: 1 });
    for (const name of ['fifth', 'sixth']) await line.join(name);

    line.stand.answer = 5;

    await line.isAt('sixth', 1);
    expect(await line.placeOf('sixth')).toEqual({ place: 1, length: 1, expectedWait: expect.any(Number) });
  });

  it.each([
    ['short', 'Error: Expected a ticket of 16 to 64 letters, digits, - and _.'],
    [`${'x'.repeat(64)}!`, 'Error: Expected a ticket of 16 to 64 letters, digits, - and _.'],
  ])('refuses the ticket %s', async (wrong, text) => {
    await using line = await startStand(100);

    const response = await fetch(`${line.url}/session?ticket=${wrong}`);

    expect([response.status, await response.text()]).toEqual([400, text]);
  });

  it('refuses a ticket with which somebody waits', async () => {
    await using line = await startStand(100);
    await line.join('first');

    const response = await fetch(`${line.url}/session?ticket=${ticket('first')}`);

    expect([response.status, await response.text()]).toEqual([
      400,
      'Error: Expected a ticket that nobody waits with yet.',
    ]);
    expect(await line.placeOf('first')).toEqual({ place: 1, length: 1 });
  });

  it('shows on its monitor how many wait, and tells nobody their tickets or addresses', async () => {
    await using line = await startStand(100);
    await line.join('first');

    const page = await line.session.text('/monitor');

    expect(page).toMatch(/<dt>Waiting in line<\/dt><dd id="queued"[^>]*>1</);
    expect(page).not.toContain(ticket('first'));
    expect(page).not.toContain('127.0.0.2');
  });
});

describe('a session server without a line', () => {
  it('answers at once, knows no places, and counts why', async () => {
    await using line = await startStand(100, { queueLength: 0 });

    expect(await line.ask('short').answer).toBe(NONE_AVAILABLE);
    const response = await fetch(`${line.url}/queue/${ticket('first')}`);

    expect([response.status, await response.text()]).toEqual([404, 'Not Found']);
    expect(await line.figures()).toContain('webots_hub_refusals_total{reason="noneAvailable",role="session"} 1');
    expect(await line.session.text('/monitor')).toMatch(/<dt>Waiting in line<\/dt><dd id="queued"[^>]*>–</);
  });
});

describe('thirty clients of three addresses, and a simulation server with two places', () => {
  it('are all served, two at a time, in turn by address', async () => {
    const mirror = await mkdtemp(join(tmpdir(), 'session-queue-'));
    onTestFinished(() => rm(mirror, { recursive: true }));
    await mkdir(join(mirror, 'worlds'));
    await writeFile(join(mirror, 'worlds/w.wbt'), '#VRML_SIM R2025a utf8\n');
    await using simulation = await startSimulationServer({
      cpu: 0,
      config: {
        allowedRepositories: ['https://github.com/owner'],
        mirrors: { 'https://github.com/owner/project': mirror },
        maxConnections: 2,
        // For who is sent before the one that left has left for good.
        queueLength: 2,
      },
    });
    await using session = await startSession([simulation.url.replace('http://', '')], {
      config: { queueLength: 30, queueTimeout: 600, grantLoad: 1, grantTime: 0.4 },
    });
    const addresses = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
    const served: string[] = [];
    let most = 0;

    /** Streams, and leaves at once. */
    async function play(localAddress: string): Promise<void> {
      const url = `http://127.0.0.1:${session.port}/session?url=${WORLD}`;
      const base = await askFor(url, { localAddress }).answer;
      served.push(localAddress);
      const client = await connect(`${base}/client`, localAddress);
      client.start(WORLD);
      await client.heard('webots:');
      const { running } = (await (await fetch(`${simulation.url}/status`)).json()) as ServerStatus;
      most = Math.max(most, running);
      client.socket.close();
      await client.closed;
    }
    // All of one address come before those of the next one.
    await Promise.all(addresses.flatMap((address) => Array.from({ length: 10 }, () => play(address))));

    expect(addresses.map((address) => served.filter((other) => other === address).length)).toEqual([10, 10, 10]);
    expect(most).toBeLessThanOrEqual(2);
    expect(simulation.log).not.toContainEqual(expect.objectContaining({ reason: 'serverFull' }));
    // The first two found a place before anybody waited, and so had no turn.
    const turns = served.slice(2);
    for (let count = 3; count <= 24; count += 3) expect(new Set(turns.slice(count - 3, count)).size).toBe(3);
    await simulation.nothingLeft();
  }, 120_000);
});

/** A stand-in for a simulation server with this load, which runs the worlds of one owner only. */
async function startOwned(owner: string, load: number) {
  const repositories = { allowed: [`https://github.com/${owner}`], blocked: [], shareIdleTime: 0, docker: false };
  const status = { version: '1', engine: 'stand-in', capacity: 10, running: 0, intake: 'open', repositories };
  const server = createServer((request, response) => {
    response.end(request.url === '/status' ? JSON.stringify(status) : String(load));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    entry: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

describe('a line', () => {
  it('looks for a server once a question, and for those who wait only when something has changed', async () => {
    const asked: (string | undefined)[] = [];
    const roomy = new Set<string | undefined>();
    const requests = createActor(supervisor({ now: () => performance.now() })).start();
    onTestFinished(() => void requests.stop());
    const queue = createSessionQueue({
      queueLength: 10,
      queueTimeout: 600_000,
      requests: () => requests as SupervisorRef,
      choose(world) {
        asked.push(world?.[0]);
        if (world?.[0] === 'nobodys') return { refusal: 'noneAllows' };
        if (!roomy.has(world?.[0])) return { refusal: 'noneAvailable' };
        return { server: { entry: 'a:2000', state: 'available', load: 0, reserved: 0 } };
      },
      // As when a server is told of a grant, and counts it.
      grant: () => queue.changed(),
      refuse() {},
      onWaited() {},
      onChange() {},
      onError(error) {
        throw error;
      },
    });
    const ask = (world: string) =>
      queue.ask({
        response: new EventEmitter() as ServerResponse,
        address: world,
        world: [world],
        ticket: undefined,
      });
    const [, second] = ['one', 'two', 'three'].map(ask);
    await vi.waitFor(() => expect(requests.getSnapshot().active).toBe(3), BOUND);

    roomy.add('four');
    expect(await ask('four')).toEqual({ entry: 'a:2000' });
    roomy.add('two');
    queue.changed();
    expect(await second).toEqual({ entry: 'a:2000' });

    expect(await ask('nobodys')).toEqual({ refusal: 'noneAllows' });

    expect(asked).toEqual(['one', 'two', 'three', 'four', 'one', 'two', 'three', 'nobodys']);
    expect(queue.length).toBe(2);
  });
});
