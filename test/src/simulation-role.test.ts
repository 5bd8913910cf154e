import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { sessionProcesses } from '../../src/reaper/process-table.ts';
import { fakeEngine } from '../fixtures/fake-engine.ts';
import { startGitServer } from '../fixtures/git-server.ts';
import { startSimulationServer, type TestServerOptions } from '../fixtures/simulation-server.ts';

const WORLD = 'https://github.com/owner/project/blob/main/worlds/w.wbt';
let mirror: string;

beforeAll(async () => {
  mirror = await mkdtemp(join(tmpdir(), 'simulation-role-'));
  await mkdir(join(mirror, 'worlds'));
  await mkdir(join(mirror, 'controllers/robot'), { recursive: true });
  await writeFile(join(mirror, 'worlds/w.wbt'), '#VRML_SIM R2025a utf8\n');
  await writeFile(join(mirror, 'controllers/robot/robot.py'), 'print("pristine")\n');
});
afterAll(() => rm(mirror, { recursive: true }));

const startServer = ({ config, ...options }: Partial<TestServerOptions> = {}) =>
  startSimulationServer({
    config: {
      allowedRepositories: ['https://github.com/owner'],
      mirrors: { 'https://github.com/owner/project': mirror },
      ...config,
    },
    ...options,
  });

