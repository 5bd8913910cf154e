import { describe, expect, it } from 'vitest';
import { cancel, createActor, createMachine, raise, SimulatedClock, stopChild } from 'xstate';
import { child, supervisor } from '../../machines/supervisor.ts';
import { createRootActor, MAX_DELAY } from '../../machines/timer-index.ts';
import { timersOf } from '../fixtures/supervised.ts';

/** Two timers that set each other again, one of them without an id, and one that is cancelled each time. */
const ticking = createMachine({
  initial: 'tick',
  states: {
    tick: {
      entry: [raise({ type: 'late' }, { delay: 1_000, id: 'late' })],
      after: { 10: 'tock' },
      exit: cancel('late'),
    },
    tock: {
      entry: raise({ type: 'again' }, { delay: 5 }),
      on: { again: 'tick' },
    },
  },
  on: {
    late: {
      actions: () => {
        throw new Error('Expected a cancelled timer not to fire');
      },
    },
  },
});

const family = createMachine({
  invoke: [
    { id: 'first', src: ticking },
    { id: 'second', src: ticking },
  ],
  on: { part: { actions: stopChild('first') } },
});

/** What happens in 300 ms, with one of two children stopped in the middle. */
function transitionsOf(
  start: (inspect: (event: { type: string }) => void, clock: SimulatedClock) => { send(event: { type: 'part' }): void },
) {
  const seen: string[] = [];
  const clock = new SimulatedClock();
  const root = start((event) => seen.push(`${clock.now()} ${event.type}`), clock);
  for (let passed = 0; passed < 300; passed++) {
    if (passed === 150) root.send({ type: 'part' });
    clock.increment(1);
  }
  return { seen, left: timersOf(clock) };
}

describe('createRootActor', () => {
  it('lets the same happen at the same times as createActor, and leaves the same timers', () => {
    const indexed = transitionsOf((inspect, clock) => createRootActor(family, { clock, inspect }).start());
    const plain = transitionsOf((inspect, clock) => createActor(family, { clock, inspect }).start());

    expect(indexed).toEqual(plain);
    expect(indexed.left).toBeGreaterThan(0);
  });

  it('ends an actor without looking at the timers of others', () => {
    const clock = new SimulatedClock();
    const root = createRootActor(family, { clock }).start();
    let looks = 0;
    const scheduled = root.system.getSnapshot()._scheduledEvents;
    expect(Object.keys(scheduled)).toHaveLength(4);
    const internal = root.system as unknown as { _snapshot: { _scheduledEvents: object } };
    internal._snapshot._scheduledEvents = new Proxy(internal._snapshot._scheduledEvents, {
      ownKeys: (target) => {
        looks++;
        return Reflect.ownKeys(target);
      },
    });
    root.send({ type: 'part' });

    expect(looks).toBe(0);
    expect(timersOf(clock)).toBe(2);
  });

  it('looks only at timers that have neither fired nor been cancelled', () => {
    const clock = new SimulatedClock();
    const root = createRootActor(family, { clock }).start();
    for (let passed = 0; passed < 312; passed++) clock.increment(1);
    const { scheduler } = root.system;
    const { cancel: original } = scheduler;
    const cancelled: string[] = [];
    scheduler.cancel = (source, id) => {
      cancelled.push(id);
      original(source, id);
    };
    root.send({ type: 'part' });

    expect(cancelled).toEqual([expect.stringMatching(/^timer\.\d+$/)]);
    expect(timersOf(clock)).toBe(1);
  });

  it('takes no timer that was set past the scheduler for one of an actor', () => {
    const clock = new SimulatedClock();
    const root = createRootActor(family, { clock }).start();
    root.clock.setTimeout(() => {}, 1);
    clock.increment(1);
    root.stop();

    expect(timersOf(clock)).toBe(0);
  });

  it('leaves no timer of a supervisor and its children behind', () => {
    const clock = new SimulatedClock();
    const children = ['a', 'b'].map((id) => child({ id, src: ticking, shutdown: 100 }));
    const root = createRootActor(supervisor({ children }), { clock }).start();
    clock.increment(25);
    root.send({ type: 'stop' });
    clock.increment(100);
    clock.increment(100);

    expect(root.getSnapshot().status).toBe('done');
    expect(timersOf(clock)).toBe(0);
  });

  it('cuts timers that would fire at once to the longest possible', () => {
    const clock = new SimulatedClock();
    const far = createMachine({ initial: 'on', states: { on: { after: { [2 ** 33]: 'off' } }, off: {} } });
    const root = createRootActor(far, { clock }).start();
    clock.increment(MAX_DELAY - 1);
    expect(root.getSnapshot().value).toBe('on');
    clock.increment(1);
    expect(root.getSnapshot().value).toBe('off');
  });
});
