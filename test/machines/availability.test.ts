import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor, fromCallback, SimulatedClock } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import {
  type AvailabilityChange,
  type AvailabilityEvent,
  type AvailabilityInput,
  availabilityMachine,
  CHANGE_INTERVAL,
} from '../../machines/availability.ts';

const nothingYet: AvailabilityInput = { published: false, servers: [] };
const up = (id: string): AvailabilityEvent => ({ type: 'server.available', id });
const down = (id: string): AvailabilityEvent => ({ type: 'server.unavailable', id });

describe('availability machine', () => {
  it('publishes that the first server is available, at once', () => {
    const { actor, told } = startMachine();

    actor.send(up('a'));

    expect(told).toEqual([true]);
  });

  it('publishes nothing as long as one server remains', () => {
    const { actor, clock, told } = startMachine();

    for (const event of [up('a'), up('b'), up('b'), down('a'), down('c')]) {
      actor.send(event);
      clock.increment(CHANGE_INTERVAL);
    }
    expect(told).toEqual([true]);

    actor.send(down('b'));
    expect(told).toEqual([true, false]);
  });

  it('holds a second change back until changeInterval has passed', () => {
    const { actor, clock, told } = startMachine();

    actor.send(up('a'));
    actor.send(down('a'));
    clock.increment(CHANGE_INTERVAL - 1);
    expect(told).toEqual([true]);

    clock.increment(1);
    expect(told).toEqual([true, false]);
  });

  it('publishes nothing of a change that was taken back meanwhile', () => {
    const { actor, clock, told } = startMachine();

    for (const event of [up('a'), down('a'), up('a')]) actor.send(event);
    clock.increment(2 * CHANGE_INTERVAL);

    expect(told).toEqual([true]);
  });

  it('goes on from what was published before it was restarted', () => {
    const { actor, told } = startMachine({ published: true, servers: ['a'] });
    expect(told).toEqual([]);

    actor.send(down('a'));
    expect(told).toEqual([false]);
  });

  it('publishes unavailable at once when drained, and nothing after it', () => {
    const { actor, clock, told } = startMachine();

    actor.send(up('a'));
    actor.send({ type: 'drain' });
    actor.send(up('b'));
    actor.send({ type: 'drain' });
    clock.increment(2 * CHANGE_INTERVAL);

    expect(told).toEqual([true, false]);
  });

  it('publishes nothing when drained while nothing is available, nor of a server that comes then', () => {
    const { actor, clock, told } = startMachine();

    actor.send({ type: 'drain' });
    actor.send(up('a'));
    clock.increment(CHANGE_INTERVAL);

    expect(told).toEqual([]);
  });

  it('ends when it is told to, and publishes nothing that it has held back', () => {
    const { actor, clock, told } = startMachine();
    actor.send(up('a'));
    actor.send(down('a'));

    actor.send({ type: 'stop' });
    clock.increment(CHANGE_INTERVAL);

    expect(actor.getSnapshot().status).toBe('done');
    expect(told).toEqual([true]);
  });

  it('never publishes the same value twice in a row, nor two within changeInterval, and ends with the truth', () => {
    const steps = fc.array(
      fc.record({
        wait: fc.integer({ min: 0, max: CHANGE_INTERVAL }),
        event: fc.constantFrom(up('a'), down('a'), up('b'), down('b')),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (flaps) => {
        const { actor, clock, told, times } = startMachine();
        for (const { wait, event } of flaps) {
          clock.increment(wait);
          actor.send(event);
        }
        clock.increment(CHANGE_INTERVAL);
        const published = [false, ...told];

        expect(told.filter((value, index) => value === published[index])).toEqual([]);
        expect(times.filter((time, index) => time - (times[index - 1] ?? -CHANGE_INTERVAL) < CHANGE_INTERVAL)).toEqual(
          [],
        );
        expect(published.at(-1)).toBe(actor.getSnapshot().context.servers.length > 0);
      }),
      { numRuns: 300 },
    );
  });

  it('can reach every declared state', () => {
    const paths = getShortestPaths(availabilityMachine, {
      input: nothingYet,
      serializeState: ({ value, context }) => JSON.stringify([value, context.published]),
      events: [
        up('a'),
        down('a'),
        { type: 'drain' },
        { type: 'stop' },
        { type: 'xstate.after.changeInterval.availability.pausing' } as unknown as AvailabilityEvent,
      ],
    });
    const reached = new Set(paths.map(({ state }) => state.value));

    expect([...reached].sort()).toEqual(Object.keys(availabilityMachine.states).sort());
  });
});

function startMachine(input: AvailabilityInput = nothingYet) {
  const clock = new SimulatedClock();
  const told: boolean[] = [];
  const times: number[] = [];
  const watchers = fromCallback<AvailabilityChange>(({ receive }) => {
    receive(({ available }) => {
      told.push(available);
      times.push(clock.now());
    });
  });
  const machine = availabilityMachine.provide({ actors: { watchers } });
  return { actor: createActor(machine, { clock, input }).start(), clock, told, times };
}
