import { describe, expect, it } from 'vitest';
import type { Entry, Move } from '../../../src/inspection/recording.ts';
import { type Actors, actorsAt, replayForgetting, timesAt } from '../../../src/inspection/replay.ts';

const entries: Entry[] = [
  { n: 1, at: 0, type: 'actor', actor: { id: 'a', name: 'a', kind: 'machine', machine: 'lamp' } },
  { n: 2, at: 10, type: 'step', actor: 'a', event: 'xstate.init', status: 'active', states: ['off'], context: '{}' },
  { n: 3, at: 20, type: 'event', to: 'a', event: 'press' },
  {
    n: 4,
    at: 20,
    type: 'step',
    actor: 'a',
    event: 'press',
    status: 'active',
    states: ['on'],
    moves: [{ source: 'off', target: 'on' }],
  },
  { n: 5, at: 50, type: 'step', actor: 'a', event: 'look', status: 'active', states: ['on'] },
  {
    n: 6,
    at: 60,
    type: 'step',
    actor: 'a',
    event: 'press',
    status: 'done',
    states: ['off'],
    moves: [{ source: 'on', target: 'off' }],
  },
];

const at = (n: number) => actorsAt([], entries, n).get('a');

describe('actorsAt', () => {
  it('tells where an actor stood after any entry', () => {
    expect([1, 2, 3, 4, 5, 6].map((n) => [at(n)?.states, at(n)?.entered, at(n)?.status])).toEqual([
      [[], {}, 'active'],
      [['off'], { off: 10 }, 'active'],
      [['off'], { off: 10 }, 'active'],
      [['on'], { on: 20 }, 'active'],
      [['on'], { on: 20 }, 'active'],
      [['off'], { off: 60 }, 'done'],
    ]);
    expect(at(5)).toMatchObject({ lastEvent: 'look', lastMoves: [{ source: 'off', target: 'on' }], context: '{}' });
    expect(at(0)).toBeUndefined();
  });

  it('goes on from where the actors stood', () => {
    const baseline = [...actorsAt([], entries, 4).values()];

    expect(actorsAt(baseline, entries.slice(4), 6)).toEqual(actorsAt([], entries, 6));
  });
});

it('counts how often and how long an actor was in a state', () => {
  expect(at(6)?.visits).toEqual({ off: { count: 2, time: 10 }, on: { count: 1, time: 40 } });
  expect(timesAt(at(4)!, 25)).toEqual(
    new Map([
      ['off', 10],
      ['on', 5],
    ]),
  );
  expect(timesAt(at(6)!, 1_000)).toEqual(
    new Map([
      ['off', 10],
      ['on', 40],
    ]),
  );
});

it('counts the time until an actor is stopped, once', () => {
  const stop = (n: number): Entry => ({ n, at: 10 * n, type: 'step', actor: 'a', event: 'stop', status: 'stopped' });
  const stopped = actorsAt([], [...entries.slice(0, 5), stop(9), stop(10)], 10).get('a')!;

  expect(stopped).toMatchObject({ status: 'stopped', states: ['on'], lastMoves: [{ source: 'off', target: 'on' }] });
  expect(Object.fromEntries(timesAt(stopped, 1_000))).toEqual({ off: 10, on: 70 });
});

describe('the states of a parallel machine', () => {
  const PAUSED = 'alive.ready.simulation.paused';
  const RUNNING = 'alive.ready.simulation.running';
  const RESPONSIVE = 'alive.ready.heartbeat.responsive';
  const created: Entry = { n: 1, at: 0, type: 'actor', actor: { id: 'a', name: 'a', kind: 'machine' } };
  const step = (n: number, states: readonly string[], moves: readonly Move[]): Entry => ({
    n,
    at: n * 10,
    type: 'step',
    actor: 'a',
    event: 'any',
    status: 'active',
    states,
    moves,
  });
  const ready = step(2, [PAUSED, RESPONSIVE], [{ source: 'alive.launched', target: 'alive.ready' }]);
  const beat = (n: number) => step(n, [PAUSED, RESPONSIVE], [{ source: RESPONSIVE, target: RESPONSIVE }]);
  const view = (...steps: readonly Entry[]) =>
    actorsAt([], [created, ready, ...steps], Number.POSITIVE_INFINITY).get('a')!;

  it('are counted where they are entered, and keep their time where another part moves', () => {
    const beaten = view(beat(3), beat(4), step(5, [RUNNING, RESPONSIVE], [{ source: PAUSED, target: RUNNING }]));

    expect(beaten.visits).toEqual({
      [PAUSED]: { count: 1, time: 30 },
      [RESPONSIVE]: { count: 3, time: 20 },
      [RUNNING]: { count: 1, time: 0 },
    });
    expect(beaten.entered).toEqual({ [RUNNING]: 50, [RESPONSIVE]: 40 });
    expect(Object.fromEntries(timesAt(beaten, 100))).toEqual({ [PAUSED]: 30, [RESPONSIVE]: 80, [RUNNING]: 50 });
  });

  it('are all counted where the state around them is entered anew', () => {
    const again = view(step(3, [PAUSED, RESPONSIVE], [{ source: 'alive.ready', target: 'alive.ready' }]));

    expect(again.visits).toEqual({ [PAUSED]: { count: 2, time: 10 }, [RESPONSIVE]: { count: 2, time: 10 } });
  });

  it('are counted where they are new, if no moves are told', () => {
    expect(view(step(3, [RUNNING, RESPONSIVE], [])).visits).toEqual({
      [PAUSED]: { count: 1, time: 10 },
      [RESPONSIVE]: { count: 1, time: 0 },
      [RUNNING]: { count: 1, time: 0 },
    });
  });
});

it('forgets an actor at the entry that ends it', () => {
  const actors: Actors = new Map();
  const standing = entries.map((entry) => {
    replayForgetting(actors, entry);
    return actors.get('a')?.states;
  });

  expect(standing).toEqual([[], ['off'], ['off'], ['on'], ['on'], undefined]);
});
