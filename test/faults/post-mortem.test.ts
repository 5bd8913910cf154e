import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/webots/engine.ts';
import { fakeEngine } from '../fixtures/fake-engine.ts';
import { startSimulationServer, type TestServer } from '../fixtures/simulation-server.ts';

const WORLD = 'https://github.com/owner/project/blob/main/worlds/w.wbt';

/** Longest wait for a file, in ms. */
const BOUND = { timeout: 20_000, interval: 10 };

let mirror: string;

beforeAll(async () => {
  mirror = await mkdtemp(join(tmpdir(), 'post-mortem-'));
  await mkdir(join(mirror, 'worlds'));
  await writeFile(join(mirror, 'worlds/w.wbt'), '#VRML_SIM R2025a utf8\n');
});
afterAll(() => rm(mirror, { recursive: true }));

const startServer = (engine: Engine, config: Record<string, unknown> = {}) =>
  startSimulationServer({
    engine,
    config: {
      allowedRepositories: ['https://github.com/owner'],
      mirrors: { 'https://github.com/owner/project': mirror },
      ...config,
    },
  });

const lastEnd = ({ log }: TestServer) => log.findLast(({ message }) => message === 'client session ended');

describe('after an abnormal end, a post-mortem', () => {
  it('of an engine that crashed tells what it went through, how it ended and what it said, and the log names it', async () => {
    await using server = await startServer(fakeEngine('crashLater'));
    const client = await server.connect();
    client.start(WORLD);
    const address = await client.heard('webots:');
    createConnection(Number(address.split('/').at(-1))).on('error', () => {});
    await client.closed;
    await server.nothingLeft();

    const files = await waitForPostMortems(server, 1);

    const [[path, content]] = [...files] as [[string, Record<string, unknown>]];
    const end = lastEnd(server);
    expect(path).toMatch(new RegExp(`/\\d{8}T\\d{9}Z-engineCrashed-${end?.session}\\.json$`));
    expect(end).toMatchObject({ reason: 'engineCrashed', postMortem: path });
    expect(client.messages.slice(-3)).toEqual([
      `post-mortem: ${end?.session}`,
      'loading: Error: The simulation ended with exit code 3.',
      'error: The simulation ended with exit code 3.',
    ]);
    expect(content).toMatchObject({
      format: 1,
      session: end?.session,
      reason: 'engineCrashed',
      text: 'The simulation ended with exit code 3.',
      request: { url: WORLD, mode: 'scene' },
      project: { ref: 'main' },
      exit: { exitCode: 3, signal: null, reaped: true, stdout: expect.stringMatching(/^\.\n/), stderr: '' },
      versions: { node: process.version, engine: 'webots', engineDescription: 'stand-in for tests', world: 'R2025a' },
      load: { mean: 12.5, latest: { cpu: 12.5 }, sessions: 1 },
    });
    const transitions = content.transitions as { at: number; machine: string; state: string }[];
    expect(transitions.filter(({ machine }) => machine === 'session').map(({ state }) => state)).toEqual([
      'connected.waiting',
      'connected.checking',
      'connected.fetching',
      'connected.simulating.launching',
      'connected.simulating.streaming.steady',
      'leaving.stoppingEngine',
      'leaving.releasing',
      'leaving.closingSocket',
      'gone',
    ]);
    const engineStates = transitions.filter(({ machine }) => machine === 'engine').map(({ state }) => state);
    // An engine that is spawned at once is in `loading` before anybody can look.
    expect(engineStates).toEqual(expect.arrayContaining(['alive.launched.loading', 'alive.launched.verifying']));
    expect(engineStates.slice(-2)).toEqual(['reaping', 'gone']);
    expect(transitions.map(({ at }) => at)).toEqual(transitions.map(({ at }) => at).toSorted((a, b) => a - b));
  });

  it('of an engine that never got ready has the last that it wrote', async () => {
    await using server = await startServer(fakeEngine('crash'));
    const client = await server.connect();
    client.start(WORLD);
    await client.closed;

    const [content] = [...(await waitForPostMortems(server, 1)).values()];

    expect(content).toMatchObject({
      exit: { exitCode: 3, stderr: 'cannot load the world\nat /home/operator/webots/lib/secret.so line 3\n' },
    });
  });

  it('of a bug has its stack, and the client hears nothing of it', async () => {
    const engine: Engine = {
      ...fakeEngine(),
      command() {
        throw new Error('no command for this world');
      },
    };
    await using server = await startServer(engine);
    const client = await server.connect();
    client.start(WORLD);
    await client.closed;

    const [content] = [...(await waitForPostMortems(server, 1)).values()];

    expect(content).toMatchObject({
      reason: 'internalError',
      error: expect.stringMatching(/^Error: no command for this world\n +at /),
    });
    expect(client.messages.at(-1)).toBe('error: Internal error of the simulation server.');
  });

  it('of a git server that cannot be reached has what git said, and the client its number', async () => {
    const config = { mirrors: { 'https://github.com/owner/project': 'http://127.0.0.1:9/owner/project' } };
    await using server = await startServer(fakeEngine(), config);
    const client = await server.connect();
    client.start(WORLD);
    await client.closed;

    const [[path, content] = []] = [...(await waitForPostMortems(server, 1))];

    const words = expect.stringMatching(/127\.0\.0\.1.* port 9/);
    expect(content).toMatchObject({ reason: 'projectUnreachable', error: words });
    expect(client.messages.at(-1)).toBe('error: The git server of github.com/owner/project cannot be reached.');
    expect(client.messages.at(-3)).toBe(`post-mortem: ${/-([^-]+)\.json$/.exec(path ?? '')?.[1]}`);
  });

  it('of a connection that broke before anything was asked for has its states only', async () => {
    await using server = await startServer(fakeEngine());
    const client = await server.connect();
    client.socket.terminate();

    const [content] = [...(await waitForPostMortems(server, 1)).values()];

    expect(content).toMatchObject({ reason: 'clientGone', text: '' });
    expect(content).not.toHaveProperty('request');
    expect(content).not.toHaveProperty('exit');
  });
});

