import { describe, expect, it } from 'vitest';
import { createActor, setup } from 'xstate';
import { transitionLog } from '../../../src/simulation/transitions.ts';

const machine = setup({}).createMachine({
  initial: 'waiting',
  states: {
    waiting: { on: { go: 'working', tick: {} } },
    working: { initial: 'slow', states: { slow: { on: { go: 'fast' } }, fast: { on: { go: 'slow' } } } },
  },
});

function start() {
  let now = 0;
  const log = transitionLog(() => now++);
  const actor = createActor(machine).start();
  log.follow('session', actor);
  return { log, actor };
}

describe('a log of transitions', () => {
  it('has the state in which it begins and every one that follows, with its time', () => {
    const { log, actor } = start();

    actor.send({ type: 'go' });
    actor.send({ type: 'go' });

    expect(log.transitions).toEqual([
      { at: 0, machine: 'session', state: 'waiting' },
      { at: 1, machine: 'session', state: 'working.slow' },
      { at: 2, machine: 'session', state: 'working.fast' },
    ]);
  });

  it('knows where a machine is and was, also what it has no room for', () => {
    const { log, actor } = start();

    for (let change = 0; change < 1_001; change++) actor.send({ type: 'go' });

    expect(log.lit('session')).toEqual({
      active: ['working.slow'],
      visited: ['waiting', 'working.slow', 'working.fast'],
    });
    expect(log.lit('engine')).toBeUndefined();
  });

  it('has nothing of events that change no state', () => {
    const { log, actor } = start();

    for (let tick = 0; tick < 10; tick++) actor.send({ type: 'tick' });

    expect(log.transitions).toHaveLength(1);
  });

  it('keeps the first and the last states of one that changes without end, and counts what lies between', () => {
    const { log, actor } = start();

    for (let change = 0; change < 1_000; change++) actor.send({ type: 'go' });

    expect(log.transitions).toHaveLength(200);
    expect(log.transitions[39]?.at).toBe(39);
    expect(log.transitions[40]?.at).toBe(841);
    expect(log.transitions.at(-1)?.at).toBe(1_000);
    expect(log.leftOut).toBe(801);
  });
});
