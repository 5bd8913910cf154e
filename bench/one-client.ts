import { once } from 'node:events';
import { watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { sessionProcesses } from '../src/reaper/process-table.ts';
import { isListening, type Program } from './program.ts';
import { type Figure, median, timed } from './report.ts';
import {
  bareEnd,
  bareStart,
  type Client,
  instancesOf,
  openClient,
  startRepository,
  startSimulation,
} from './sessions.ts';

const REPETITIONS = 31;

/** Start and end of one session: what the server adds to git and the engine. */
export async function oneClient(): Promise<Figure[]> {
  const git = await startRepository();
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

/** An engine that crashes: how soon its client is told why. */
export async function crashedEngine(): Promise<Figure[]> {
  const git = await startRepository();
  await using server = await startSimulation(git.url);
  const times: number[] = [];
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const { socket } = await openClient(server);
    const [session] = await readdir(instancesOf(server));
    const told = new Promise<void>((resolve) => {
      socket.on('message', (data) => {
        if (String(data).startsWith('error:')) resolve();
      });
    });
    const closed = once(socket, 'close');
    const [engine] = await sessionProcesses({ session: session!, groups: new Set(), since: 0 });
    const { ms } = await timed(async () => {
      process.kill(engine!, 'SIGKILL');
      await told;
    });
    times.push(ms);
    await closed;
  }
  await git.close();
  return [
    {
      name: 'an engine is killed: longest until its client is told why',
      value: Math.max(...times),
      limit: 1_000,
      unit: 'ms',
      detail: `${REPETITIONS} runs, median ${median(times).toFixed(1)} ms`,
    },
  ];
}

/** Time in ms from the close of the socket until port, folder and processes are gone. */
async function endClient(server: Program, { socket, port }: Client): Promise<number> {
  const instances = instancesOf(server);
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
