import { describe, expect, it } from 'vitest';
import { getShortestPaths } from 'xstate/graph';
import type { End } from '../../machines/end-reason.ts';
import { webotsProcessMachine } from '../../machines/webots-process.ts';
import { ENGINE_TEST_TIMINGS, exit, launch, startMachine, startReadyMachine } from '../fixtures/engine-machine.ts';

const PAUSED = { alive: { ready: { simulation: 'paused', heartbeat: 'responsive' } } };
const RUNNING = { alive: { ready: { simulation: 'running', heartbeat: 'responsive' } } };

describe('webotsProcess machine', () => {
  it('announces the port once the engine is ready and holds it', async () => {
    const { actor, program, emitted, portCheck } = startMachine();

    program.report({ type: 'program.spawned', pid: 7 });
    program.report({ type: 'program.ready' });
    await portCheck.answer(undefined);

    expect(actor.getSnapshot().value).toEqual(PAUSED);
    expect(emitted).toEqual([{ type: 'engine.spawned' }, { type: 'engine.ready', port: 2001 }]);
  });

  it('stops an engine that listens elsewhere, and says so', async () => {
    const { actor, program, portCheck, reaper } = startMachine();
    const misplaced: End = { reason: 'engineMisplaced', text: 'found port 2002' };

    program.report({ type: 'program.spawned', pid: 7 });
    program.report({ type: 'program.ready' });
    await portCheck.answer(misplaced);
    expect(program.signals).toEqual(['SIGTERM']);
    program.report(exit(0));
    await reaper.answer();

    expect(actor.getSnapshot().output).toEqual({ ...misplaced, exitCode: 0, signal: null, reaped: true });
  });

  it('follows the simulation between paused and running, and relays heartbeats', async () => {
    const { actor, program, emitted, portCheck } = startMachine();
    program.report({ type: 'program.spawned', pid: 7 });
    program.report({ type: 'program.ready' });
    await portCheck.answer(undefined);
    emitted.length = 0;

    program.report({ type: 'program.stateChanged', state: 'running' });
    program.report({ type: 'program.stateChanged', state: 'running' });
    program.report({ type: 'program.beat' });
    expect(actor.getSnapshot().value).toEqual(RUNNING);
    program.report({ type: 'program.stateChanged', state: 'paused' });

    expect(emitted).toEqual([
      { type: 'engine.stateChanged', state: 'running' },
      { type: 'engine.beat' },
      { type: 'engine.stateChanged', state: 'paused' },
    ]);
  });

  it('is unresponsive after two missed heartbeats, says so once, and ends nothing yet', async () => {
    const { actor, clock, program, emitted } = await startReadyMachine();

    clock.increment(199);
    expect(actor.getSnapshot().value).toEqual(PAUSED);
    clock.increment(1);
    expect(actor.getSnapshot().matches({ alive: { ready: { heartbeat: 'unresponsive' } } })).toBe(true);
    clock.increment(399);

    expect(emitted).toEqual([{ type: 'engine.unresponsive' }]);
    expect(program.signals).toEqual([]);
  });

  it('stays responsive while each heartbeat comes before two are missed', async () => {
    const { actor, clock, program, emitted } = await startReadyMachine();

    for (let beat = 0; beat < 10; beat++) {
      clock.increment(199);
      program.report({ type: 'program.beat' });
    }

    expect(actor.getSnapshot().value).toEqual(PAUSED);
    expect(emitted).toEqual(Array(10).fill({ type: 'engine.beat' }));
  });

  it.each(['paused', 'running'] as const)('is responsive again at the next heartbeat, and still %s', async (state) => {
    const { actor, clock, program, emitted } = await startReadyMachine();
    program.report({ type: 'program.stateChanged', state });
    emitted.length = 0;
    clock.increment(599);

    program.report({ type: 'program.beat' });

    expect(actor.getSnapshot().value).toEqual(state === 'paused' ? PAUSED : RUNNING);
    expect(emitted).toEqual(['engine.unresponsive', 'engine.responsive', 'engine.beat'].map((type) => ({ type })));
    // All patience begins anew.
    clock.increment(599);
    expect(program.signals).toEqual([]);
  });

  it('follows the simulation between paused and running while it is unresponsive', async () => {
    const { actor, clock, program } = await startReadyMachine();
    clock.increment(200);

    program.report({ type: 'program.stateChanged', state: 'running' });

    expect(actor.getSnapshot().value).toEqual({
      alive: { ready: { simulation: 'running', heartbeat: 'unresponsive' } },
    });
  });

  it.each(['paused', 'running'] as const)('ends a %s engine that was silent for heartbeatTimeout', async (state) => {
    const { actor, clock, program, reaper } = await startReadyMachine();
    program.report({ type: 'program.stateChanged', state });

    clock.increment(200);
    clock.increment(399);
    expect(program.signals).toEqual([]);
    clock.increment(1);
    expect(program.signals).toEqual(['SIGTERM']);
    program.report({ type: 'program.beat' });
    clock.increment(100);
    expect(program.signals).toEqual(['SIGTERM', 'SIGKILL']);
    program.report(exit(null, 'SIGKILL'));
    await reaper.answer();

    expect(actor.getSnapshot().output).toEqual({
      reason: 'engineUnresponsive',
      text: 'The simulation did not respond for 0.6 seconds.',
      exitCode: null,
      signal: 'SIGKILL',
      reaped: true,
    });
  });

  it('ends no engine whose heartbeats are unread because the server itself stood still', async () => {
    const { actor, clock, program } = await startReadyMachine();

    clock.increment(3_600_000);
    program.report({ type: 'program.beat' });

    expect(program.signals).toEqual([]);
    expect(actor.getSnapshot().value).toEqual(PAUSED);
  });

  it('waits for no heartbeat before the engine is ready', () => {
    const { actor, clock, program } = startMachine();
    program.report({ type: 'program.spawned', pid: 7 });

    clock.increment(999);

    expect(actor.getSnapshot().value).toEqual({ alive: { launched: 'loading' } });
  });

  it('sends SIGTERM on stop, and SIGKILL only after killGrace', () => {
    const { actor, clock, program } = startMachine();
    program.report({ type: 'program.spawned', pid: 7 });

    actor.send({ type: 'stop' });
    clock.increment(99);
    expect(program.signals).toEqual(['SIGTERM']);

    clock.increment(1);
    expect(program.signals).toEqual(['SIGTERM', 'SIGKILL']);
  });

  it('does not put off SIGKILL when told to stop twice', () => {
    const { actor, clock, program } = startMachine();
    program.report({ type: 'program.spawned', pid: 7 });

    actor.send({ type: 'stop' });
    clock.increment(99);
    actor.send({ type: 'stop' });
    clock.increment(1);

    expect(program.signals).toEqual(['SIGTERM', 'SIGKILL']);
  });

  it('does not put off giving up when told to stop after SIGKILL', () => {
    const { actor, clock, program } = startMachine();
    program.report({ type: 'program.spawned', pid: 7 });
    actor.send({ type: 'stop' });
    clock.increment(100);

    clock.increment(49);
    actor.send({ type: 'stop' });
    clock.increment(1);

    expect(program.signals).toEqual(['SIGTERM', 'SIGKILL']);
    expect(actor.getSnapshot().value).toBe('reaping');
  });

  it('gives up on an engine that is not ready within startTimeout', async () => {
    const { actor, clock, program, reaper } = startMachine();
    program.report({ type: 'program.spawned', pid: 7 });

    clock.increment(1_000);
    program.report(exit(null, 'SIGTERM'));
    await reaper.answer();

    expect(actor.getSnapshot().output).toMatchObject({ reason: 'engineTimedOut', signal: 'SIGTERM', reaped: true });
  });

  it.each([
    ['a crash, if it has an exit code', true, exit(3), 'engineCrashed'],
    ['a crash, if a signal ended it', true, exit(null, 'SIGSEGV'), 'engineCrashed'],
    ['an exit, if its exit code is 0', true, exit(0), 'engineExited'],
    ['a failed start, if it was never spawned', false, exit(null), 'engineNotStarted'],
  ])('calls an end that nobody asked for %s', async (_, isSpawned, event, reason) => {
    const { actor, program, reaper } = startMachine();
    if (isSpawned) program.report({ type: 'program.spawned', pid: 7 });

    program.report(event);
    await reaper.answer();

    expect(actor.getSnapshot().output).toMatchObject({ reason, text: 'how it ended' });
  });

  it('is gone only when nothing of the engine is left', async () => {
    const { actor, program, reaper } = startMachine();
    program.report({ type: 'program.spawned', pid: 7 });
    program.report(exit(0));
    expect(actor.getSnapshot().value).toBe('reaping');

    await reaper.answer();

    expect(actor.getSnapshot().status).toBe('done');
  });

  it('says that processes may be left when the system does not end them', () => {
    const { actor, clock, program } = startMachine();
    program.report({ type: 'program.spawned', pid: 7 });
    actor.send({ type: 'stop' });

    clock.increment(100);
    clock.increment(50);
    clock.increment(50);

    expect(actor.getSnapshot().output).toMatchObject({ reaped: false, exitCode: null });
  });

  it('can reach every declared state', () => {
    const paths = getShortestPaths(webotsProcessMachine, {
      input: { launch, timings: ENGINE_TEST_TIMINGS },
      serializeState: ({ value }) => JSON.stringify(value),
      events: [
        { type: 'stop' },
        { type: 'program.spawned', pid: 7 },
        { type: 'program.ready' },
        { type: 'program.stateChanged', state: 'running' },
        { type: 'xstate.done.actor.portCheck', output: undefined } as never,
        { type: 'xstate.done.actor.reaper', output: undefined } as never,
        { type: 'program.beat' },
        { type: 'xstate.after.missedBeats.webotsProcess.alive.ready.heartbeat.responsive' } as never,
        { type: 'xstate.after.killGrace.webotsProcess.alive.stopping' } as never,
        exit(0),
      ],
    });

    expect(new Set(paths.map(({ state }) => JSON.stringify(state.value)))).toEqual(
      new Set([
        '{"alive":{"launched":"starting"}}',
        '{"alive":{"launched":"loading"}}',
        '{"alive":{"launched":"verifying"}}',
        ...['paused', 'running'].flatMap((simulation) =>
          ['responsive', 'unresponsive'].map((heartbeat) =>
            JSON.stringify({ alive: { ready: { simulation, heartbeat } } }),
          ),
        ),
        '{"alive":"stopping"}',
        '{"alive":"killing"}',
        '"reaping"',
        '"gone"',
      ]),
    );
  });
});
