import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type HubProgram, isBuilt, startHubProgram, WORLD } from '../fixtures/hub-program.ts';
import { connect, type TestClient } from '../fixtures/simulation-server.ts';

const BUG_TOLD = 'error: Internal error of the simulation server.';
/** Programs start in seconds where many tests run at once; in ms. */
const PATIENCE = { timeout: 120_000 };
const SKIPPED = isBuilt ? '' : ' (skipped: no build in dist/)';
/** Longest wait, in ms. */
const BOUND = { timeout: 60_000, interval: 20 };

/** Bugs that `test/fixtures/planted-bugs.mjs` has put into the program, and what a client does to meet each. */
const SESSION_BUGS: readonly [bug: string, meet: (client: TestClient) => void][] = [
  ['an action of its machine', (client) => client.send('bug-action')],
  ['a guard of its machine', (client) => client.send('bug-guard')],
  ['the handler of its messages', (client) => client.send('bug-message')],
  ['the actor that sends to it', (client) => client.send('bug-send')],
  ['the admission', (client) => client.start(worldOf('bug-admission'))],
  ['the checkout', (client) => client.start(worldOf('bug-checkout'))],
  ["the engine's command line", (client) => client.start(worldOf('project', 'bug-command'))],
  ["the engine's machine", (client) => client.start(worldOf('project', 'bug-engine'))],
];

