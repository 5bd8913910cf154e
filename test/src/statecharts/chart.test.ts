import { describe, expect, it } from 'vitest';
import { createMachine, fromPromise, setup } from 'xstate';
import { chartOf, statesOf } from '../../../src/statecharts/chart.ts';
import { toMermaid } from '../../../src/statecharts/mermaid.ts';

const machine = setup({
  types: {} as { events: { type: 'go' } | { type: 'turn'; left: boolean } },
  actors: { walk: fromPromise(async () => {}) },
  actions: { shout: () => {}, sing: () => {} },
  guards: { isLeft: (_, left: boolean) => left },
  delays: { pause: 1_500 },
}).createMachine({
  id: 'walker',
  description: 'Somebody who walks.',
  initial: 'resting',
  on: { go: '.end' },
  states: {
    resting: {
      description: 'Sits.',
      entry: ['shout', 'sing'],
      on: { go: { actions: 'shout' } },
      after: { pause: 'walking', 120000: 'end' },
    },
    walking: {
      description: 'Walks.',
      type: 'parallel',
      invoke: { id: 'walk', src: 'walk', onDone: 'end', onError: { target: 'resting', actions: 'sing' } },
      states: {
        legs: {
          description: 'Two of them.',
          initial: 'left',
          states: {
            left: {
              description: 'Left one is up.',
              on: { turn: { guard: { type: 'isLeft', params: ({ event }) => event.left }, target: 'right' } },
            },
            right: {
              description: 'Right one is up.',
              always: 'left',
              on: { turn: { target: 'right', reenter: true } },
            },
          },
        },
        arms: { description: 'Swing.' },
      },
    },
    end: { description: 'Has arrived.', type: 'final' },
  },
});

describe('chartOf', () => {
  const chart = chartOf(machine, { pause: 1_500 });
  const stateAt = (path: string) => statesOf(chart.root).find((state) => state.path === path);

  it('has all states, outer ones first, with what they are', () => {
    expect(statesOf(chart.root).map(({ path, kind, initial }) => [path, kind, initial])).toEqual([
      ['', 'compound', 'resting'],
      ['resting', 'atomic', undefined],
      ['walking', 'parallel', undefined],
      ['walking.legs', 'compound', 'walking.legs.left'],
      ['walking.legs.left', 'atomic', undefined],
      ['walking.legs.right', 'atomic', undefined],
      ['walking.arms', 'atomic', undefined],
      ['end', 'final', undefined],
    ]);
    expect(stateAt('resting')).toMatchObject({ description: 'Sits.', entry: ['shout', 'sing'], invoked: [] });
  });

  it('tells waits in units that people read, and by their names', () => {
    expect(stateAt('resting')?.transitions).toEqual([
      { trigger: 'go', guard: undefined, target: undefined, actions: ['shout'] },
      { trigger: 'after 2 min', guard: undefined, target: 'end', actions: [] },
      { trigger: 'after pause (1.5 s)', guard: undefined, target: 'walking', actions: [] },
    ]);
    expect(chartOf(machine).root.children[0]?.transitions[2]?.trigger).toBe('after pause');
  });

  it('tells ends of actors, guards, transitions without an event, and states that are entered anew', () => {
    expect(stateAt('walking')?.invoked).toEqual(['walk']);
    expect(stateAt('walking')?.transitions.map(({ trigger, target }) => [trigger, target])).toEqual([
      ['walk done', 'end'],
      ['walk failed', 'resting'],
    ]);
    expect(stateAt('walking.legs.left')?.transitions).toMatchObject([{ trigger: 'turn', guard: 'isLeft' }]);
    expect(stateAt('walking.legs.right')?.transitions).toMatchObject([
      { trigger: 'turn', target: 'walking.legs.right', actions: ['enters anew'] },
      { trigger: 'always', target: 'walking.legs.left' },
    ]);
  });

  it('refuses a guard without a name', () => {
    const nameless = createMachine({ on: { go: { guard: () => true, actions: 'shout' } } });

    expect(() => chartOf(nameless)).toThrow('Expected every guard to have a name, found one without');
  });

  it('is a diagram of Mermaid, in which what holds everywhere leaves each outermost state', () => {
    expect(toMermaid(chart).split('\n')).toEqual([
      'stateDiagram-v2',
      '  accTitle: walker',
      '  [*] --> s_resting',
      '  state "resting" as s_resting',
      '  state "walking / walk" as s_walking {',
      '    state "legs" as s_walking__legs {',
      '      [*] --> s_walking__legs__left',
      '      state "left" as s_walking__legs__left',
      '      state "right" as s_walking__legs__right',
      '    }',
      '    --',
      '    state "arms" as s_walking__arms',
      '  }',
      '  state "end" as s_end',
      '  s_end --> [*]',
      '  s_resting --> s_end : go',
      '  s_walking --> s_end : go',
      '  s_resting --> s_resting : go / shout',
      '  s_resting --> s_end : after 2 min',
      '  s_resting --> s_walking : after pause (1.5 s)',
      '  s_walking --> s_end : walk done',
      '  s_walking --> s_resting : walk failed / sing',
      '  s_walking__legs__left --> s_walking__legs__right : turn [isLeft]',
      '  s_walking__legs__right --> s_walking__legs__right : turn / enters anew',
      '  s_walking__legs__right --> s_walking__legs__left : always',
      '',
    ]);
  });
});
