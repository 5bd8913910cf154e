import { describe, expect, it } from 'vitest';
import { StartSteps } from '../../../src/web/start-steps.ts';

describe('StartSteps', () => {
  it('goes from the session server to the stream, each step with its time', () => {
    const steps = new StartSteps();
    steps.enter('choosing', 'http://s', 0);
    steps.enter('connecting', 'ws://server', 10);
    steps.enter('starting', 'url', 20);
    steps.progress(30.5, 'Step 1/4', 25);
    expect(steps.all.at(-1)).toMatchObject({ name: 'checkout', detail: '', share: 0.5 });
    steps.progress(56, 'Fetching: done', 30);
    expect(steps.all.at(-1)).toMatchObject({ name: 'launch', share: undefined, begin: 30 });
    steps.enter('opening', 'ws://engine', 40);
    steps.enter('loading', '', 50);
    steps.progress(80.4, 'Parsing nodes', 60);
    expect(steps.all.at(-1)?.share).toBeCloseTo(0.5);
    steps.enter('streaming', '', 70);

    expect(steps.all.map(({ name, begin, end }) => [name, begin, end])).toEqual([
      ['choosing', 0, 10],
      ['connecting', 10, 20],
      ['checkout', 20, 30],
      ['launch', 30, 50],
      ['loading', 50, 70],
      ['streaming', 70, undefined],
    ]);
  });

  it('goes back to the loading for another world, and ends with the session', () => {
    const steps = new StartSteps();
    steps.enter('loading', '', 0);
    steps.enter('streaming', '', 1);
    steps.enter('loading', '', 2);
    expect(steps.all.map(({ name }) => name)).toEqual(['loading']);
    steps.enter('leaving', '', 3);

    expect(steps.all).toMatchObject([{ name: 'loading', begin: 2, end: 3 }]);
  });

  it('launches at once where the project was there already', () => {
    const steps = new StartSteps();
    steps.enter('starting', 'url', 0);
    steps.enter('opening', 'ws://engine', 5);

    expect(steps.all.map(({ name }) => name)).toEqual(['checkout', 'launch']);
  });
});
