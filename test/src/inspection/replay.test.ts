import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../src/inspection/recording.ts';
import { actorsAt, timesAt } from '../../../src/inspection/replay.ts';

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
    expect([1, 2, 3, 4, 5, 6].map((n) => [at(n)?.states, at(n)?.since, at(n)?.status])).toEqual([
      [[], 0, 'active'],
      [['off'], 10, 'active'],
      [['off'], 10, 'active'],
      [['on'], 20, 'active'],
      [['on'], 20, 'active'],
      [['off'], 60, 'done'],
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
