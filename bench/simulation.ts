import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { sessionProcesses } from '../src/reaper/process-table.ts';
import { startGitServer } from '../test/fixtures/git-server.ts';
import { fakeWebotsCommand, freePort, isListening, type Program, startProgram } from './program.ts';
import { type Figure, median, quantile, timed } from './report.ts';

const CLIENTS = 10;
const GIT_DELAY = 1_000;
const REPETITIONS = 31;

/** Runs of the ten clients. */
const RUNS = 5;

const WORLD = 'https://github.com/bench/small/blob/main/worlds/w.wbt';
const FILES = { 'worlds/w.wbt': '#VRML_SIM R2025a utf8\n' };

/** How long the requests of one run took, in ms, and the two ways to ten streams. */
interface Run {
  readonly bare: number;
  readonly ours: number;
  readonly plain: readonly number[];
  readonly load: readonly number[];
  readonly session: readonly number[];
}

/**
 * Ten clients at once with a git server that takes 1 s, against bare git and
 * the same engine, ten at once; and what requests of others take meanwhile.
 *
 * The percentiles are those of all requests of `RUNS` runs, each with servers
 * of its own.
 *
 * @param isWarm whether the server has served one client before; a cold one has yet to compile what it runs
 */
export async function tenClients(isWarm: boolean): Promise<Figure[]> {
  const runs: Run[] = [];
  for (let run = 0; run < RUNS; run++) runs.push(await runTenClients(isWarm));
  const [bare, ours] = [median(runs.map((run) => run.bare)), median(runs.map((run) => run.ours))];
  const plain = runs.flatMap((run) => run.plain);
  const warmth = isWarm ? 'warm' : 'cold';
  const beside = (path: string, times: readonly number[]): Figure => ({
    name: `${path} meanwhile (${warmth}), 99th percentile against bare node:http`,
    value: quantile(times, 0.99) / quantile(plain, 0.99),
    limit: 2,
    unit: '×',
    detail: `${inWords(times)} against ${inWords(plain)}`,
  });
  return [
    {
      name: `ten clients at once, git server of 1 s (${warmth}): last one streams`,
      value: ours / bare,
      limit: 1.25,
      unit: '×',
      detail: `${ours.toFixed(0)} ms against ${bare.toFixed(0)} ms of bare git and the same engine, ten at once; medians of ${RUNS} runs`,
    },
    beside(
      '/load',
      runs.flatMap((run) => run.load),
    ),
    beside(
      '/session',
      runs.flatMap((run) => run.session),
    ),
  ];
}

async function runTenClients(isWarm: boolean): Promise<Run> {
  const git = await startGitServer({ cloneDelay: GIT_DELAY });
  await git.addRepository('bench/small', [{ branch: 'main', files: FILES }]);
  await using server = await startSimulation(git.url);
  await using session = await startProgram('session', { simulationServers: [server.url.replace('http://', '')] });
  if (isWarm) await startClient(server);
  const bare = await timed(() => atOnce(() => bareStart(`${git.url}/bench/small`)));
  const bareHttp = await startBareHttp();
  const urls = [`${server.url}/load`, `${session.url}/session?url=${WORLD}`, bareHttp.url];
  // On connections that are open already, as those of session servers and browsers are.
  for (const url of urls) await fetch(url);
  const asking = urls.map(latencies);
  const ours = await timed(() => atOnce(() => startClient(server)));
  const [load = [], sessions = [], plain = []] = await Promise.all(asking.map((each) => each.stop()));
  bareHttp.close();
  await git.close();
  return { bare: bare.ms, ours: ours.ms, plain, load, session: sessions };
}

function inWords(times: readonly number[]): string {
  const [p99, middle] = [quantile(times, 0.99), median(times)];
  return `${p99.toFixed(2)} ms (${times.length} requests, median ${middle.toFixed(2)})`;
}

