import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SessionConfig } from '../config/session-config.ts';
import type { SimulationConfig } from '../config/simulation-config.ts';
import { serverUrl } from '../operations/public-url.ts';
import { PACKAGE_ROOT } from '../package-root.ts';

/** The repository of the bundled example, and where it is. */
const EXAMPLES = 'https://github.com/webots-hub/examples';
const EXAMPLES_FOLDER = join(PACKAGE_ROOT, 'examples');

/** Longest wait in ms until a server listens, and until it has ended: our choice. */
const PATIENCE = 30_000;

/** What a server prints once it listens. */
const LISTENS = 'Press Ctrl+C to stop.';

/** The end of a server's output that is kept for a message, in characters. */
const OUTPUT_KEPT = 1_000;

/** Keys that are of no use here: by them others would be told of the server, or they are secret. */
const LEFT_OUT = [
  'administrator',
  'mailServer',
  'mailSender',
  'mailSenderUser',
  'mailSenderPassword',
  'adminToken',
  'sessionServers',
  'clusterSecret',
];

/** Both servers as they are configured, for a moment. */
export interface TemporaryServers extends AsyncDisposable {
  /** The entry by which the session server knows the simulation server. */
  readonly entry: string;
}

/**
 * Starts both servers on their ports and addresses, with the embedded engine and the bundled example, telling nobody.
 *
 * @throws Error that says which one does not start, and what it said
 */
export async function startTemporaryServers(
  session: SessionConfig,
  simulation: SimulationConfig,
): Promise<TemporaryServers> {
  const folder = await mkdtemp(join(tmpdir(), 'webots-hub-doctor-'));
  const children: ChildProcess[] = [];
  const stop = async () => {
    await Promise.all(children.map(end));
    await rm(folder, { recursive: true, force: true });
  };
  const own = { logDir: join(folder, 'log'), debug: true };
  const entry = serverUrl(simulation, simulation.port).replace(/^https?:\/\//, '');
  const configs = {
    simulation: {
      ...simulation,
      ...own,
      engine: 'embedded',
      projectsDir: join(folder, 'projects'),
      allowedRepositories: [EXAMPLES],
      blockedRepositories: [],
      mirrors: { [EXAMPLES]: EXAMPLES_FOLDER },
      notify: [],
    },
    // Others may run elsewhere, and are not what is looked at.
    session: { ...session, ...own, simulationServers: [entry], loadThreshold: 100 },
  };
  try {
    for (const role of ['simulation', 'session'] as const) {
      const config = Object.fromEntries(Object.entries(configs[role]).filter(([key]) => !LEFT_OUT.includes(key)));
      const file = join(folder, `${role}.json`);
      await writeFile(file, JSON.stringify(config), { mode: 0o600 });
      await start(role, file, children);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { entry, [Symbol.asyncDispose]: stop };
}

async function start(role: string, file: string, children: ChildProcess[]): Promise<void> {
  const main = join(PACKAGE_ROOT, 'dist/src/main.js');
  // It stands for `clusterSecret`.
  const { WEBOTS_HUB_CLUSTER_SECRET: _, ...env } = process.env;
  const child = spawn(process.execPath, [main, '--role', role, '--config', file, '--log-level', 'error'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  let output = '';
  const patience = AbortSignal.timeout(PATIENCE);
  await new Promise<void>((resolve, reject) => {
    const fail = () =>
      reject(
        new Error(`Expected the ${role} server to start; it said: ${output.trim().replace(/\s+/g, ' ') || 'nothing'}`),
      );
    const read = (chunk: Buffer) => {
      output = `${output}${chunk}`.slice(-OUTPUT_KEPT);
      if (output.includes(LISTENS)) resolve();
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', fail).once('close', fail);
    patience.addEventListener('abort', fail, { once: true });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const exited = once(child, 'exit');
  const killing = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(killing);
}