describe('the number of the post-mortem', () => {
  it.each([
    {
      stage: 'the launch of an engine that is never ready',
      engine: fakeEngine('silent'),
      config: () => ({ startTimeout: 1 }),
      reason: 'engineTimedOut',
    },
    {
      stage: 'the launch of an engine that crashes',
      engine: fakeEngine('crash'),
      config: () => ({}),
      reason: 'engineCrashed',
    },
  ])('is told at $stage', async ({ engine, config, reason }) => {
    await using server = await startServer(engine, config());
    const client = await server.connect();
    client.start(WORLD);
    await client.closed;

    const [path] = [...(await waitForPostMortems(server, 1)).keys()];

    expect(client.messages.at(-3)).toBe(`post-mortem: ${/-([^-]+)\.json$/.exec(path ?? '')?.[1]}`);
    expect(path).toContain(reason);
  });

  it.each([
    ['an address that is none', 'https://github.com/owner/project/blob/main/w.wbt'],
    ['a world that is not there', WORLD.replace('w.wbt', 'missing.wbt')],
    ['a repository that is not allowed', 'https://github.com/other/project/blob/main/worlds/w.wbt'],
  ])('is not told to who asks for %s, of which none is kept', async (_, url) => {
    await using server = await startServer(fakeEngine());
    const client = await server.connect();
    client.start(url);
    await client.closed;

    expect(client.messages.at(-1)).toMatch(/^error: ./);
    expect(client.messages.filter((text) => text.startsWith('post-mortem:'))).toEqual([]);
  });
});

describe('post-mortems', () => {
  it('are not kept of clients that leave or ask for what is not there', async () => {
    await using server = await startServer(fakeEngine());
    const leaving = await server.connect();
    leaving.start(WORLD);
    await leaving.heard('webots:');
    leaving.socket.close();
    const wrong = await server.connect();
    wrong.start(WORLD.replace('w.wbt', 'missing.wbt'));
    await wrong.closed;
    await server.nothingLeft();

    await server.system.stop();

    expect(await server.postMortems()).toEqual(new Map());
    const ends = server.log.filter(({ message }) => message === 'client session ended');
    expect(ends.map(({ reason }) => reason).sort()).toEqual(['clientLeft', 'worldMissing']);
    for (const end of ends) expect(end).not.toHaveProperty('postMortem');
  });

  it('that cannot be written fail no session, and the log says so once', async () => {
    const logDir = join(mirror, 'worlds/w.wbt');
    await using server = await startServer(fakeEngine('crash'), { logDir });
    for (let session = 0; session < 2; session++) {
      const client = await server.connect();
      client.start(WORLD);
      expect(await client.closed).toBe(1000);
    }
    await server.nothingLeft();

    await server.system.stop();

    expect(server.log.filter(({ message }) => message === 'client session ended')).toHaveLength(2);
    expect(server.log.filter(({ message }) => message === 'post-mortems cannot be written')).toHaveLength(1);
  });

  it('are all written when the server has stopped', async () => {
    await using server = await startServer(fakeEngine());
    const clients = await Promise.all(Array.from({ length: 10 }, () => server.connect()));
    for (const { socket } of clients) socket.terminate();
    await server.nothingLeft();

    await server.system.stop();

    expect((await server.postMortems()).size).toBe(10);
  });
});

function waitForPostMortems(server: TestServer, count: number) {
  return vi.waitFor(async () => {
    const files = await server.postMortems();
    expect(files.size).toBe(count);
    return files;
  }, BOUND);
}
