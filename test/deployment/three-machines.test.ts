import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { EXAMPLE_WORLD } from '../../src/client/index.ts';
import { writeCertificate } from '../fixtures/certificate.ts';
import { createMachineNetwork, type Machine } from '../fixtures/machine-network.ts';
import { canCreateNetworks } from '../fixtures/network.ts';
import { processesMarked } from '../fixtures/process-traces.ts';
import { isInstalled, NGINX } from '../fixtures/reverse-proxy.ts';

const file = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const MAIN = file('dist/src/main.js');
const EXAMPLES = 'https://github.com/webots-hub/examples';

/** What operators and simulation servers show. */
const ADMIN_TOKEN = 'correct-horse-battery';
const CLUSTER_SECRET = 'staple-correct-horse';

/** Ports of the three servers. Engines have the ports after that of their server, on a machine of its own. */
const PORTS = { front: 1999, first: 2100, second: 2200 } as const;

/** Environment variable by which whatever this test starts is found; its value is the folder of the test. */
const MARK = 'HUB_PROGRAM';

/** Clients before and after the upgrade. */
const BEFORE = 30;
const AFTER = 20;

/** Some fifty programs start one after the other on few processors; in ms. */
const PATIENCE = { timeout: 400_000 };
const BOUND = { timeout: 200_000, interval: 50 };

describe.skipIf(!existsSync(MAIN) || !canCreateNetworks() || !isInstalled(NGINX))(
  'three machines (needs the build, nginx, root, ip and network namespaces)',
  PATIENCE,
  () => {
    it('play fifty simulations through nginx with TLS, and lose none while one is drained and upgraded', async () => {
      using network = createMachineNetwork(['front', 'first', 'second', 'pupils']);
      await using school = await startSchool(network.machines);
      const pupils = school.pupils();

      pupils.order(`start ${BEFORE}`);
      await pupils.told({ started: BEFORE });
      const [onFirst, onSecond] = await school.running();
      expect([onFirst! > 0, onSecond! > 0, onFirst! + onSecond!]).toEqual([true, true, BEFORE]);

      await school.drain('first');
      pupils.order(`start ${AFTER / 2}`);
      await pupils.told({ started: BEFORE + AFTER / 2 });
      expect(await school.running()).toEqual([onFirst, onSecond! + AFTER / 2]);

      await school.upgrade('first');
      pupils.order(`start ${AFTER / 2}`);
      await pupils.told({ started: BEFORE + AFTER });
      const [onUpgraded] = await school.running();
      expect(onUpgraded).toBeGreaterThan(onFirst!);

      pupils.order('advance');
      await pupils.told({ advanced: BEFORE + AFTER });
      pupils.order('leave');
      await pupils.told({ left: BEFORE + AFTER, reasons: ['left'] });

      expect(pupils.lines.filter((line) => 'lost' in line || 'failed' in line)).toEqual([]);
      expect(await school.reasons()).toEqual(Array.from({ length: BEFORE + AFTER }, () => 'clientLeft'));
      await school.stop();
      expect(await school.leftovers()).toEqual([]);
    });
  },
);

type MachineName = 'front' | 'first' | 'second' | 'pupils';
type ServerName = 'first' | 'second';

interface Running {
  readonly process: ChildProcess;
  /** Objects that it printed in JSON, a line each. */
  readonly lines: readonly Record<string, unknown>[];
  /** Passes when a line has these fields. */
  told(fields: Record<string, unknown>): Promise<void>;
  order(line: string): void;
}

