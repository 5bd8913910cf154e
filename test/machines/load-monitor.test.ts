import { describe, expect, it } from 'vitest';
import { type AnyEventObject, createActor, fromCallback } from 'xstate';
import { type LoadSample, loadMonitorMachine, loadOf } from '../../machines/load-monitor.ts';

const IDLE: LoadSample = {
  cpu: 0,
  memory: 0,
  swap: 0,
  gpu: 0,
  gpuMemoryController: 0,
  gpuMemory: 0,
  disk: 0,
  networkSent: 0,
  networkReceived: 0,
};

describe('loadOf', () => {
  it.each([
    [{ cpu: 50, memory: 30 }, 50],
    [{ cpu: 10, memory: 90, swap: 60, gpuMemoryController: 30 }, 60],
    [{ cpu: 10, gpu: 70 }, 70],
    [{ disk: 99, gpuMemory: 99, networkSent: 99 }, 0],
  ])('of %j is %d', (part, load) => {
    expect(loadOf({ ...IDLE, ...part })).toBe(load);
  });
});

describe('loadMonitor machine', () => {
  it('is 0 before the first sample', () => {
    expect(startMonitor().figures()).toEqual({ latest: 0, mean: 0 });
  });

  it('means as many samples as there are, then the last five', () => {
    const monitor = startMonitor();

    monitor.sample(10);
    monitor.sample(20);
    expect(monitor.figures()).toEqual({ latest: 20, mean: 15 });
    for (const cpu of [100, 100, 100, 100, 50]) monitor.sample(cpu);

    expect(monitor.figures()).toEqual({ latest: 50, mean: 90 });
  });

  it('tells its parent of every sample', () => {
    const monitor = startMonitor();

    monitor.sample(10);
    monitor.sample(20);

    expect(monitor.reports).toEqual([10, 20].map((cpu) => ({ type: 'load.measured', sample: { ...IDLE, cpu } })));
  });

  it('ends when it is told to', () => {
    const monitor = startMonitor();

    monitor.actor.send({ type: 'stop' });

    expect(monitor.actor.getSnapshot().status).toBe('done');
  });
});

function startMonitor() {
  const reports: AnyEventObject[] = [];
  const parent = createActor(fromCallback(({ receive }) => receive((event) => reports.push(event)))).start();
  const logic = loadMonitorMachine.provide({ actors: { sampler: fromCallback(() => {}) } });
  const actor = createActor(logic, { parent }).start();
  return {
    actor,
    reports,
    sample: (cpu: number) => actor.send({ type: 'load.sampled', sample: { ...IDLE, cpu } }),
    figures() {
      const { latest, mean } = actor.getSnapshot().context;
      return { latest, mean };
    },
  };
}
