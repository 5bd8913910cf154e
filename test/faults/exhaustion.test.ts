import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { IMPLEMENTATIONS } from '../fixtures/checkout-harness.ts';
import { startGitServer } from '../fixtures/git-server.ts';
import { startSimulationServer, type TestServer, type TestServerOptions } from '../fixtures/simulation-server.ts';
import { canMount, mountSmallDisk } from '../fixtures/small-disk.ts';

const WORLD = 'https://github.com/owner/project/blob/main/worlds/w.wbt';

/** Size in MiB of disks that hold the 100 MiB that must be free, and a bit more. */
const DISK_SIZE = 110;

/** Wait in ms between two looks of the servers of these tests. */
const CAPACITY_INTERVAL = 200;

/** The same for a server that looks but when it starts, and when a session ended for want of something. */
const ONE_LOOK = 3_600_000;

/** Longest wait for anything in these tests, in ms. */
const BOUND = { timeout: 20_000, interval: 20 };

const NO_ROOM = 'The simulation server has no room on its disk';

describe.skipIf(!canMount)('a simulation server whose disk is small (needs the right to mount one)', () => {
  it.each(IMPLEMENTATIONS)(
    'tells its client that it has run full during the %s clone, and waits for room',
    async (git) => {
      await using disk = mountSmallDisk(DISK_SIZE);
      await using project = await startProject();
      await using server = await startServer({ projectsDir: disk.path, config: { ...project.config, git } });
      const filled = new AbortController();
      project.gitServer.mode = { kind: 'hold', until: once(filled.signal, 'abort') };

      const client = await server.connect();
      client.start(WORLD);
      await vi.waitFor(() => expect(project.gitServer.requests.at(-1)?.kind).toBe('pack'), BOUND);
      await disk.fill();
      filled.abort();

      expect(await client.closed).toBe(1000);
      expect(client.messages.at(-1)).toBe(`error: ${NO_ROOM} for the project.`);
      await server.nothingLeft();
      await expectShortage(server, 'diskFull');
      await disk.clear();
      await expectService(server);
    },
  );

  it('tells its client that it has run full since it looked, and leaves no trace on it', async () => {
    await using disk = mountSmallDisk(DISK_SIZE);
    await using project = await startProject();
    await using server = await startServer({
      projectsDir: disk.path,
      config: project.config,
      capacityInterval: ONE_LOOK,
    });
    await disk.fill();

    const client = await server.connect();
    client.start(WORLD);

    expect(await client.closed).toBe(1000);
    expect(client.messages.at(-1)).toBe(`error: ${NO_ROOM} for the project.`);
    await server.nothingLeft();
    await expectShortage(server, 'diskFull');
    // The folders of the fixture's log, and no half of a post-mortem in them.
    const left = await readdir(disk.path, { recursive: true });
    expect(left.sort()).toEqual(['filling', 'instances', 'ledger', 'log', 'log/postmortem']);
  });

  it('takes no client while it is full from the start, and asks no git server', async () => {
    await using disk = mountSmallDisk(DISK_SIZE);
    await disk.fill();
    await using project = await startProject();
    await using server = await startServer({ projectsDir: disk.path, config: project.config });

    const client = await server.connect();
    client.start(WORLD);

    expect(await client.closed).toBe(1000);
    expect(client.messages.at(-1)).toBe(`error: ${NO_ROOM}.`);
    expect(project.gitServer.requests).toEqual([]);
    await expectShortage(server, 'diskFull');
    await disk.clear();
    await expectService(server);
  });

  it('tells its client that its folder is not writable, and waits until it is', async () => {
    await using disk = mountSmallDisk(DISK_SIZE);
    await using project = await startProject();
    await using server = await startServer({ projectsDir: disk.path, config: project.config });
    disk.setWritable(false);

    const client = await server.connect();
    client.start(WORLD);

    expect(await client.closed).toBe(1000);
    expect(client.messages.at(-1)).toBe('error: The simulation server cannot write to its folder for projects.');
    await server.nothingLeft();
    await expectShortage(server, 'folderUnwritable');
    disk.setWritable(true);
    await expectService(server);
  });
});

describe('a simulation server whose ports are all taken', () => {
  it('tells its client, and waits for one to be free', async () => {
    await using project = await startProject();
    await using server = await startServer({ config: { ...project.config, maxConnections: 3 } });
    const first = Number(new URL(server.url).port) + 1;
    const others = [0, 1, 2].map((offset) => createServer().listen(first + offset, '127.0.0.1'));
    await Promise.all(others.map((other) => once(other, 'listening')));

    const client = await server.connect();
    client.start(WORLD);

    expect(await client.closed).toBe(1000);
    expect(client.messages.at(-1)).toBe(`error: No free port for a simulation between ${first} and ${first + 2}.`);
    await server.nothingLeft();
    expect(server.log).not.toContainEqual(expect.objectContaining({ level: 'error' }));
    await expectShortage(server, 'noFreePort');
    others[1]?.close();
    await expectService(server);
    for (const other of others) other.close();
  });

  it('speaks of no shortage when its own sessions hold them', async () => {
    await using project = await startProject();
    await using server = await startServer({ config: { ...project.config, maxConnections: 1 } });

    await expectService(server);

    expect(server.log).not.toContainEqual(expect.objectContaining({ message: 'no session can be served' }));
  });
});

/** Passes when the server says in `/load` and in its log that it can take no session, and why. */
async function expectShortage(server: TestServer, reason: string): Promise<void> {
  await vi.waitFor(async () => expect(await server.load()).toBe('100'), BOUND);
  expect(server.log).toContainEqual(
    expect.objectContaining({ level: 'warn', message: 'no session can be served', reason }),
  );
}

/** Passes when the server says that it can take a session, and does. */
async function expectService(server: TestServer): Promise<void> {
  await vi.waitFor(async () => expect(await server.load()).toBe('12.5'), BOUND);
  const client = await server.connect();
  client.start(WORLD);
  await client.heard('webots:');
  client.socket.close();
  await server.nothingLeft();
}

async function startProject() {
  const gitServer = await startGitServer();
  const files = { 'worlds/w.wbt': '#VRML_SIM R2025a utf8\n', 'worlds/scenery.obj': 'v 0 0 0\n'.repeat(2_000) };
  await gitServer.addRepository('owner/project', [{ branch: 'main', files }]);
  const config = {
    allowedRepositories: ['https://github.com/owner'],
    mirrors: { 'https://github.com/owner': `${gitServer.url}/owner` },
  };
  return { gitServer, config, [Symbol.asyncDispose]: gitServer.close };
}

function startServer(options: TestServerOptions): Promise<TestServer> {
  return startSimulationServer({ capacityInterval: CAPACITY_INTERVAL, ...options });
}
