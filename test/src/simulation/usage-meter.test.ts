import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createUsageMeter } from '../../../src/simulation/usage-meter.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function start() {
  const measure = vi.fn(
    async () => new Map([['a', { at: performance.now(), cpuTime: performance.now() * 1.5, memory: 7 }]]),
  );
  const state = { isWatched: true };
  const errors: unknown[] = [];
  const meter = createUsageMeter({
    interval: 1_000,
    measure,
    sessions: () => ['a'],
    isWatched: () => state.isWatched,
    onMeasured: () => {},
    onError: (error) => errors.push(error),
  });
  return { meter, measure, state, errors };
}

it('tells the memory at once, and the share of a processor from the second look on', async () => {
  const { meter, measure } = start();
  expect(meter.of('a')).toBeUndefined();

  for (let watcher = 0; watcher < 10; watcher++) meter.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(meter.of('a')).toEqual({ cpu: null, memory: 7 });
  await vi.advanceTimersByTimeAsync(1_000);

  expect(meter.of('a')).toEqual({ cpu: 150, memory: 7 });
  expect(measure).toHaveBeenCalledTimes(2);
});

it('stops when nobody has watched for ten seconds, and forgets', async () => {
  const { meter, measure, state } = start();
  state.isWatched = false;

  meter.wake();
  await vi.advanceTimersByTimeAsync(60_000);

  expect(measure).toHaveBeenCalledTimes(11);
  expect(meter.of('a')).toBeUndefined();
});

it('tells nothing where a look fails, and looks again', async () => {
  const { meter, measure, errors } = start();
  measure.mockRejectedValueOnce(new Error('no answer'));

  meter.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect([meter.of('a'), errors]).toEqual([undefined, [new Error('no answer')]]);
  await vi.advanceTimersByTimeAsync(1_000);

  expect(meter.of('a')).toEqual({ cpu: null, memory: 7 });
});
