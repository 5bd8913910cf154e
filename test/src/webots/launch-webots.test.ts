import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createActor, fromPromise } from 'xstate';
import { webotsProcessMachine } from '../../../machines/webots-process.ts';
import { WEBOTS_TIMINGS, type WebotsLaunch } from '../../../machines/webots-process-types.ts';
import { listeningPorts } from '../../../src/reaper/listening-ports.ts';
import { type SessionTraces, sessionProcesses } from '../../../src/reaper/process-table.ts';
import { reapProcesses } from '../../../src/reaper/reap-processes.ts';
import { spawnProgram } from '../../../src/reaper/spawn-program.ts';
import { createPortPool } from '../../../src/simulation/port-pool.ts';
import { checkPort } from '../../../src/webots/check-port.ts';
import type { Engine } from '../../../src/webots/engine.ts';
import { launchWebots } from '../../../src/webots/launch-webots.ts';
import { fakeEngine } from '../../fixtures/fake-engine.ts';

const ports = createPortPool(23_100, 100);
let folder: string;
let serial = 0;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'launch-webots-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('an engine process', () => {
  it('is ready at its first heartbeat, on its port, and is gone after stop', async () => {
    const engine = await startEngine(fakeEngine());
    await engine.ready();

    engine.actor.send({ type: 'stop' });

    expect(await engine.outcome()).toEqual({
      reason: 'clientLeft',
      text: '',
      exitCode: 0,
      signal: null,
      reaped: true,
      output: { stdout: '.\n', stderr: '' },
    });
    expect(await engine.processes()).toEqual([]);
  });

  it('is killed when it ignores SIGTERM', async () => {
    const engine = await startEngine(fakeEngine('stubborn'));
    await engine.ready();

    engine.actor.send({ type: 'stop' });

    expect(await engine.outcome()).toMatchObject({ signal: 'SIGKILL', reaped: true });
    expect(await engine.processes()).toEqual([]);
  });

  it('takes its children with it, also those in a session of their own that hold its output open', async () => {
    const engine = await startEngine(fakeEngine('family'));
    await engine.ready();
    expect(await engine.processes()).toHaveLength(3);

    engine.actor.send({ type: 'stop' });

    expect(await engine.outcome()).toMatchObject({ reaped: true });
    expect(await engine.processes()).toEqual([]);
  });

  it('that crashes tells its exit code and its last words, without paths of this machine', async () => {
    const engine = await startEngine(fakeEngine('crash'));

    expect(await engine.outcome()).toMatchObject({
      reason: 'engineCrashed',
      exitCode: 3,
      text: 'The simulation ended with exit code 3: cannot load the world | at secret.so line 3',
    });
  });

  it('that exits by itself with 0 is no crash', async () => {
    const engine = await startEngine(fakeEngine('exit'));

    expect(await engine.outcome()).toMatchObject({ reason: 'engineExited', exitCode: 0 });
  });

  it('that cannot be started says so', async () => {
    const engine = await startEngine({
      ...fakeEngine(),
      command: () => ({ program: join(folder, 'missing'), arguments: [], environment: {}, folder }),
    });

    expect(await engine.outcome()).toMatchObject({ reason: 'engineNotStarted', exitCode: null, signal: null });
  });

  it.each([
    ['the next port', 'misplaced', (port: number) => `found port ${port + 1}.`],
    ['no port', 'deaf', () => 'found none.'],
  ])('that listens on %s is ended, and says so', async (_, mode, found) => {
    const engine = await startEngine(fakeEngine(mode));

    const { reason, text } = await engine.outcome();

    expect({ reason, isTold: text.includes(found(engine.port)) }).toEqual({ reason: 'engineMisplaced', isTold: true });
    expect(await engine.processes()).toEqual([]);
  });

  it('that never gets ready is ended', async () => {
    const engine = await startEngine(fakeEngine('silent'), { startTimeout: 300 });

    expect(await engine.outcome()).toMatchObject({ reason: 'engineTimedOut', reaped: true });
  });

  it.each(['flood', 'noisy'])('that prints too much (%s) gets ready all the same', async (mode) => {
    const engine = await startEngine(fakeEngine(mode));

    await engine.ready();
    engine.actor.send({ type: 'stop' });

    expect(await engine.outcome()).toMatchObject({ reason: 'clientLeft', reaped: true });
  });
});

async function startEngine(engine: Engine, { startTimeout = 20_000 } = {}) {
  const port = await ports.take();
  const sessionId = `launch-webots-test-${process.pid}-${serial++}`;
  const launch: WebotsLaunch = {
    sessionId,
    projectFolder: folder,
    worldPath: join(folder, 'worlds/w.wbt'),
    mode: 'scene',
    port,
  };
  const traces: SessionTraces = { session: sessionId, groups: new Set(), since: 0 };
  const machine = webotsProcessMachine.provide({
    actors: {
      program: launchWebots(engine, spawnProgram),
      portCheck: fromPromise(({ input }) => checkPort(input.launch, () => listeningPorts(traces))),
      reaper: fromPromise(() => reapProcesses(traces, 5_000)),
    },
  });
  const timings = { ...WEBOTS_TIMINGS, startTimeout, killGrace: 200 };
  const actor = createActor(machine, { input: { launch, timings } });
  let isReady = false;
  actor.on('engine.ready', () => {
    isReady = true;
  });
  actor.start();
  return {
    actor,
    port,
    ready: () => vi.waitFor(() => expect(isReady).toBe(true), { timeout: 20_000 }),
    processes: () => sessionProcesses(traces),
    async outcome() {
      await vi.waitFor(() => expect(actor.getSnapshot().status).toBe('done'), { timeout: 20_000 });
      ports.give(port);
      return actor.getSnapshot().output!;
    },
  };
}
