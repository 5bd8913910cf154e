import { EventEmitter, once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { Runner } from '../../../../src/engine/simulation/runner.ts';
import { Simulation } from '../../../../src/engine/simulation/simulation.ts';
import { sceneOf } from '../fixtures/world-text.ts';

let runner: Runner | undefined;

afterEach(() => runner?.run('pause'));

describe('Runner', () => {
  it('steps as the clock goes, and stands still when paused', async () => {
    const { simulation, events } = setUp();
    const start = performance.now();
    runner?.run('real-time');
    while (simulation.time < 100) await once(events, 'stepped');
    runner?.run('pause');

    expect(simulation.time).toBeLessThanOrEqual(performance.now() - start);
    const { time } = simulation;
    await new Promise((resolve) => setImmediate(resolve));
    expect(simulation.time).toBe(time);
    expect(runner?.mode).toBe('pause');
  });

  it('steps ahead of the clock when fast, and lets others have their turn', async () => {
    const { simulation, events } = setUp();
    const start = performance.now();
    runner?.run('fast');
    while (simulation.time < 100_000) {
      await once(events, 'stepped');
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(simulation.time).toBeGreaterThan(performance.now() - start);
  });

  it('pauses by itself at the first step that reaches the limit, once', async () => {
    const { simulation, events } = setUp();
    simulation.step();
    runner?.limit(100);
    runner?.run('fast');
    await once(events, 'expired');

    expect(simulation.time).toBe(110);
    expect(runner?.mode).toBe('pause');
    runner?.run('fast');
    while (simulation.time < 1_000) await once(events, 'stepped');
    expect(runner?.mode).toBe('fast');
  });

  it('pauses at the next step for a limit of zero', async () => {
    const { simulation, events } = setUp();
    runner?.limit(0);
    runner?.run('real-time');
    await once(events, 'expired');

    expect(simulation.time).toBe(10);
  });

  it('does one step and pauses, without minding the limit', async () => {
    const { simulation, events } = setUp();
    let isExpired = false;
    events.once('expired', () => {
      isExpired = true;
    });
    runner?.limit(0);
    runner?.run('fast');
    await runner?.step();

    expect(runner?.mode).toBe('pause');
    expect(simulation.steps).toBe(1);
    expect(isExpired).toBe(false);
  });

  it('goes back to the start in the same mode and forgets the limit', async () => {
    const { simulation, events } = setUp();
    runner?.limit(500);
    runner?.run('real-time');
    await once(events, 'stepped');
    runner?.reset();

    expect(simulation.time).toBe(0);
    expect(runner?.mode).toBe('real-time');
    await once(events, 'stepped');
    runner?.run('fast');
    while (simulation.time < 1_000) await once(events, 'stepped');
    expect(runner?.mode).toBe('fast');
  });

  it('loads physics before its first step', async () => {
    const { simulation, events } = setUp('Solid { boundingObject Sphere { } physics Physics { } }');
    runner?.run('fast');
    await once(events, 'stepped');

    expect(simulation.isPrepared).toBe(true);
    expect(simulation.poses[0]?.translation[2]).toBeLessThan(0);
  });

  it('pauses and tells it when a step is not possible', async () => {
    const { simulation, events } = setUp();
    const failure = new Error('out of order');
    simulation.step = () => {
      throw failure;
    };
    runner?.run('fast');

    expect(await once(events, 'failed')).toEqual([failure]);
    expect(runner?.mode).toBe('pause');
  });
});

/** A runner of a world with steps of 10 ms. */
function setUp(nodes = '') {
  const simulation = new Simulation(sceneOf(`WorldInfo { basicTimeStep 10 } ${nodes}`));
  const events = new EventEmitter();
  runner = new Runner(simulation, {
    stepped: () => events.emit('stepped'),
    expired: () => events.emit('expired'),
    failed: (error) => events.emit('failed', error),
  });
  return { simulation, events };
}