describe('the simulation server', () => {
  it('starts a simulation and gives the address of its engine', async () => {
    await using server = await startServer();
    const client = await server.connect();

    client.start(WORLD);
    const address = await client.heard('webots:');

    const told = client.messages.filter((text) => !text.startsWith('loading: '));
    expect(told).toEqual(['shutdownTimeout: 7200', address]);
    expect(address).toMatch(
      new RegExp(`^webots:${server.url.replace('http://127.0.0.1', 'ws://localhost')}/stream/[0-9a-f]{32}/\\d+$`),
    );
    await expect(isListening(portOf(address))).resolves.toBe(true);
  });

  it('runs worlds of the other git hosts that are configured, and of no others', async () => {
    await using server = await startServer({
      config: {
        hosts: { 'GitLab.com': 'gitlab', 'codeberg.org': 'gitea' },
        allowedRepositories: ['https://gitlab.com/group', 'https://codeberg.org/owner'],
        mirrors: { 'https://gitlab.com/group/sub/project': mirror, 'https://codeberg.org/owner/project': mirror },
      },
    });
    const [lab, berg, other] = [await server.connect(), await server.connect(), await server.connect()];

    lab.start('https://gitlab.com/group/sub/project/-/blob/main/worlds/w.wbt?ref_type=heads');
    berg.start('https://codeberg.org/owner/project/src/branch/main/worlds/w.wbt');
    other.start('https://bitbucket.org/owner/project/src/main/worlds/w.wbt');

    await Promise.all([lab.heard('webots:'), berg.heard('webots:')]);
    expect(await other.heard('error:')).toMatch(/^error: Unsupported URL protocol: https:\/\/bitbucket\.org/);
  });

  it('fetches with .git from a mirror that is a gitlab', async () => {
    const git = await startGitServer();
    onTestFinished(() => git.close());
    await git.addFolder('group/project.git', mirror);
    await using server = await startServer({
      config: {
        hosts: { [new URL(git.url).host]: 'gitlab' },
        mirrors: { 'https://github.com/owner/project': `${git.url}/group/project` },
      },
    });
    const client = await server.connect();

    client.start(WORLD);
    await client.heard('webots:');

    expect(new Set(git.requests.map(({ url }) => url.split('/')[2]))).toEqual(new Set(['project.git']));
  });

  it('gives the address of the engine itself where browsers are to open a port of each', async () => {
    await using server = await startServer({ config: { stream: 'direct' } });
    const client = await server.connect();

    client.start(WORLD);
    const address = await client.heard('webots:');

    expect(address).toMatch(/^webots:ws:\/\/localhost:\d+$/);
    await expect(isListening(Number(address.split(':').at(-1)))).resolves.toBe(true);
  });

  it('leaves nothing behind when the client leaves', async () => {
    await using server = await startServer({ engine: fakeEngine('family') });
    const client = await server.connect();
    client.start(WORLD);
    const port = portOf(await client.heard('webots:'));

    client.socket.close();

    await server.nothingLeft();
    await expect(isListening(port)).resolves.toBe(false);
  });

  it('leaves nothing behind when the connection breaks', async () => {
    await using server = await startServer({ engine: fakeEngine('stubborn') });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');

    client.socket.terminate();

    await server.nothingLeft();
  });

  it('finds a client that no longer answers pings', async () => {
    await using server = await startServer({ config: { pingInterval: 1 } });
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');

    client.socket.pause();

    await server.nothingLeft();
    expect(server.log).toContainEqual(expect.objectContaining({ reason: 'clientGone' }));
  });

  it.each([
    ['crash', 'The simulation ended with exit code 3: cannot load the world | at secret.so line 3'],
    ['exit', 'The simulation ended with exit code 0.'],
  ])('tells why an engine ended before it was ready (%s), and closes with 1000', async (mode, text) => {
    await using server = await startServer({ engine: fakeEngine(mode) });
    const client = await server.connect();

    client.start(WORLD);

    expect(await client.closed).toBe(1000);
    expect(client.messages.slice(-2)).toEqual([`loading: Error: ${text}`, `error: ${text}`]);
    await server.nothingLeft();
  });

  it('notices an engine that ends while it streams', async () => {
    await using server = await startServer({ engine: fakeEngine('crashLater') });
    const client = await server.connect();
    client.start(WORLD);
    const port = portOf(await client.heard('webots:'));

    createConnection(port).on('error', () => {});

    expect(await client.closed).toBe(1000);
    expect(client.messages.at(-1)).toBe('error: The simulation ended with exit code 3.');
    await server.nothingLeft();
  });

  it.each([
    [
      'http://github.com/owner/project/blob/main/worlds/w.wbt',
      'Unsupported URL protocol: http://github.com/owner/project/blob/main/worlds/w.wbt',
    ],
    ['undefined', 'Unsupported URL protocol: undefined'],
    ['https://github.com/owner/project', 'Wrong Webots simulation URL'],
    ['https://github.com/owner/project/blob/main/worlds/missing.wbt', 'missing.wbt does not exist.'],
    [
      'https://github.com/owner-evil/project/blob/main/worlds/w.wbt',
      'Docker not enabled: cannot host simulations from repositories outside of "allowedRepositories".',
    ],
    [
      'https://github.com/stranger/project',
      'Docker not enabled: cannot host simulations from repositories outside of "allowedRepositories".',
    ],
    ['http://github.com/stranger', 'Unsupported URL protocol: http://github.com/stranger'],
    ['https://github.com/owner/project/main/worlds/w.wbt/x', 'Missing blob in Webots simulation URL, founds main'],
    ['https://github.com/owner/project/blob/main/sub/w.wbt', 'Missing worlds folder in Webots simulation URL'],
    ['https://github.com/owner/project/blob/main/worlds/w.proto', 'Missing world file in Webots simulation URL'],
  ])('refuses %s with the words of the reference', async (url, text) => {
    await using server = await startServer();
    const client = await server.connect();

    client.start(url);

    expect(await client.closed).toBe(1000);
    expect(client.messages.slice(-1)).toEqual([`error: ${text}`]);
    await server.nothingLeft();
  });

  it.each([
    'https://github.com/owner/project;reboot/blob/main/worlds/w.wbt',
    'https://github.com/owner/$(reboot)/blob/main/worlds/w.wbt',
    'https://github.com/owner/project/blob/-main/worlds/w.wbt',
    'https://github.com/owner/project/blob/main/../../worlds/w.wbt',
    'https://github.com/owner/project/blob/main/%2e%2e/worlds/w.wbt',
    'https://github.com/owner/project/blob/main/worlds/..%2f..%2fw.wbt',
  ])('spawns and writes nothing for %s', async (url) => {
    await using server = await startServer();
    const client = await server.connect();

    client.start(url);

    expect(await client.closed).toBe(1000);
    expect(client.messages).toHaveLength(2);
    await server.nothingLeft();
  });

  it('stays open for three mistakes and closes at the fourth', async () => {
    await using server = await startServer();
    const client = await server.connect();

    for (const message of ['no json', [1], {}]) client.send(message);
    await client.heard('loading: Error: Expected the key');
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    client.send({ start: {} });

    expect(await client.closed).toBe(1000);
    expect(client.messages.filter((text) => text.startsWith('error:'))).toEqual([
      "error: Expected `start.url` to be a world's URL, got nothing.",
    ]);
    await server.nothingLeft();
  });

  it('closes with 1009 at a message above 64 KiB', async () => {
    await using server = await startServer();
    const client = await server.connect();

    client.send('x'.repeat(65_537));

    expect(await client.closed).toBe(1009);
    await server.nothingLeft();
  });

  it('tells the client that is one too many, and answers 100 to /load meanwhile', async () => {
    await using server = await startServer({ config: { maxConnections: 1 } });
    expect(await server.load()).toBe('12.5');
    const first = await server.connect();
    first.start(WORLD);
    await first.heard('webots:');
    expect(await server.load()).toBe('100');

    const second = await server.connect();

    expect(await second.closed).toBe(1000);
    expect(second.messages.at(-1)).toBe('error: The simulation server is full: it serves 1 at most.');
    expect(server.log).toContainEqual(expect.objectContaining({ reason: 'serverFull', message: 'client refused' }));
    first.socket.close();
    await server.nothingLeft();
    expect(await server.load()).toBe('12.5');
  });

  it('puts a controller back as it was checked out', async () => {
    await using server = await startServer();
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');
    const project = await server.projectFolder();
    const file = join(project, 'controllers/robot/robot.py');
    await writeFile(file, 'edited');

    client.send({ 'reset controller': 'robot/robot.py' });

    await client.heard('reset controller: robot/robot.py');
    expect(await readFile(file, 'utf8')).toBe('print("pristine")\n');
  });

  it.each(['../robot/robot.py', 'robot/../../x.py', '/etc/passwd', 'robot', 'robot/missing.py', 'robot/.hidden', ''])(
    'refuses to reset the controller %j, and goes on',
    async (file) => {
      await using server = await startServer();
      const client = await server.connect();
      client.start(WORLD);
      await client.heard('webots:');

      client.send({ 'reset controller': file });

      await client.heard('loading: Error: Cannot reset controller: ');
      expect(client.socket.readyState).toBe(client.socket.OPEN);
    },
  );

  it('refuses to reset a controller that has become a pipe, and waits for nobody who reads it', async () => {
    await using server = await startServer();
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');
    const file = join(await server.projectFolder(), 'controllers/robot/robot.py');
    await rm(file);
    execFileSync('mkfifo', [file]);

    client.send({ 'reset controller': 'robot/robot.py' });

    await client.heard('loading: Error: Cannot reset controller: the file cannot be written.');
  });

  it('refuses to reset a controller through a link', async () => {
    await using server = await startServer();
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');
    const project = await server.projectFolder();
    const outside = join(mirror, 'outside');
    await mkdir(outside, { recursive: true });
    await rm(join(project, 'controllers/robot'), { recursive: true });
    await symlink(outside, join(project, 'controllers/robot'));

    client.send({ 'reset controller': 'robot/robot.py' });

    await client.heard('loading: Error: Cannot reset controller: ');
    await expect(readFile(join(outside, 'robot.py'))).rejects.toThrow('ENOENT');
  });

  it('tells every client that it is stopped, and leaves nothing behind', async () => {
    await using server = await startServer();
    const clients = await Promise.all([server.connect(), server.connect(), server.connect()]);
    for (const client of clients.slice(1)) client.start(WORLD);
    for (const client of clients.slice(1)) await client.heard('webots:');

    await server.system.stop();

    expect(await Promise.all(clients.map(({ closed }) => closed))).toEqual([1000, 1000, 1000]);
    for (const { messages } of clients) expect(messages.at(-1)).toBe('error: The simulation server is being stopped.');
    await server.nothingLeft();
  });

  const SEED = Math.floor(Math.random() * 2 ** 31);
  it(`leaves no process, port, folder or timer of twenty clients that leave at random (seed ${SEED})`, async () => {
    await using server = await startServer({ engine: fakeEngine('family') });
    const random = generator(SEED);
    const moments = ['', 'loading: ', 'shutdownTimeout', 'webots:'];
    const ports: number[] = [];
    // The start of the server is over, with timers of its own, when one client has come and gone.
    const first = await server.connect();
    first.start(WORLD);
    await first.heard('webots:');
    first.socket.close();
    await server.nothingLeft();
    const timersBefore = timers();

    await Promise.all(
      Array.from({ length: 20 }, async () => {
        const moment = moments[random() % moments.length]!;
        const isPolite = random() % 2 === 0;
        const client = await server.connect();
        client.start(WORLD);
        if (moment !== '') await client.heard(moment);
        if (moment === 'webots:') ports.push(portOf(await client.heard(moment)));
        if (isPolite) client.socket.close();
        else client.socket.terminate();
        await client.closed;
      }),
    );

    await server.nothingLeft();
    const ended = server.log.filter(({ message }) => message === 'client session ended');
    expect(ended).toHaveLength(21);
    for (const { session } of ended)
      expect(await sessionProcesses({ session: String(session), groups: new Set(), since: 0 })).toEqual([]);
    for (const port of ports) expect(await isListening(port)).toBe(false);
    await turnsUntil(() => timers() <= timersBefore);
    expect(timers()).toBe(timersBefore);
  });

  it('registers with each web service once its port is open', async () => {
    const forms: string[] = [];
    const service = createServer((request, response) => {
      let body = '';
      request.on('data', (data) => {
        body += data;
      });
      request.on('end', () => {
        forms.push(body);
        response.end('Simulation server published');
      });
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    const notify = `http://127.0.0.1:${(service.address() as AddressInfo).port}/setup.php`;

    await using server = await startServer({ config: { notify, shareIdleTime: 40 } });

    await vi.waitFor(
      () => expect(server.log).toContainEqual(expect.objectContaining({ answer: 'Simulation server published' })),
      { timeout: 20_000 },
    );
    const { port } = new URL(server.url);
    expect(forms).toEqual([
      new URLSearchParams({
        url: `http://localhost:${port}`,
        shareIdleTime: '40',
        allowedRepositories: 'https://github.com/owner',
      }).toString(),
    ]);
    service.close();
  });

  it('shows its facts on /monitor, escaped', async () => {
    await using server = await startServer({ config: { title: 'Room <1>', description: 'for & by us' } });

    const response = await fetch(`${server.url}/monitor`);
    const page = await response.text();

    expect(response.headers.get('content-type')).toBe('text/html; charset=UTF-8');
    for (const text of [
      'Room &lt;1&gt;',
      'for &amp; by us',
      'https://github.com/owner',
      'Share Idle Time: 50%',
      '12.5%',
    ]) {
      expect(page).toContain(text);
    }
    expect((await fetch(`${server.url}/other`)).status).toBe(404);
  });

  it('answers 404 to an upgrade of any other path, also of one that is no URL', async () => {
    await using server = await startServer();
    const { hostname, port } = new URL(server.url);

    for (const path of ['/', '//', '/client/x', '/%']) {
      const socket = createConnection(Number(port), hostname);
      socket.end(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      );
      const [answer] = await once(socket, 'data');
      expect(String(answer)).toMatch(/^HTTP\/1.1 404 /);
    }
    expect(server.log).not.toContainEqual(expect.objectContaining({ message: 'uncaught error' }));
  });

  it('says who should free a taken port', async () => {
    await using server = await startServer();
    const { port } = new URL(server.url);

    await expect(startServer({ port: Number(port) })).rejects.toMatchObject({
      code: 'portTaken',
      message: expect.stringContaining(`Port ${port} on 127.0.0.1 is in use by another program.`),
    });
  });
});

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf('/') + 1));
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Timers that keep this process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}

/** Waits by turns of the event loop, since a wait by a timer would be counted itself; 20 s at most. */
async function turnsUntil(isMet: () => boolean): Promise<void> {
  for (const begin = performance.now(); !isMet() && performance.now() - begin < 20_000; ) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Numbers that follow from the seed alone: the generator of Park and Miller. */
function generator(seed: number): () => number {
  let state = (seed % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
}