describe.skipIf(!isBuilt)(`a bug${SKIPPED}`, PATIENCE, () => {
  let hub: HubProgram;
  let sibling: TestClient;

  beforeAll(async () => {
    hub = await startHubProgram({ preloads: ['plant-bugs.mjs'], worlds: ['bug-command', 'bug-engine'] });
    sibling = await stream(hub);
  });
  afterAll(async () => {
    await hub[Symbol.asyncDispose]();
  });

  it.each(SESSION_BUGS)('in %s ends that session with a reason and a report, and no other', async (_, meet) => {
    const before = { ends: ends(hub).length, reports: reports(hub).length };
    const client = await join(hub);
    meet(client);

    expect(await client.closed).toBe(1000);
    expect(client.messages.at(-1)).toBe(BUG_TOLD);
    await vi.waitFor(() => {
      expect(ends(hub).slice(before.ends)).toEqual(['internalError']);
      expect(reports(hub).slice(before.reports)).toEqual([
        expect.objectContaining({
          supervisor: expect.stringMatching(/^root\/simulation\//),
          // An engine's bug may be heard of first by its session, which then stops it.
          errorContext: expect.stringMatching(/^(childTerminated|shutdownError)$/),
          reason: expect.objectContaining({ message: expect.stringContaining('a bug: ') }),
          offender: expect.objectContaining({ id: expect.any(String), restart: 'temporary' }),
        }),
      ]);
    }, BOUND);
    await isServed(sibling);
  });

  it('in the reset of a controller is told as a mistake and reported, and the session goes on', async () => {
    sibling.send({ 'reset controller': 'robot/bug-reset.py' });

    await sibling.heard('loading: Error: Internal error of the simulation server.');
    await isServed(sibling);
    await vi.waitFor(() => expect(reports(hub).at(-1)).toMatchObject({ reason: { message: 'a bug: reset' } }), BOUND);
  });

  it.each(['session', 'simulation'] as const)(
    'in a route of the %s server answers 500, and is logged',
    async (role) => {
      const port = role === 'session' ? hub.sessionPort : hub.simulationPort;
      const path = role === 'session' ? '/session' : '/load';

      const answer = await fetch(`http://127.0.0.1:${port}${path}?bug-route`);

      expect([answer.status, await answer.text()]).toEqual([500, `Internal error of the ${role} server.`]);
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(200);
      await hub.logged('a request failed', { role, error: expect.objectContaining({ message: 'a bug: route' }) });
      await isServed(sibling);
    },
  );

  it.each([
    ['session', '/', 'a watcher failed'],
    ['simulation', '/client', 'client not taken'],
  ] as const)('in the upgrade of a socket of the %s server costs that socket alone', async (role, path, message) => {
    const port = role === 'session' ? hub.sessionPort : hub.simulationPort;

    await expect(connect(`ws://127.0.0.1:${port}${path}?bug-upgrade`)).rejects.toThrow('socket hang up');

    await hub.logged(message, { role, error: expect.objectContaining({ message: 'a bug: upgrade' }) });
    (await connect(`ws://127.0.0.1:${port}${path}`)).socket.close();
    await isServed(sibling);
  });

  it('in the handler of a watcher costs that watcher alone', async () => {
    const [watcher, other] = [await watch(hub), await watch(hub)];
    const closed = once(watcher, 'close');
    watcher.send('hello');

    expect((await closed)[0]).toBe(1006);
    await hub.logged('a watcher failed', { error: expect.objectContaining({ message: 'a bug: watcher' }) });
    expect(other.readyState).toBe(WebSocket.OPEN);
    other.close();
  });

  it('in the measure of the load has that measured anew, with a report each time', async () => {
    await vi.waitFor(() => {
      expect(reportsOfAll(hub).filter((report) => offenderOf(report) === 'loadMonitor')).toHaveLength(2);
    }, BOUND);
    await vi.waitFor(async () => {
      expect(Number(await (await fetch(`http://127.0.0.1:${hub.simulationPort}/load`)).text())).toBeGreaterThan(0);
    }, BOUND);
    await isServed(sibling);
  });

  it('that ends a thousand sessions in a minute ends nothing else', async () => {
    const before = { ends: ends(hub).length, reports: reports(hub).length };
    for (let done = 0; done < 1_000; done += 25) {
      await Promise.all(
        Array.from({ length: 25 }, async () => {
          const client = await join(hub);
          client.send('bug-action');
          expect(await client.closed).toBe(1000);
          expect(client.messages.at(-1)).toBe(BUG_TOLD);
        }),
      );
    }

    await vi.waitFor(() => expect(ends(hub).length - before.ends).toBe(1_000), BOUND);
    expect(new Set(ends(hub).slice(before.ends))).toEqual(new Set(['internalError']));
    expect(reports(hub).length - before.reports).toBe(1_000);
    await isServed(sibling);
    (await stream(hub)).socket.close();
  });
});

describe.skipIf(!isBuilt)(`bugs that nobody catches${SKIPPED}`, PATIENCE, () => {
  it('are got over up to a hundred in a minute, and end the program with 70 beyond, with nothing left', async () => {
    await using hub = await startHubProgram({
      preloads: ['plant-bugs.mjs'],
      engine: 'family',
      simulation: { drainTimeout: 3_600 },
    });
    const client = await stream(hub);
    const uncaught = () => hub.log.filter(({ message }) => message === 'uncaught error');

    hub.process.kill('SIGUSR2');
    await vi.waitFor(() => expect(uncaught()).toHaveLength(100), BOUND);
    await isServed(client);

    hub.process.kill('SIGUSR2');
    expect(await hub.exited).toEqual({ code: 70, signal: null });
    expect(uncaught()).toHaveLength(101);
    expect(await client.closed).toBe(1000);
    expect(client.messages.at(-1)).toBe('error: The simulation server is being stopped.');
    await hub.nothingLeft();
  });

  it('leave a place in which the next program starts at once', async () => {
    await using first = await startHubProgram({ preloads: ['plant-bugs.mjs'], engine: 'family,stubborn' });
    const client = await stream(first);
    first.process.kill('SIGUSR2');
    await vi.waitFor(
      () => expect(first.log.filter(({ message }) => message === 'uncaught error')).toHaveLength(100),
      BOUND,
    );
    first.process.kill('SIGUSR2');
    expect((await first.exited).code).toBe(70);

    const { sessionPort, simulationPort } = first;
    await using second = await startHubProgram({ sessionPort, simulationPort });
    const successor = await stream(second);
    expect(enginePortOf(successor)).toBe(enginePortOf(client));
  });
});

describe.skipIf(!isBuilt)(`a role that fails too often${SKIPPED}`, PATIENCE, () => {
  it('gives up, which ends the program with 70 and nothing left of the other role', async () => {
    // The care of each of these servers fails as soon as it is found to be unreachable.
    const broken = Array.from({ length: 31 }, (_, index) => `127.0.0.9:${index + 1}`);
    await using hub = await startHubProgram({
      preloads: ['plant-bugs.mjs'],
      session: { simulationServers: broken },
      engine: 'family',
      mayEnd: true,
    });

    expect(await hub.exited).toEqual({ code: 70, signal: null });
    expect(reports(hub).map(({ supervisor, errorContext }) => `${supervisor} ${errorContext}`)).toEqual(
      expect.arrayContaining(['root/session shutdown', 'root childTerminated', 'root shutdown']),
    );
    await hub.nothingLeft();
  });
});

function worldOf(repository: string, world = 'w'): string {
  return `https://github.com/owner/${repository}/blob/main/worlds/${world}.wbt`;
}

function join(hub: HubProgram): Promise<TestClient> {
  return connect(`ws://127.0.0.1:${hub.simulationPort}/client`);
}

/** A client whose simulation streams. */
async function stream(hub: HubProgram): Promise<TestClient> {
  const client = await join(hub);
  client.start(WORLD);
  await client.heard('webots:');
  return client;
}

/** Passes when the server has answered this client once more. */
async function isServed(client: TestClient): Promise<void> {
  const answers = () => client.messages.filter((text) => text === 'reset controller: robot/robot.py').length;
  const before = answers();
  client.send({ 'reset controller': 'robot/robot.py' });
  await vi.waitFor(() => expect(answers()).toBe(before + 1), BOUND);
}

async function watch(hub: HubProgram): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${hub.sessionPort}/`);
  await once(socket, 'message');
  return socket;
}

/** The reasons for which sessions have ended. */
function ends(hub: HubProgram): unknown[] {
  return hub.log.filter(({ message }) => message === 'client session ended').map(({ reason }) => reason);
}

/** The reports of supervisors, but those of the measure of the load, which come at their own time. */
function reports(hub: HubProgram): Record<string, unknown>[] {
  return reportsOfAll(hub).filter((report) => offenderOf(report) !== 'loadMonitor');
}

function reportsOfAll(hub: HubProgram): Record<string, unknown>[] {
  return hub.log.filter(({ message }) => message === 'supervisor report');
}

function offenderOf(report: Record<string, unknown>): string {
  return (report.offender as { id: string }).id;
}

/** The message with the address of the client's engine. */
/** What stands last in the address of a stream. */
function enginePortOf(client: TestClient): string | undefined {
  return client.messages
    .find((text) => text.startsWith('webots:'))
    ?.split('/')
    .at(-1);
}
