import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { startProgram } from './program.ts';
import { type Figure, median, quantile, timed } from './report.ts';
import { bareStart, startClient, startRepository, startSimulation, WORLD } from './sessions.ts';

const CLIENTS = 10;
const GIT_DELAY = 1_000;
/** Runs of the ten clients. */
const RUNS = 5;

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
  const git = await startRepository(GIT_DELAY);
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

async function atOnce(work: () => Promise<unknown>): Promise<void> {
  await Promise.all(Array.from({ length: CLIENTS }, work));
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
