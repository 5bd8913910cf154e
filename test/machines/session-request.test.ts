import { describe, expect, it } from 'vitest';
import { createActor, fromCallback, SimulatedClock } from 'xstate';
import { type SessionRequestEvent, sessionRequestMachine } from '../../machines/session-request.ts';

/** A request that waits, on a clock that the test moves. */
function startRequest() {
  const clock = new SimulatedClock();
  let leave = () => {};
  let isWatched = false;
  const machine = sessionRequestMachine.provide({
    actors: {
      asker: fromCallback(({ input, sendBack }) => {
        expect(input).toEqual({ id: 'a' });
        isWatched = true;
        leave = () => sendBack({ type: 'asker.left' });
        return () => {
          isWatched = false;
        };
      }),
    },
  });
  const actor = createActor(machine, { clock, input: { id: 'a', queueTimeout: 50_000 } }).start();
  return { actor, clock, leave: () => leave(), isWatched: () => isWatched };
}

describe('sessionRequest machine', () => {
  it('waits until it is told where to send the client', () => {
    const { actor, clock, isWatched } = startRequest();
    clock.increment(49_999);
    expect([actor.getSnapshot().value, isWatched()]).toEqual(['waiting', true]);

    actor.send({ type: 'grant', entry: 'localhost:2000' });

    expect(actor.getSnapshot().output).toEqual({ outcome: 'granted', entry: 'localhost:2000' });
    expect(isWatched()).toBe(false);
  });

  it('ends when it has waited for queueTimeout', () => {
    const { actor, clock } = startRequest();

    clock.increment(50_000);

    expect(actor.getSnapshot().output).toEqual({ outcome: 'timedOut', entry: undefined });
  });

  it('ends when whoever asks has left', () => {
    const { actor, leave } = startRequest();

    leave();

    expect(actor.getSnapshot().output).toEqual({ outcome: 'left', entry: undefined });
  });

  it.each([
    ['stop', 'drained'],
    ['crowdOut', 'crowdedOut'],
  ] as const)('ends on the order %s', (type, outcome) => {
    const { actor } = startRequest();

    actor.send({ type } satisfies SessionRequestEvent);

    expect(actor.getSnapshot().output).toEqual({ outcome, entry: undefined });
  });

  it('expects its effects to be provided', () => {
    const actor = createActor(sessionRequestMachine, { input: { id: 'a', queueTimeout: 1 } });
    const errors: unknown[] = [];
    actor.subscribe({ error: (error) => errors.push(error) });

    actor.start();

    expect(errors).toEqual([new Error("sessionRequest: the actor 'asker' was not provided")]);
  });
});
