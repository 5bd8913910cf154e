import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../../src/log.ts';
import { createShutdown, ECHO_TIME, STOP_LIMIT } from '../../src/shutdown.ts';
import type { System } from '../../src/system.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('shutdown', () => {
  it('drains, stops and exits with 0 at the first signal', async () => {
    const { shutdown, system, diary } = await begin();

    shutdown.signalled('SIGTERM');
    expect(diary).toEqual(['drain']);
    await system.drained();
    expect(diary).toEqual(['drain', 'stop']);
    await system.stopped();

    expect(diary).toEqual(['drain', 'stop', 'exit 0']);
  });

  it('ends the drain at the second signal, which still ends well', async () => {
    const { shutdown, system, diary } = await begin();
    shutdown.signalled('SIGTERM');
    shutdown.signalled('SIGINT');
    await system.drained();
    await system.stopped();

    expect(diary).toEqual(['drain', 'hurry', 'stop', 'exit 0']);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('exits at once with the third signal, for %s with %i', async (signal, status) => {
    const { shutdown, diary } = await begin();
    shutdown.signalled(signal);
    shutdown.signalled(signal === 'SIGINT' ? 'SIGTERM' : 'SIGINT');
    shutdown.signalled(signal);

    expect(diary).toEqual(['drain', 'hurry', `exit ${status}`]);
  });

  it('takes the same signal within the echo time for the same one, since npm repeats what a terminal sends', async () => {
    const { shutdown, diary, pass } = await begin();
    shutdown.signalled('SIGINT');
    pass(ECHO_TIME - 1);
    shutdown.signalled('SIGINT');
    expect(diary).toEqual(['drain']);

    pass(1);
    shutdown.signalled('SIGINT');
    expect(diary).toEqual(['drain', 'hurry']);
  });

  it('exits with 70 when the system is not stopped within the limit', async () => {
    const { shutdown, system, diary } = await begin();
    shutdown.signalled('SIGTERM');
    await vi.advanceTimersByTimeAsync(10 * STOP_LIMIT);
    expect(diary).toEqual(['drain']);

    await system.drained();
    await vi.advanceTimersByTimeAsync(STOP_LIMIT);
    expect(diary).toEqual(['drain', 'stop', 'exit 70']);
  });

  it('exits with 70 when the system cannot be stopped', async () => {
    const { shutdown, system, diary } = await begin();
    shutdown.signalled('SIGTERM');
    await system.drained();
    await system.stopped(new Error('a bug'));

    expect(diary).toEqual(['drain', 'stop', 'exit 70']);
  });

  it('stops a system that gives itself up without a drain, and exits with 70', async () => {
    const { shutdown, system, diary } = await begin();
    shutdown.giveUp();
    shutdown.giveUp();
    await system.drained();
    await system.stopped();

    expect(diary).toEqual(['drain', 'stop', 'exit 70']);
    expect(system.hurry?.aborted).toBe(true);
  });

  it('exits with 70 within the limit when the system is given up while it drains, and hangs', async () => {
    const { shutdown, diary } = await begin();
    shutdown.signalled('SIGTERM');
    shutdown.giveUp();
    await vi.advanceTimersByTimeAsync(STOP_LIMIT);

    expect(diary).toEqual(['drain', 'hurry', 'exit 70']);
  });

  it('stops a system that was told to stop before it ran', async () => {
    const { shutdown, system, diary } = prepare();
    shutdown.signalled('SIGTERM');
    expect(diary).toEqual([]);

    shutdown.started(system);
    await system.drained();
    await system.stopped();
    expect(diary).toEqual(['drain', 'stop', 'exit 0']);
  });
});

async function begin() {
  const parts = prepare();
  parts.shutdown.started(parts.system);
  return parts;
}

/** A system whose drain and stop end when the test says so, and what happens to it. */
function prepare() {
  const diary: string[] = [];
  let time = 0;
  let onDrained = () => {};
  let onStopped: (error?: Error) => void = () => {};
  const system = {
    addresses: new Map(),
    failed: new Promise<never>(() => {}),
    actorCount: () => 1,
    hurry: undefined as AbortSignal | undefined,
    drain(hurry: AbortSignal): Promise<void> {
      diary.push('drain');
      system.hurry = hurry;
      hurry.addEventListener('abort', () => diary.push('hurry'));
      return new Promise((resolve) => {
        onDrained = resolve;
      });
    },
    stop(): Promise<void> {
      diary.push('stop');
      return new Promise((resolve, reject) => {
        onStopped = (error) => (error ? reject(error) : resolve());
      });
    },
    drained: () => settle(() => onDrained()),
    stopped: (error?: Error) => settle(() => onStopped(error)),
  } satisfies System & Record<string, unknown>;
  const shutdown = createShutdown({
    log: createLogger({ level: 'silent' }),
    exit: (status) => diary.push(`exit ${status}`),
    now: () => time,
  });
  const pass = (ms: number) => {
    time += ms;
  };
  return { shutdown, system, diary, pass };
}

async function settle(action: () => void): Promise<void> {
  action();
  await vi.advanceTimersByTimeAsync(0);
}
