import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { SESSION_MARK } from '../../src/reaper/process-table.ts';
import { fakeEngine } from '../fixtures/fake-engine.ts';
import { BOUND, startFaultyServer, WORLD } from '../fixtures/faulty-server.ts';
import { canCreateNetworks, createNetwork, type Network } from '../fixtures/network.ts';
import { hasProc, processesMarked } from '../fixtures/process-traces.ts';
import { type Program, startProgram, startWebClient } from '../fixtures/program.ts';

const MAIN = fileURLToPath(new URL('../../dist/src/main.js', import.meta.url));
const FAKE_WEBOTS = fileURLToPath(new URL('../fixtures/fake-webots.mjs', import.meta.url));

/** Port of the server on a machine of its own, and of its first engine. */
const PORT = 2_000;

/** Shortest wait between two pings that the configuration takes, in seconds. */
const PING_INTERVAL = 1;

describe.skipIf(!hasProc)('a client that stands still (SIGSTOP, needs /proc)', () => {
  it.each([
    ['while the project is fetched or its engine loads', 'silent,family', 'loading: '],
    ['while it streams', 'family', 'webots:'],
  ])('%s is found by ping, and leaves nothing', async (_, modes, moment) => {
    await using server = await startFaultyServer({
      engine: fakeEngine(modes),
      config: { pingInterval: PING_INTERVAL },
    });
    await using other = startWebClient(`${server.url.replace('http', 'ws')}/client`, WORLD);
    await other.printed(moment);
    await using client = startWebClient(`${server.url.replace('http', 'ws')}/client`, WORLD);
    await client.printed(moment);

    process.kill(client.pid, 'SIGSTOP');

    await vi.waitFor(() => expect(server.reasons()).toEqual(['clientGone']), BOUND);
    expect(other.lines.filter((line) => line.startsWith('closed'))).toEqual([]);
    process.kill(other.pid, 'SIGKILL');
    await server.allGone();
  });
});

/** Time in ms that a test may take in which four programs start one after the other. */
const LONG_TIMEOUT = 90_000;

describe.skipIf(!existsSync(MAIN) || !canCreateNetworks())(
  'a client on another machine (needs the build, root, ip and network namespaces)',
  { timeout: LONG_TIMEOUT },
  () => {
    it.each([
      ['whose power is cut', (network: Network) => network.pullCable()],
      ['whose packets are dropped', (network: Network) => network.dropPackets()],
    ])('%s is found by ping, and leaves nothing, while another one is served on', async (_, breakNetwork) => {
      using network = createNetwork();
      await using server = await startServer(network);
      await using other = startWebClient(server.address, WORLD, network.onServer);
      await other.printed('webots:');
      await using client = startWebClient(server.address, WORLD, network.onClient);
      await client.printed(`webots:ws://${network.serverAddress}:${PORT}/stream/`);
      expect(await server.listeningPorts()).toEqual([PORT, PORT + 1, PORT + 2]);

      breakNetwork(network);

      const [session] = await server.ended(1);
      expect(session).toMatchObject({ reason: 'clientGone' });
      expect(await processesMarked(SESSION_MARK, String(session!.session))).toEqual([]);
      expect(await server.listeningPorts()).toEqual([PORT, PORT + 1]);
      expect(await server.instances()).toHaveLength(1);
      expect(other.lines.filter((line) => line.startsWith('closed'))).toEqual([]);

      expect(await server.program.stop()).toBe(0);
      expect(await server.instances()).toEqual([]);
    });
  },
);

interface DistantServer extends AsyncDisposable {
  readonly address: string;
  readonly program: Program;
  /** The log lines of the sessions that have ended, once there are `count` of them. */
  ended(count: number): Promise<Record<string, unknown>[]>;
  /** TCP ports on which its machine listens, in order. */
  listeningPorts(): Promise<number[]>;
  /** Folders of sessions. */
  instances(): Promise<string[]>;
}

/** The built program on the server's machine, with the stand-in as its Webots. */
async function startServer(network: Network): Promise<DistantServer> {
  const folder = await mkdtemp(join(tmpdir(), 'half-open-'));
  await mkdir(join(folder, 'project/worlds'), { recursive: true });
  await writeFile(join(folder, 'project/worlds/w.wbt'), '#VRML_SIM R2025a utf8\n');
  await writeFile(join(folder, 'webots'), `#!/bin/sh\nexec '${process.execPath}' '${FAKE_WEBOTS}' "$@"\n`, {
    mode: 0o755,
  });
  const config = {
    server: network.serverAddress,
    bindAddress: network.serverAddress,
    port: PORT,
    ssl: false,
    portRewrite: false,
    allowedRepositories: ['https://github.com/owner'],
    mirrors: { 'https://github.com/owner/project': join(folder, 'project') },
    projectsDir: join(folder, 'projects'),
    logDir: join(folder, 'log'),
    webotsHome: folder,
    display: 'none',
    engine: 'webots',
    maxConnections: 10,
    pingInterval: PING_INTERVAL,
    // The log is on standard output then.
    debug: true,
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify(config));
  const [ip = '', ...place] = network.onServer;
  const program = startProgram(
    ip,
    [...place, process.execPath, MAIN, '--role', 'simulation', '--config', join(folder, 'config.json')],
    { FAKE_WEBOTS: 'family' },
  );

  async function listeningPorts(): Promise<number[]> {
    const tables = await Promise.all(
      ['tcp', 'tcp6'].map((name) => readFile(`/proc/${program.pid}/net/${name}`, 'utf8')),
    );
    const ports = tables.flatMap((table) =>
      [...table.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ 0A /gm)].map(([, port]) => Number.parseInt(port!, 16)),
    );
    return [...new Set(ports)].sort((first, second) => first - second);
  }

  await vi.waitFor(async () => expect(await listeningPorts()).toEqual([PORT]), BOUND);
  return {
    address: `ws://${network.serverAddress}:${PORT}/client`,
    program,
    ended: (count) =>
      vi.waitFor(() => {
        const lines = program.lines
          .filter((line) => line.includes('client session ended'))
          .map((line) => JSON.parse(line) as Record<string, unknown>);
        expect(lines).toHaveLength(count);
        return lines;
      }, BOUND),
    listeningPorts,
    instances: () => readdir(join(folder, 'projects/instances')),
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}
