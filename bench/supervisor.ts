/** What children of a supervisor cost, as ratios: many against few, and against XState's own `spawnChild`. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createActor, createMachine, SimulatedClock, spawnChild, stopChild as stopSpawned } from 'xstate';
import { child, getChild, type SupervisorRef, startChild, stopChild, supervisor } from '../machines/supervisor.ts';
import { createRootActor } from '../machines/timer-index.ts';
import { type Figure, printFigures } from './report.ts';

/** Children among which spawning and ending are measured, and as many as the first ones that they are compared to. */
const MANY = 10_000;
const FEW = 100;

/** Each figure is the best of so many runs, so that a busy machine counts as little as it can. */
const ROUNDS = 7;

/** Spawns and stops after which the heap has to be as it was. */
const CHURN = 100_000;

const worker = createMachine({
  initial: 'on',
  states: { on: { on: { stop: 'off', crash: { actions: crash } } }, off: { type: 'final' } },
});
const waiting = createMachine({
  initial: 'on',
  states: { on: { after: { 600000: 'off' }, on: { stop: 'off' } }, off: { type: 'final' } },
});

/** Parents of many children, by name of the child. */
interface Parent {
  spawn(id: string): void;
  end(id: string): void;
  restart(id: string): void;
}

function crash(): never {
  throw new Error('crashed');
}

function supervised(src = worker, isIndexed = true): Parent {
  const options = { clock: new SimulatedClock() };
  const logic = supervisor({ intensity: Infinity, backoff: { initial: 1 } });
  const ref: SupervisorRef = isIndexed ? createRootActor(logic, options) : createActor(logic, options);
  ref.start();
  return {
    spawn: (id) => ref.send({ type: 'supervisor.startChild', spec: child({ id, src }) }),
    end: (id) => {
      ref.send({ type: 'supervisor.stopChild', id });
      ref.send({ type: 'supervisor.deleteChild', id });
    },
    restart: (id) => {
      getChild(ref, id)?.send({ type: 'crash' });
      options.clock.increment(1);
    },
  };
}

function spawned(): Parent {
  type Order = { readonly type: 'spawn' | 'end'; readonly id: string };
  const machine = createMachine({
    types: {} as { events: Order },
    on: {
      spawn: { actions: spawnChild(worker, { id: ({ event }: { event: Order }) => event.id }) },
      end: { actions: stopSpawned(({ event }: { event: Order }) => event.id) },
    },
  });
  const actor = createActor(machine).start();
  return {
    spawn: (id) => actor.send({ type: 'spawn', id }),
    end: (id) => actor.send({ type: 'end', id }),
    restart: () => {},
  };
}

type Cost = Record<keyof Parent, number>;

/** Microseconds for each of `FEW` children beside `siblings` others. */
function costBeside(siblings: number, createParent: () => Parent): Cost {
  const parent = createParent();
  for (let index = 0; index < siblings; index++) parent.spawn(`sibling${index}`);
  const best: Cost = { spawn: Infinity, end: Infinity, restart: Infinity };
  for (let round = 0; round < ROUNDS; round++) {
    for (const step of ['spawn', 'restart', 'end'] as const) {
      const begin = performance.now();
      for (let index = 0; index < FEW; index++) parent[step](`child${index}`);
      best[step] = Math.min(best[step], ((performance.now() - begin) * 1_000) / FEW);
    }
  }
  return best;
}

function ratio(
  name: string,
  [value, what]: [number, string],
  [base, whatBase]: [number, string],
  limit: number,
): Figure {
  const detail = `${value.toFixed(1)} µs ${what}, ${base.toFixed(1)} µs ${whatBase}`;
  return { name, value: value / base, limit, unit: '×', detail };
}

function againstItself(): Figure[] {
  // The first runs are slower, whoever comes first: the engine has not compiled them yet.
  costBeside(MANY, supervised);
  const few = costBeside(0, supervised);
  const many = costBeside(MANY, supervised);
  const figure = (step: keyof Parent, name: string) =>
    ratio(name, [many[step], `beside ${MANY} siblings`], [few[step], 'among the first hundred'], 2);
  return [
    figure('spawn', 'spawn of the 10,000th child'),
    figure('end', 'graceful end among 10,000 children'),
    figure('restart', 'crash and restart among 10,000 children'),
  ];
}

function againstSpawnChild(): Figure[] {
  costBeside(FEW, spawned);
  const figures = [FEW, 1_000, MANY].map((siblings) => {
    const [ours, theirs] = [costBeside(siblings, supervised), costBeside(siblings, spawned)];
    return ratio(`spawn beside ${siblings} against spawnChild`, [ours.spawn, 'here'], [theirs.spawn, 'there'], 1);
  });
  return figures;
}

function timers(): Figure {
  const indexed = costBeside(MANY, () => supervised(waiting));
  const plain = costBeside(MANY, () => supervised(waiting, false));
  const name = 'end among 10,000 timers against createActor';
  return ratio(name, [indexed.end, 'with createRootActor'], [plain.end, 'with createActor'], 0.5);
}

async function heap(): Promise<Figure> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const ref: SupervisorRef = createRootActor(supervisor({}), { clock: new SimulatedClock() });
  ref.start();
  const churn = async (count: number) => {
    for (let index = 0; index < count; index++) {
      const id = `child${index}`;
      await startChild(ref, child({ id, src: worker, restart: 'temporary' }));
      await stopChild(ref, id);
    }
    collect();
    return process.memoryUsage().heapUsed;
  };
  const before = await churn(CHURN / 10);
  const after = await churn(CHURN);
  const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const detail = `${megabytes(after)} after ${CHURN} spawns and ends, ${megabytes(before)} before`;
  return { name: 'heap after a hundred thousand children', value: after / before, limit: 1.1, unit: '×', detail };
}

process.exitCode = printFigures([...againstItself(), ...againstSpawnChild(), timers(), await heap()]) ? 0 : 1;
