import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnyActorRef, fromCallback } from 'xstate';
import type { LoadSample } from '../../machines/load-sample.ts';
import { EXAMPLE_WORLD } from '../client/index.ts';
import { sessionConfigFrom, simulationConfigFrom } from '../config/load-config.ts';
import { createLogger } from '../log.ts';
import { PACKAGE_ROOT } from '../package-root.ts';
import { sessionRole } from '../session-role.ts';
import { createPortPool } from '../simulation/port-pool.ts';
import { simulationRole } from '../simulation-role.ts';
import { startSystem } from '../system.ts';
import { embeddedEngine } from '../webots/engine.ts';
import { type ClientTaps, tapClient } from './client-taps.ts';
import { startGitServer } from './git-server.ts';
import { startRelay } from './relay.ts';
import { tapEngine, tapServer } from './server-taps.ts';
import { holds, type Party, Tape } from './tape.ts';

const HOST = '127.0.0.1';

/** Ports that are tried for a simulation server, below those that systems give to clients; our choice. */
const FIRST_PORT = 10_000;
const PORT_STEP = 10;
const PORT_STEPS = 200;

/** The example's repository, as its URL names it. */
const [, REPOSITORY = ''] = /^https:\/\/github\.com\/([^/]+\/[^/]+)\//.exec(EXAMPLE_WORLD) ?? [];

/** The load is asked for once: later polls would come at any moment of a sequence. In ms, more than all of them take. */
const ONE_POLL = 3_600_000;

/** A machine with room: a busy one that draws its diagrams must not refuse the client. */
const SAMPLE: LoadSample = {
  cpu: 12.5,
  memory: 0,
  swap: 0,
  gpu: 0,
  gpuMemoryController: 0,
  gpuMemory: 0,
  disk: 0,
  networkSent: 0,
  networkReceived: 0,
};

/** The whole program in this process, with a git server and taps on every connection. */
export interface Stage extends AsyncDisposable {
  /** Where it is recorded now; to be replaced before each sequence. */
  tape: Tape;
  /** URL of the session server. */
  readonly session: string;
  readonly client: ClientTaps;
  /** Process of the engine that was started last. */
  readonly enginePid: () => number | undefined;
  /** Root of all actors. */
  readonly root: () => AnyActorRef;
  /** Resolves when a session's end is complete. @throws Error if a process, port, folder or socket is left */
  nothingLeft(): Promise<void>;
  /** A text of this run as it would be with the ports of a first installation, and of any run. */
  normalized(text: string): string;
}

/** Closes what was opened, the last one first. */
type Closers = (() => Promise<void>)[];

/** Starts both roles, as `npm start` does, with the example's repository on a git server instead of GitHub. */
export async function startStage(): Promise<Stage> {
  const closers: Closers = [];
  try {
    return await setUp(closers);
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.toReversed()) await close();
}

async function setUp(closers: Closers): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'sequences-'));
  closers.push(() => rm(folder, { recursive: true, force: true }));
  let tape = new Tape();
  const now = () => tape;
  const port = await freePort();
  const relay = await startRelay(
    () => port,
    (question, answer) => {
      // What a server says of itself is for the monitor, comes at any moment, and leads to nothing.
      if (question.endsWith('/status')) return;
      tape.tell({ from: 'session', to: 'simulation', text: question });
      tape.tell({ from: 'simulation', to: 'session', text: answer, kind: 'answer' });
    },
  );
  closers.push(relay.close);
  const git = await startGitServer(join(folder, 'git'), REPOSITORY, join(PACKAGE_ROOT, 'examples'), now);
  closers.push(git.close);
  const engine = tapEngine(now);
  const server = tapServer(now, (text) => client.sent(text));
  const log = createLogger({ level: 'silent' });
  const address = { server: HOST, ssl: false, portRewrite: false, bindAddress: HOST, logDir: join(folder, 'log') };
  const projectsDir = join(folder, 'projects');
  const { config } = simulationConfigFrom({
    ...address,
    port,
    projectsDir,
    maxConnections: 1,
    engine: 'embedded',
    allowedRepositories: [`https://github.com/${REPOSITORY}`],
    mirrors: { 'https://github.com': git.url },
  });
  const simulation = await simulationRole({
    config,
    configFolder: folder,
    log,
    engine: embeddedEngine(HOST),
    tapEngine: engine.wrap,
    sampler: fromCallback(({ sendBack }) => sendBack({ type: 'load.sampled', sample: SAMPLE })),
  });
  const entry = `${HOST}:${relay.port}`;
  const { config: sessionConfig } = sessionConfigFrom({ ...address, port: 1, simulationServers: [entry] });
  const system = await startSystem({
    roles: [
      simulation,
      sessionRole({ config: { ...sessionConfig, port: 0 }, log, timings: { pollInterval: ONE_POLL } }),
    ],
    log,
    inspect: server.inspect,
  });
  closers.push(() => system.stop());
  const sessionPort = system.addresses.get('session')!.port;
  const session = `http://${HOST}:${sessionPort}`;
  const parties: Readonly<Record<number, Party>> = {
    [sessionPort]: 'session',
    [relay.port]: 'simulation',
  };
  const client = tapClient(
    now,
    (url) => (new URL(url).pathname.startsWith('/stream/') ? 'engine' : parties[Number(new URL(url).port)]!),
    () => server.state()?.startsWith('leaving') ?? false,
  );
  await holds('a simulation server to be available', async () => (await (await fetch(session)).text()) === '1');

  const shown = new Map([
    [`:${sessionPort}`, ':1999'],
    [`:${relay.port}`, ':2000'],
    [`=${port + 1}`, '=2001'],
    [`:${port}`, ':2000'],
    [`/${port + 1}`, '/2001'],
    [HOST, 'localhost'],
  ]);
  return {
    get tape() {
      return tape;
    },
    set tape(next) {
      tape = next;
    },
    session,
    client,
    enginePid: engine.pid,
    root: server.root,
    async nothingLeft() {
      await holds('nothing to be left', async () => {
        const pid = engine.pid();
        const isAlone = pid === undefined || !existsSync(`/proc/${pid}`);
        const folders = await readdir(join(projectsDir, 'instances'));
        return isAlone && folders.length === 0 && simulation.sessionCount() === 0 && simulation.held().size === 0;
      });
    },
    normalized: (text) =>
      [...shown]
        .reduce((result, [found, instead]) => result.replaceAll(found, instead), text)
        .replaceAll(/\/stream\/[0-9a-f]{32}/g, '/stream/secret')
        .replaceAll(/\b[0-9a-f]{32}\b/g, 'session 1'),
    [Symbol.asyncDispose]: () => closeAll(closers),
  };
}

/** A port that is free, and the next one, which the engine gets. @throws Error if there is none */
async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < PORT_STEPS; attempt++) {
    const port = FIRST_PORT + ((process.pid + attempt) % PORT_STEPS) * PORT_STEP;
    const pool = createPortPool(port, 2);
    try {
      await pool.take();
      await pool.take();
      return port;
    } catch {
      // Somebody listens on one of them.
    }
  }
  throw new Error('Expected two ports in a row to be free, found none');
}
