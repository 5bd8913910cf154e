import { describe, expect, it } from 'vitest';
import { createActor, fromCallback, fromPromise, type PromiseActorLogic, SimulatedClock, waitFor } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import {
  GRANT_SLOTS,
  type ServerFact,
  SIMULATION_SERVER_TIMINGS,
  type SimulationServerInput,
  simulationServerMachine,
} from '../../machines/simulation-server.ts';

const input = { entry: 'localhost:2000', loadThreshold: 95, grantLoad: 5 };
const { pollInterval, probeTimeout, grantTime, leaseTime } = SIMULATION_SERVER_TIMINGS;

describe('simulationServer machine', () => {
  it.each([
    { load: 0, state: 'available' },
    { load: 94.9, state: 'available' },
    { load: 95, state: 'overloaded' },
    { load: 1e6, state: 'overloaded' },
  ] as const)('takes a server with a load of $load for $state', async ({ load, state }) => {
    const server = startMachine();

    await server.answer(load);

    expect(server.health()).toBe(state);
    expect(server.facts).toEqual([
      { type: 'load.measured', load },
      { type: 'server.changed', state },
    ]);
  });

  it('takes a server whose probe fails for unreachable', async () => {
    const server = startMachine();

    await server.fail();

    expect(server.health()).toBe('unreachable');
    expect(server.facts).toEqual([
      { type: 'load.missing', problem: 'connection refused' },
      { type: 'server.changed', state: 'unreachable' },
    ]);
  });

  it('takes a server whose probe throws before it asks for unreachable', async () => {
    const probe = fromPromise<number, { entry: string }>(() => {
      throw new Error('Invalid URL');
    });
    const actor = createActor(provided(probe, []), { clock: new SimulatedClock(), input }).start();

    await waitFor(actor, (snapshot) => snapshot.matches({ watched: { polling: 'resting', health: 'unreachable' } }));
  });

  it('gives up on a probe after probeTimeout and aborts it', () => {
    const server = startMachine();

    server.clock.increment(probeTimeout - 1);
    expect([server.health(), server.aborted()]).toEqual(['probing', [false]]);

    server.clock.increment(1);
    expect([server.health(), server.aborted()]).toEqual(['unreachable', [true]]);
    expect(server.facts).toContainEqual({ type: 'load.missing', problem: 'no answer within 5000 ms' });
  });

  it('asks again pollInterval after each probe ended, however it ended', async () => {
    const server = startMachine();

    await server.answer(1);
    server.clock.increment(pollInterval - 1);
    expect(server.aborted()).toHaveLength(1);
    server.clock.increment(1);
    expect(server.aborted()).toHaveLength(2);

    await server.fail();
    server.clock.increment(pollInterval);
    expect(server.aborted()).toHaveLength(3);

    server.clock.increment(probeTimeout);
    server.clock.increment(pollInterval);
    expect(server.aborted()).toHaveLength(4);
  });

  it('tells every load, and a state only when it changes', async () => {
    const server = startMachine();

    for (const load of [10, 20, 96, 97, undefined, undefined, 99, 30, undefined, 1]) {
      await (load === undefined ? server.fail() : server.answer(load));
      server.clock.increment(pollInterval);
    }

    expect(server.facts.filter(({ type }) => type.startsWith('load.'))).toHaveLength(10);
    expect(server.facts.flatMap((fact) => (fact.type === 'server.changed' ? [fact.state] : []))).toEqual([
      'available',
      'overloaded',
      'unreachable',
      'overloaded',
      'available',
      'unreachable',
      'available',
    ]);
  });

  it('counts each grant as grantLoad, and forgets it when grantTime is over', () => {
    const server = startMachine();

    server.grant();
    expect(server.reserved()).toBe(5);
    server.grant();
    expect(server.reserved()).toBe(10);
    server.passSlots(GRANT_SLOTS / 2);
    server.grant();
    expect(server.reserved()).toBe(15);

    server.passSlots(GRANT_SLOTS / 2 - 1);
    expect(server.reserved()).toBe(15);
    server.passSlots(1);
    expect(server.reserved()).toBe(5);
    server.passSlots(GRANT_SLOTS / 2);
    expect(server.reserved()).toBe(0);
  });

  it('takes other figures: the load of grants at once, the threshold from the next answer on', async () => {
    const server = startMachine();
    server.grant();
    await server.answer(90);
    expect([server.reserved(), server.health()]).toEqual([5, 'available']);

    server.actor.send({ type: 'configure', loadThreshold: 50, grantLoad: 7, grantTime: 10 * grantTime });
    expect([server.reserved(), server.health()]).toEqual([7, 'available']);

    server.clock.increment(pollInterval);
    await server.answer(90);
    expect(server.health()).toBe('overloaded');
    server.grant();
    server.clock.increment(grantTime);
    expect(server.reserved()).toBe(14);
  });

  it('keeps one timer for any number of grants', () => {
    const server = startMachine();
    const before = server.timers();

    for (let count = 0; count < 1_000; count++) server.grant();

    expect(server.reserved()).toBe(5_000);
    expect(server.timers()).toBe(before + 1);
    server.passSlots(GRANT_SLOTS);
    expect([server.reserved(), server.timers()]).toEqual([0, before]);
  });

  it('does not let grants change what the server is taken for', async () => {
    const server = startMachine();
    await server.answer(90);

    for (let count = 0; count < 20; count++) server.grant();
    server.clock.increment(pollInterval);
    await server.answer(94);

    expect([server.health(), server.reserved()]).toEqual(['available', 100]);
  });

  it.each([
    { load: 10, state: 'available' },
    { load: 99, state: 'overloaded' },
  ] as const)(
    'takes a server that says so for draining, whatever its load, and then for $state again',
    async ({ load, state }) => {
      const server = startMachine();
      await server.answer(load);

      server.actor.send({ type: 'intake.closed' });
      server.clock.increment(pollInterval);
      await server.answer(load);
      expect(server.health()).toBe('draining');

      server.actor.send({ type: 'intake.opened' });
      expect(server.health()).toBe(state);
      expect(server.facts.flatMap((fact) => (fact.type === 'server.changed' ? [fact.state] : []))).toEqual([
        state,
        'draining',
        state,
      ]);
    },
  );

  it('takes a draining server that answers no more for unreachable, and for draining again when it says so', async () => {
    const server = startMachine();
    await server.answer(10);
    server.actor.send({ type: 'intake.closed' });
    server.clock.increment(pollInterval);

    await server.fail();
    expect(server.health()).toBe('unreachable');
    server.clock.increment(pollInterval);
    await server.answer(100);
    server.actor.send({ type: 'intake.closed' });
    expect(server.health()).toBe('draining');
  });

  it('forgets a server that has joined when it does not say so again within leaseTime', () => {
    const server = startMachine({ isLeased: true });

    server.clock.increment(leaseTime - 1);
    server.actor.send({ type: 'lease.renewed' });
    server.clock.increment(leaseTime - 1);
    expect(server.actor.getSnapshot().status).toBe('active');

    server.clock.increment(1);
    expect([server.actor.getSnapshot().status, server.timers()]).toEqual(['done', 0]);
    expect(server.facts.at(-1)).toEqual({ type: 'lease.ended' });
  });

  it('never forgets a server that the configuration names, whether it joins as well or not', () => {
    const server = startMachine();

    server.actor.send({ type: 'lease.renewed' });
    server.clock.increment(2 * leaseTime);

    expect(server.actor.getSnapshot().status).toBe('active');
  });

  it('ends when told to stop, and aborts the probe that is on its way', () => {
    const server = startMachine();

    server.actor.send({ type: 'stop' });

    expect([server.actor.getSnapshot().status, server.aborted(), server.timers()]).toEqual(['done', [true], 0]);
  });

  it('can reach every declared state', () => {
    const pathsOf = (isLeased: boolean) =>
      getShortestPaths(simulationServerMachine, {
        input: { ...input, isLeased },
        serializeState: ({ value }) => JSON.stringify(value),
        events: [
          { type: 'load.measured', load: 1 },
          { type: 'load.measured', load: 99 },
          { type: 'load.missing', problem: '' },
          { type: 'grant' },
          { type: 'configure', loadThreshold: 50, grantLoad: 7, grantTime },
          { type: 'intake.closed' },
          { type: 'stop' },
          { type: 'xstate.after.probeTimeout.simulationServer.watched.polling.asking' } as never,
          { type: 'xstate.after.pollInterval.simulationServer.watched.polling.resting' } as never,
          { type: 'xstate.after.grantSlot.simulationServer.watched.reserve.held' } as never,
        ],
      });
    const reached = [...pathsOf(false), ...pathsOf(true)].flatMap(({ state }) => leavesOf(state.value));

    const { watched } = simulationServerMachine.states;
    const declared = Object.values(watched!.states).flatMap((region) => Object.keys(region.states));

    expect([...new Set(reached)].sort()).toEqual([...declared, 'gone'].sort());
  });
});