async function startSchool(machines: Readonly<Record<MachineName, Machine>>) {
  const folder = await mkdtemp(join(tmpdir(), 'three-machines-'));
  const { cert, key } = await writeCertificate(folder, 30, machines.front.address);
  const url = `https://${machines.front.address}`;
  const programs: Running[] = [];
  /** The process of each simulation server that serves now. */
  const serving = {} as Record<ServerName, Running>;

  function start(machine: Machine, command: readonly string[]): Running {
    const [program = '', ...args] = [...machine.on, ...command];
    const child = spawn(program, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, NODE_EXTRA_CA_CERTS: cert, RUNTIME_DIRECTORY: folder, [MARK]: folder },
    });
    const lines: Record<string, unknown>[] = [];
    createInterface(child.stdout).on('line', (line) => {
      if (line.startsWith('{')) lines.push(JSON.parse(line));
    });
    const running: Running = {
      process: child,
      lines,
      told: (fields) => vi.waitFor(() => expect(lines).toContainEqual(expect.objectContaining(fields)), BOUND),
      order: (line) => child.stdin.write(`${line}\n`),
    };
    programs.push(running);
    return running;
  }

  async function startHub(name: Exclude<MachineName, 'pupils'>, config: object, ...options: string[]) {
    const path = join(folder, `${name}.json`);
    const address = { server: machines.front.address, ssl: true, portRewrite: true, adminToken: ADMIN_TOKEN };
    const own = { port: PORTS[name], bindAddress: machines[name].address, clusterSecret: CLUSTER_SECRET, debug: true };
    await writeFile(path, JSON.stringify({ ...address, ...own, ...config }));
    const role = name === 'front' ? 'session' : 'simulation';
    return start(machines[name], [
      process.execPath,
      ...['--import', file('test/fixtures/idle-machine.mjs')],
      ...[MAIN, '--role', role, '--config', path, '--log-level', 'info', ...options],
    ]);
  }

  async function startServer(name: ServerName, ...options: string[]) {
    const config = {
      engine: 'embedded',
      allowedRepositories: [EXAMPLES],
      mirrors: { [EXAMPLES]: file('examples') },
      projectsDir: join(folder, name, 'projects'),
      monitorLogEnabled: false,
      sessionServers: [url],
      trustedProxies: [machines.front.address],
    };
    serving[name] = await startHub(name, config, ...options);
  }

  await startNginx(folder, machines, cert, key, (command) => start(machines.front, command));
  const front = await startHub('front', { simulationServers: [], grantLoad: 1 });
  for (const name of ['first', 'second'] as const) {
    await startServer(name);
    await front.told({ message: 'simulation server joined', server: entryOf(machines, name) });
    await front.told({ message: 'simulation server available', server: entryOf(machines, name) });
  }

  /** What a page says to somebody on the front's machine. */
  async function ask(path: string, ...options: string[]): Promise<string> {
    const curl = start(machines.front, [process.execPath, file('test/fixtures/ask.mjs'), `${url}${path}`, ...options]);
    await once(curl.process, 'exit');
    return String(curl.lines[0]?.body);
  }

  return {
    pupils: () => start(machines.pupils, [process.execPath, file('test/fixtures/pupils.mjs'), url, EXAMPLE_WORLD]),
    /** Simulations on both servers, as they say. */
    running: () =>
      Promise.all(
        (['first', 'second'] as const).map(
          async (name) => (JSON.parse(await ask(`/${PORTS[name]}/status`)) as { running: number }).running,
        ),
      ),
    async drain(name: ServerName) {
      await ask(`/${PORTS[name]}/monitor/drain`, 'POST', ADMIN_TOKEN);
      await front.told({ message: 'simulation server no longer listed', server: entryOf(machines, name), why: 'left' });
    },
    async upgrade(name: ServerName) {
      const listed = () =>
        front.lines.filter(
          ({ message, server }) => message === 'simulation server available' && server === entryOf(machines, name),
        ).length;
      const before = listed();
      await startServer(name, '--takeover');
      await serving[name].told({ message: 'serves instead of the server before' });
      await ask(`/${PORTS[name]}/monitor/undrain`, 'POST', ADMIN_TOKEN);
      await vi.waitFor(() => expect(listed()).toBeGreaterThan(before), BOUND);
    },
    reasons: () =>
      vi.waitFor(() => {
        const ends = programs.flatMap(({ lines }) => lines.filter(({ message }) => message === 'client session ended'));
        expect(ends).toHaveLength(BEFORE + AFTER);
        return ends.map(({ reason }) => reason);
      }, BOUND),
    async stop() {
      for (const { process: child } of programs) {
        if (child.exitCode !== null) continue;
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
    },
    /** Processes and folders of sessions that are there still. */
    async leftovers() {
      const folders = (['first', 'second'] as const).map((name) => readdir(join(folder, name, 'projects/instances')));
      return [...(await processesMarked(MARK, folder)), ...(await Promise.all(folders)).flat()];
    },
    async [Symbol.asyncDispose]() {
      for (const { process: child } of programs) child.kill('SIGKILL');
      for (const pid of await processesMarked(MARK, folder)) process.kill(pid, 'SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function entryOf(machines: Readonly<Record<MachineName, Machine>>, name: ServerName): string {
  return `${machines.front.address}/${PORTS[name]}`;
}

/** The documented file as it is, but for host, certificate, and where the simulation servers are. */
async function startNginx(
  folder: string,
  machines: Readonly<Record<MachineName, Machine>>,
  cert: string,
  key: string,
  start: (command: readonly string[]) => Running,
): Promise<void> {
  const documented = await readFile(file(`docs/deployment/${NGINX.file}`), 'utf8');
  const location = /^ {4}location \/2000\/ \{\n.*?^ {4}\}\n/ms.exec(documented)?.[0] ?? '';
  const locations = (['first', 'second'] as const).map((name) =>
    location
      .replace('/2000/', `/${PORTS[name]}/`)
      .replace('127.0.0.1:2000', `${machines[name].address}:${PORTS[name]}`),
  );
  const text = documented
    .replace(location, locations.join(''))
    .replaceAll('127.0.0.1:1999', `${machines.front.address}:${PORTS.front}`)
    .replaceAll('hub.example.org', machines.front.address)
    .replaceAll('/etc/ssl/hub/fullchain.pem', cert)
    .replaceAll('/etc/ssl/hub/privkey.pem', key);
  const included = join(folder, NGINX.file);
  const main = join(folder, 'main.conf');
  await mkdir(join(folder, 'logs'));
  await writeFile(included, text);
  await writeFile(main, NGINX.main({ folder, included, port: 443, plainPort: 80 }));
  start([NGINX.program, ...NGINX.arguments(main, folder)]);
}
