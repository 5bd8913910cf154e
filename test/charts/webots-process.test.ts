import { describe, expect, it, vi } from 'vitest';
import type { AnyMachineSnapshot, SnapshotFrom } from 'xstate';
import { webotsProcessMachine } from '../../machines/webots-process.ts';
import { exit, launch } from '../fixtures/engine-machine.ts';
import { fakeEngine } from '../fixtures/fake-engine.ts';
import { BOUND, startFaultyServer, WORLD } from '../fixtures/faulty-server.ts';
import { hasProc } from '../fixtures/process-traces.ts';
import { type ChartPath, type NamedEvents, shortestPaths } from './chart-paths.ts';
import { type MachineTrace, traceMachine } from './machine-trace.ts';

/** Wait in ms that a path is to see the end of: our choice, long enough for a stop of this process. */
const SHORT = 400;

/** Wait in ms that no path is to see the end of: our choice. */
const LONG = 120_000;

const after = (delay: string, state: string) => ({ type: `xstate.after.${delay}.webotsProcess.${state}` });
const answered = (actor: string, output?: unknown) => ({ type: `xstate.done.actor.${actor}`, output });
const misplaced = { reason: 'engineMisplaced', text: '' };

/** What may happen to an engine from outside of the machine, bugs of the program left out. */
function events({ context: { pid, end } }: AnyMachineSnapshot): NamedEvents {
  const exits = { 'engine crashes': exit(3), 'engine ends': exit(0) };
  const spawned = pid === undefined ? { 'engine cannot be started': exit(null) } : exits;
  return {
    'client leaves': { type: 'stop' },
    'engine is spawned': { type: 'program.spawned', pid: 7 },
    'engine is ready': { type: 'program.ready' },
    'engine has its port': answered('portCheck'),
    'engine has another port': answered('portCheck', misplaced),
    'simulation runs': { type: 'program.stateChanged', state: 'running' },
    'simulation pauses': { type: 'program.stateChanged', state: 'paused' },
    'engine beats': { type: 'program.beat' },
    'engine is silent': after('missedBeats', 'alive.ready.heartbeat.responsive'),
    'engine stays silent': after('lastPatience', 'alive.ready.heartbeat.unresponsive'),
    'engine is late': after('startTimeout', 'alive.launched'),
    ...(end ? { 'engine obeys': exit(0) } : spawned),
    'engine does not obey': after('killGrace', 'alive.stopping'),
    'system does not obey': after('killTimeout', 'alive.killing'),
    'nothing is left': answered('reaper'),
    'something is left': after('reapTimeout', 'reaping'),
  };
}

const PATHS = shortestPaths(webotsProcessMachine, { launch }, events);

/** All of them; where the chart changes, so must what is done here. */
const WALKED = [
  'engine cannot be started, nothing is left',
  'engine is late, engine does not obey',
  'engine is late, engine obeys, nothing is left',
  'client leaves, engine does not obey',
  'client leaves, engine obeys, nothing is left',
  'engine is spawned, engine crashes, nothing is left',
  'engine is spawned, engine ends, nothing is left',
  'engine is spawned, engine is ready, engine has another port, engine does not obey',
  'engine is spawned, engine is ready, engine has another port, engine obeys, nothing is left',
  'engine is spawned, engine is ready, engine has its port, simulation runs, engine is silent',
  'engine is spawned, engine is ready, engine has its port, engine is silent, engine stays silent, engine does not obey',
  'engine is spawned, engine is ready, engine has its port, engine is silent, engine stays silent, engine obeys, nothing is left',
];

it('names each shortest path of the webotsProcess chart', () => {
  expect(PATHS.map(({ name }) => name).sort()).toEqual([...WALKED].sort());
});

describe.skipIf(!hasProc)('an engine process goes as its chart says (needs /proc)', () => {
  it.each(WALKED)('when %s', async (name) => {
    const path = PATHS.find((found) => found.name === name)!;
    const trace = traceMachine('webotsProcess');
    await using server = await startServer(path, trace);
    const client = await server.connect();
    client.start(WORLD);

    await trace.walk(path, act);
    server.reaperGoesOn();
    client.socket.close();
    await server.allGone();

    function act(event: string): unknown {
      switch (event) {
        case 'client leaves':
          return client.socket.close();
        case 'engine is spawned':
        case 'engine cannot be started':
        case 'engine obeys':
          return server.reaperGoesOn();
        case 'engine is ready':
          return server.tellEngine('.\n');
        case 'simulation runs':
          return server.tellEngine('real-time\n');
        case 'engine crashes':
          return server.signalEngine('SIGSEGV');
        case 'engine ends':
          return server.signalEngine('SIGTERM');
        default:
          // Comes by itself, the waits after their time.
          return undefined;
      }
    }
  });
});

/** A server whose reaper stands still from the order for the engine until it is told to go on. */
async function startServer({ name }: ChartPath, trace: MachineTrace) {
  const isIn = (event: string) => name.split(', ').includes(event);
  const isMisplaced = isIn('engine has another port');
  const modes = [
    'silent',
    ...(isMisplaced ? ['misplaced'] : []),
    ...(isIn('engine does not obey') ? ['stubborn'] : []),
  ];
  const heartbeat = isIn('engine is silent') ? SHORT / 2 : LONG;
  const engine = fakeEngine(modes.join(','), heartbeat);
  const server = await startFaultyServer({
    engine: {
      ...engine,
      command(order) {
        process.kill(reaper(), 'SIGSTOP');
        const command = engine.command(order);
        return isIn('engine cannot be started') ? { ...command, program: '/nonexistent/engine' } : command;
      },
    },
    timings: {
      startTimeout: isIn('engine is late') ? SHORT : LONG,
      heartbeat,
      heartbeatTimeout: isIn('engine stays silent') ? 2 * SHORT : 4 * LONG,
      killGrace: isIn('engine does not obey') ? SHORT : LONG,
      killTimeout: LONG,
      leaveTimeout: LONG,
    },
    inspect: trace.inspect,
  });

  function reaper(): number {
    return Number(server.log.find(({ message }) => message === 'reaper runs')?.reaper);
  }

  /** Has the engine print a text, once it listens. */
  function tellEngine(text: string): Promise<void> {
    return vi.waitFor(() => server.say(text, server.port + (isMisplaced ? 2 : 1)), BOUND);
  }

  return {
    ...server,
    reaperGoesOn: () => process.kill(reaper(), 'SIGCONT'),
    tellEngine,
    /** Once it listens, and so knows what to do at SIGTERM. */
    async signalEngine(signal: NodeJS.Signals) {
      await tellEngine('');
      const { context } = trace.snapshot() as SnapshotFrom<typeof webotsProcessMachine>;
      process.kill(context.pid!, signal);
    },
    async [Symbol.asyncDispose]() {
      process.kill(reaper(), 'SIGCONT');
      await server[Symbol.asyncDispose]();
    },
  };
}
