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

  it('waits in line for a simulation server, and goes on from there', () => {
    const steps = new StartSteps();
    steps.enter('choosing', 'http://s', 0);
    steps.queue({ place: 3, length: 5, expectedWait: 130 }, 1_000);
    steps.queue({ place: 2, length: 5 }, 3_000);
    expect(steps.all.at(-1)).toMatchObject({ name: 'queue', detail: 'You are 2nd of 5 in line.', begin: 1_000 });
    steps.enter('connecting', 'ws://server', 5_000);

    expect(steps.all.map(({ name, begin, end }) => [name, begin, end])).toEqual([
      ['choosing', 0, 1_000],
      ['queue', 1_000, 5_000],
      ['connecting', 5_000, undefined],
    ]);
  });

  it('waits in line at a simulation server before the checkout', () => {
    const steps = new StartSteps();
    steps.enter('connecting', 'ws://server', 0);
    steps.enter('starting', 'url', 10);
    steps.progress(5, 'Starting simulation…', 10);
    steps.queue({ place: 1 }, 20);
    expect(steps.all.map(({ name }) => name)).toEqual(['connecting', 'queue']);
    steps.progress(30.5, 'Step 1/4', 100);

    expect(steps.all.map(({ name, begin, end }) => [name, begin, end])).toEqual([
      ['connecting', 0, 10],
      ['queue', 20, 100],
      ['checkout', 100, undefined],
    ]);
    expect(steps.all.at(-1)?.share).toBe(0.5);
  });

  it('launches at once where the project was there already', () => {
    const steps = new StartSteps();
    steps.enter('starting', 'url', 0);
    steps.enter('opening', 'ws://engine', 5);

    expect(steps.all.map(({ name }) => name)).toEqual(['checkout', 'launch']);
  });
});