/** Start and end of one session: what the server adds to git and the engine. */
export async function oneClient(): Promise<Figure[]> {
  const git = await startGitServer();
  await git.addRepository('bench/small', [{ branch: 'main', files: FILES }]);
  await using server = await startSimulation(git.url);
  const added: number[] = [];
  const bareTimes: number[] = [];
  const endings: number[] = [];
  const engineEndings: number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const bare = await timed(() => bareStart(`${git.url}/bench/small`));
    const ours = await timed(() => openClient(server));
    bareTimes.push(bare.ms);
    added.push(ours.ms - bare.ms);
    engineEndings.push(await bareEnd());
    endings.push(await endClient(server, ours.result));
  }
  await git.close();
  const ownEnd = median(engineEndings);
  return [
    {
      name: 'start to `webots:` beyond git and the engine, median',
      value: median(added),
      limit: 50,
      unit: 'ms',
      detail: `beside ${median(bareTimes).toFixed(0)} ms of bare git and the engine's own start; ${REPETITIONS} runs, worst ${Math.max(...added).toFixed(0)} ms`,
    },
    {
      name: "close of the socket to all gone beyond the engine's own exit, median",
      value: median(endings) - ownEnd,
      limit: 15,
      unit: 'ms',
      detail: `${median(endings).toFixed(1)} ms in all, the engine's own exit ${ownEnd.toFixed(1)} ms; ${REPETITIONS} runs`,
    },
  ];
}

function startSimulation(gitUrl: string): Promise<Program> {
  return startProgram('simulation', {
    allowedRepositories: ['https://github.com/bench'],
    mirrors: { 'https://github.com': gitUrl },
    engine: 'webots',
  });
}

async function atOnce(work: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: CLIENTS }, work));
}

interface Client {
  readonly socket: WebSocket;
  readonly port: number;
}

function openClient(server: Program): Promise<Client> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/client`);
  return new Promise((resolve, reject) => {
    socket.on('open', () => socket.send(JSON.stringify({ start: { url: WORLD } })));
    socket.on('error', reject);
    socket.on('message', (data) => {
      const text = String(data);
      if (text.startsWith('error:')) reject(new Error(text));
      if (text.startsWith('webots:')) resolve({ socket, port: Number(text.slice(text.lastIndexOf(':') + 1)) });
    });
  });
}

async function startClient(server: Program): Promise<void> {
  const { socket } = await openClient(server);
  socket.close();
}

/** Time in ms from the close of the socket until port, folder and processes are gone. */
async function endClient(server: Program, { socket, port }: Client): Promise<number> {
  const instances = join(server.folder, 'projects/instances');
  const [id] = await readdir(instances);
  const watcher = watch(instances);
  // The folder is the last to go; that the rest went before it is checked, not assumed.
  const gone = new Promise<void>((resolve) => {
    watcher.on('change', async () => {
      if ((await readdir(instances)).length === 0) resolve();
    });
  });
  const begin = performance.now();
  socket.close();
  await gone;
  const ms = performance.now() - begin;
  watcher.close();
  if ((await sessionProcesses({ session: id!, groups: new Set(), since: 0 })).length > 0)
    throw new Error('Processes are left');
  if (await isListening(port)) throw new Error(`Port ${port} is still open`);
  return ms;
}

/** The commands that a person would type, and the engine until its first heartbeat. */
async function bareStart(url: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-git-'));
  const work = join(folder, 'w');
  await run('git', ['clone', '-q', '--depth=1', '--filter=blob:none', '--branch=main', url, work]);
  const [program, args] = fakeWebotsCommand(await freePort());
  const engine = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(engine.stdout, 'data');
  engine.kill();
  await once(engine, 'exit');
  await rm(folder, { recursive: true });
}

/** Time in ms from SIGTERM to the exit of the engine alone. */
async function bareEnd(): Promise<number> {
  const [program, args] = fakeWebotsCommand(await freePort());
  const engine = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  await once(engine.stdout, 'data');
  const { ms } = await timed(async () => {
    engine.kill();
    await once(engine, 'exit');
  });
  return ms;
}

async function run(program: string, args: readonly string[]): Promise<void> {
  const [code] = await once(spawn(program, args, { stdio: 'ignore' }), 'exit');
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
}

async function startBareHttp() {
  // In a process of its own, as the server is.
  const code = `require('node:http').createServer((q, r) => r.end('12.5')).listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout, 'data');
  return { url: `http://127.0.0.1:${Number(String(port))}`, close: () => child.kill() };
}

/** Asks every 5 ms, one request after the other, until stopped; @returns the times in ms */
function latencies(url: string) {
  const times: number[] = [];
  let isOver = false;
  const asking = (async () => {
    while (!isOver) {
      const { ms } = await timed(async () => (await fetch(url)).text());
      times.push(ms);
      await delay(5);
    }
  })();
  return {
    async stop() {
      isOver = true;
      await asking;
      return times;
    },
  };
}