function provided(probe: PromiseActorLogic<number, { entry: string }>, facts: ServerFact[]) {
  const listener = fromCallback<ServerFact, { entry: string }>(({ receive }) => {
    receive((fact) => facts.push(fact));
  });
  return simulationServerMachine.provide({ actors: { probe, listener } });
}

/** The names of the innermost states in a state value. */
function leavesOf(value: unknown): string[] {
  return typeof value === 'string' ? [value] : Object.values(value as object).flatMap(leavesOf);
}

function startMachine(changes: Partial<SimulationServerInput> = {}) {
  const clock = new SimulatedClock();
  const facts: ServerFact[] = [];
  const probes: { signal: AbortSignal; resolve: (load: number) => void; reject: (error: Error) => void }[] = [];
  const probe = fromPromise<number, { entry: string }>(
    ({ signal }) => new Promise((resolve, reject) => probes.push({ signal, resolve, reject })),
  );
  const actor = createActor(provided(probe, facts), { clock, input: { ...input, ...changes } }).start();
  const isResting = () => waitFor(actor, (snapshot) => snapshot.matches({ watched: { polling: 'resting' } }));

  return {
    actor,
    clock,
    facts,
    health: () => (actor.getSnapshot().value as { watched: { health: string } }).watched.health,
    /** For each probe so far, whether it was aborted. */
    aborted: () => probes.map(({ signal }) => signal.aborted),
    reserved: () => facts.findLast((fact) => fact.type === 'reserve.changed')?.reserved ?? 0,
    timers: () => Object.keys(actor.system.getSnapshot()._scheduledEvents).length,
    grant: () => actor.send({ type: 'grant' }),
    async answer(load: number) {
      probes.at(-1)?.resolve(load);
      await isResting();
    },
    async fail() {
      probes.at(-1)?.reject(new Error('connection refused'));
      await isResting();
    },
    /** One by one, because a `SimulatedClock` fires a repeated timer once a step. */
    passSlots(count: number) {
      for (let slot = 0; slot < count; slot++) clock.increment(grantTime / GRANT_SLOTS);
    },
  };
}
