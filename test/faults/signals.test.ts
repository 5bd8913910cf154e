import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type HubProgram, isBuilt, startHubProgram, WORLD } from '../fixtures/hub-program.ts';
import { connect, type TestClient } from '../fixtures/simulation-server.ts';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
const STOPPED = [
  'loading: Error: The simulation server is being stopped.',
  'error: The simulation server is being stopped.',
];
const SKIPPED = isBuilt ? '' : ' (skipped: no build in dist/)';
/** Programs start in seconds where many tests run at once; in ms. */
const PATIENCE = { timeout: 120_000 };
/** Seconds that no test lasts. */
const LONG_DRAIN = 3_600;

describe.skipIf(!isBuilt)(`a signal to stop${SKIPPED}`, PATIENCE, () => {
  it.each(SIGNALS)('%s: tells watchers and clients, ends everything, and exits with 0', async (signal) => {
    await using hub = await startHubProgram({ engine: 'family' });
    const watcher = await watch(hub);
    const [streaming, waiting] = [await stream(hub), await join(hub)];

    hub.process.kill(signal);

    expect(await hub.exited).toEqual({ code: 0, signal: null });
    expect(await watcher.closed).toBe(1001);
    expect(watcher.heard).toEqual(['1', '0']);
    for (const client of [streaming, waiting]) {
      expect(await client.closed).toBe(1000);
      expect(client.messages.slice(-2)).toEqual(STOPPED);
    }
    expect(endsOf(hub)).toEqual(['drained', 'drained']);
    await hub.nothingLeft();
  });

  it('exits with 0 where there is only the session role', async () => {
    await using hub = await startHubProgram({ role: 'session' });
    const watcher = await watch(hub, '0');

    hub.process.kill('SIGTERM');

    expect(await hub.exited).toEqual({ code: 0, signal: null });
    expect(await watcher.closed).toBe(1001);
    expect(watcher.heard).toEqual(['0']);
    await hub.nothingLeft();
  });

  it('exits with 0 where there is only the simulation role', async () => {
    await using hub = await startHubProgram({ role: 'simulation' });
    const client = await stream(hub);

    hub.process.kill('SIGTERM');

    expect(await hub.exited).toEqual({ code: 0, signal: null });
    expect(await client.closed).toBe(1000);
    expect(client.messages.slice(-2)).toEqual(STOPPED);
    await hub.nothingLeft();
  });
});

describe.skipIf(!isBuilt)(`while the server drains${SKIPPED}`, PATIENCE, () => {
  it('simulations go on and know until when, and the server ends with the last of them', async () => {
    await using hub = await startHubProgram({ simulation: { drainTimeout: LONG_DRAIN } });
    const clients = [await stream(hub), await stream(hub)];

    hub.process.kill('SIGTERM');

    for (const client of clients) {
      await client.heard(`shutdownTimeout: ${LONG_DRAIN}`);
      client.send({ 'reset controller': 'robot/robot.py' });
      expect(await client.heard('reset controller: ')).toBe('reset controller: robot/robot.py');
    }
    for (const client of clients) client.socket.close();
    expect(await hub.exited).toEqual({ code: 0, signal: null });
    expect(endsOf(hub)).toEqual(['clientLeft', 'clientLeft']);
    await hub.nothingLeft();
  });

  it('nobody new is served: availability 0, load 100, and the reason for whoever comes', async () => {
    await using hub = await startHubProgram({ simulation: { drainTimeout: LONG_DRAIN } });
    const watcher = await watch(hub);
    const [streaming, waiting] = [await stream(hub), await join(hub)];

    hub.process.kill('SIGTERM');
    await streaming.heard(`shutdownTimeout: ${LONG_DRAIN}`);

    expect(await waiting.closed).toBe(1000);
    const late = await join(hub);
    expect(await late.closed).toBe(1000);
    expect([waiting.messages, late.messages]).toEqual([STOPPED, STOPPED]);
    await hub.logged('client refused', { reason: 'drained' });
    expect(await text(hub.simulationPort, '/load')).toBe('100');
    expect(await text(hub.sessionPort, '/')).toBe('0');
    expect(await text(hub.sessionPort, '/session')).toMatch(/^Error: /);
    expect((await watch(hub, '0')).heard).toEqual(['0']);
    await vi.waitFor(() => expect(watcher.heard).toEqual(['1', '0']));
    expect(streaming.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('a client that has started goes on to its engine', async () => {
    await using hub = await startHubProgram({ simulation: { drainTimeout: LONG_DRAIN } });
    const client = await join(hub);
    client.start(WORLD);
    await client.heard('loading: ');

    hub.process.kill('SIGTERM');

    await client.heard(`shutdownTimeout: ${LONG_DRAIN}`);
    await client.heard('webots:');
    client.socket.close();
    expect(await hub.exited).toEqual({ code: 0, signal: null });
  });

  it('the simulations that are not finished in time are ended', async () => {
    await using hub = await startHubProgram({ simulation: { drainTimeout: 0.5 }, engine: 'family' });
    const client = await stream(hub);

    hub.process.kill('SIGTERM');

    expect(await hub.exited).toEqual({ code: 0, signal: null });
    expect(await client.closed).toBe(1000);
    expect(client.messages.slice(-3)).toEqual(['shutdownTimeout: 0.5', ...STOPPED]);
    await hub.nothingLeft();
  });

  it('a second signal hurries: the simulations are ended at once, and the program still exits with 0', async () => {
    await using hub = await startHubProgram({ simulation: { drainTimeout: LONG_DRAIN } });
    const client = await stream(hub);
    hub.process.kill('SIGTERM');
    await client.heard(`shutdownTimeout: ${LONG_DRAIN}`);

    hub.process.kill('SIGINT');

    expect(await hub.exited).toEqual({ code: 0, signal: null });
    expect(await client.closed).toBe(1000);
    expect(client.messages.slice(-2)).toEqual(STOPPED);
    expect(endsOf(hub)).toEqual(['drained']);
    await hub.nothingLeft();
  });

  it('a third signal ends the program before everything is stopped', async () => {
    await using hub = await startHubProgram({
      simulation: { drainTimeout: LONG_DRAIN, killGrace: 60 },
      engine: 'stubborn',
    });
    const client = await stream(hub);
    hub.process.kill('SIGTERM');
    await client.heard(`shutdownTimeout: ${LONG_DRAIN}`);
    hub.process.kill('SIGINT');
    await client.heard('error: ');

    hub.process.kill('SIGTERM');

    expect(await hub.exited).toEqual({ code: 143, signal: null });
  });
});

/** A client whose simulation streams. */
async function stream(hub: HubProgram): Promise<TestClient> {
  const client = await join(hub);
  client.start(WORLD);
  await client.heard('webots:');
  return client;
}

function join(hub: HubProgram): Promise<TestClient> {
  return connect(`ws://127.0.0.1:${hub.simulationPort}/client`);
}

/** A watcher of the availability that comes when `bit` is published, and has heard it. */
async function watch(hub: HubProgram, bit = '1') {
  await vi.waitFor(async () => expect(await text(hub.sessionPort, '/')).toBe(bit), { timeout: 60_000 });
  const socket = new WebSocket(`ws://127.0.0.1:${hub.sessionPort}/`);
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(String(data)));
  const closed = once(socket, 'close').then(([code]) => code as number);
  await once(socket, 'message');
  return { heard, closed };
}

async function text(port: number, path: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

/** The reasons for which sessions have ended. */
function endsOf(hub: HubProgram): unknown[] {
  return hub.log.filter(({ message }) => message === 'client session ended').map(({ reason }) => reason);
}
