import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import {
  child,
  getChild,
  restartChild,
  type SupervisorRef,
  startChild,
  stopChild,
  supervisor,
} from '../../machines/supervisor.ts';
import { type Diary, startSupervisor, states, timersOf, worker, workers } from '../fixtures/supervised.ts';

describe('supervisor: restart', () => {
  it.each([
    ['permanent', 'crash', 'restarted'],
    ['permanent', 'finish', 'restarted'],
    ['transient', 'crash', 'restarted'],
    ['transient', 'finish', 'kept'],
    ['temporary', 'crash', 'forgotten'],
    ['temporary', 'finish', 'forgotten'],
  ] as const)('a %s child that ends by %s is %s', (restart, event, outcome) => {
    const { ref, send } = startSupervisor({ children: workers(['a'], [], { restart }) });
    const before = getChild(ref, 'a');
    send('a', event);

    expect(getChild(ref, 'a')).not.toBe(before);
    expect(states(ref)).toEqual({ restarted: ['a:running'], kept: ['a:stopped'], forgotten: [] }[outcome]);
  });

  it.each([
    ['oneForOne', ['+b']],
    ['oneForAll', ['-d', '-c', '-a', '+a', '+b', '+d']],
    ['restForOne', ['-d', '-c', '+b', '+d']],
  ] as const)('%s restarts whom the end concerns, in order, but for temporary children', (strategy, expected) => {
    const diary: Diary = [];
    const children = [
      ...workers(['a', 'b'], diary),
      ...workers(['c'], diary, { restart: 'temporary' }),
      ...workers(['d'], diary),
    ];
    const { send } = startSupervisor({ strategy, children });
    diary.length = 0;
    send('b', 'crash');

    expect(diary).toEqual(expected);
  });

  it.each([
    [5_000, 'error'],
    [5_001, 'active'],
  ] as const)('by default, with two crashes within %i ms, is %s', (gap, status) => {
    const { ref, clock, send } = startSupervisor({ children: workers(['a'], []) });
    send('a', 'crash');
    clock.increment(gap);
    send('a', 'crash');

    expect(ref.getSnapshot().status).toBe(status);
  });

  it('waits longer before each restart in a row, up to the cap, and starts over after a good while', () => {
    const { clock, ref, send } = startSupervisor({
      intensity: 100,
      backoff: { initial: 50, max: 200, resetAfter: 1_000 },
      children: workers(['a'], []),
    });
    const waitAfterCrash = () => {
      send('a', 'crash');
      let waited = 0;
      for (; states(ref)[0] === 'a:restarting'; waited += 10) clock.increment(10);
      return waited;
    };

    expect([1, 2, 3, 4].map(waitAfterCrash)).toEqual([50, 100, 200, 200]);
    clock.increment(1_000);
    expect(waitAfterCrash()).toBe(50);
  });

  it.each([
    [6_999, 200],
    [7_000, 100],
  ] as const)(
    'by default starts over after a child that ran for its period of 7 s: after %i ms it waits %i ms',
    (ran, wait) => {
      const { clock, ref, send } = startSupervisor({
        intensity: 100,
        period: 7_000,
        backoff: { initial: 100 },
        children: workers(['a'], []),
      });
      send('a', 'crash');
      clock.increment(100);
      clock.increment(ran);
      send('a', 'crash');

      clock.increment(wait - 1);
      expect(states(ref)).toEqual(['a:restarting']);
      clock.increment(1);
      expect(states(ref)).toEqual(['a:running']);
    },
  );

  it('counts a start that fails as one more restart', () => {
    let starts = 0;
    const flaky = createMachine({
      entry: () => {
        if (++starts > 1) throw new Error(`start ${starts} failed`);
      },
      on: {
        crash: {
          actions: () => {
            throw new Error('crashed');
          },
        },
      },
    });
    const { ends, reports, send } = startSupervisor({ intensity: 3, children: [child({ id: 'a', src: flaky })] });
    send('a', 'crash');

    expect(starts).toBe(4);
    expect(ends).toMatchObject([{ cause: { message: 'start 4 failed' } }]);
    expect(reports.map(({ errorContext }) => errorContext)).toEqual([
      'childTerminated',
      'startError',
      'startError',
      'startError',
      'shutdown',
    ]);
  });

  it('takes the siblings down while the child that concerns them waits, and starts all together', () => {
    const diary: Diary = [];
    const { ref, clock, send } = startSupervisor({
      strategy: 'restForOne',
      backoff: { initial: 100 },
      children: workers(['a', 'b', 'c'], diary),
    });
    diary.length = 0;
    send('b', 'crash');
    expect(states(ref)).toEqual(['a:running', 'b:restarting', 'c:stopped']);

    clock.increment(100);
    expect(diary).toEqual(['-c', '+b', '+c']);
  });

  it('does not count the end of a sibling that is about to be stopped as a crash', () => {
    const { ref, clock, ends, send } = startSupervisor({
      strategy: 'oneForAll',
      intensity: 1,
      children: [
        ...workers(['a'], []),
        child({ id: 'deaf', src: worker('deaf', [], { isDeaf: true }), shutdown: 100 }),
        ...workers(['c'], []),
      ],
    });
    send('c', 'crash');
    send('a', 'crash');
    clock.increment(100);

    expect(ends).toEqual([]);
    expect(states(ref)).toEqual(['a:running', 'deaf:running', 'c:running']);
  });

  it('judges the crash of an earlier sibling once the later ones have been restarted', () => {
    const diary: Diary = [];
    const { clock, send } = startSupervisor({
      strategy: 'restForOne',
      intensity: 5,
      children: [
        ...workers(['a', 'b'], diary),
        child({ id: 'deaf', src: worker('deaf', diary, { isDeaf: true }), shutdown: 100 }),
      ],
    });
    send('b', 'crash');
    send('a', 'crash');
    diary.length = 0;
    clock.increment(100);
    expect(diary).toEqual(['+b', '+deaf']);

    clock.increment(100);
    expect(diary).toEqual(['+b', '+deaf', '-b', '+a', '+b', '+deaf']);
  });

  it('lets no timer of an earlier stop or wait touch a child that was started since', async () => {
    const deaf = child({ id: 'a', src: worker('a', [], { isDeaf: true }), shutdown: 100 });
    const { ref, clock, send } = startSupervisor({ intensity: 9, backoff: { initial: 100 }, children: [deaf] });
    void stopChild(ref, 'a');
    clock.increment(50);
    send('a', 'finish');
    await restartChild(ref, 'a');
    void stopChild(ref, 'a');
    clock.increment(99);
    expect(states(ref)).toEqual(['a:stopping']);
    clock.increment(1);
    expect(states(ref)).toEqual(['a:stopped']);

    await restartChild(ref, 'a');
    send('a', 'crash');
    clock.increment(50);
    await stopChild(ref, 'a');
    expect(timersOf(clock)).toBe(0);
  });
});

describe('supervisor: giving up', () => {
  it('stops its children in reverse, fails, and is restarted by the supervisor above', () => {
    const diary: Diary = [];
    const pool = supervisor({ intensity: 0, children: workers(['a', 'b', 'c'], diary) });
    const { ref, reports } = startSupervisor({ children: [child({ id: 'pool', src: pool })] });
    const before = getChild(ref, 'pool') as SupervisorRef;
    diary.length = 0;
    getChild(before, 'b')?.send({ type: 'crash' });

    expect(diary).toEqual(['-c', '-a', '+a', '+b', '+c']);
    expect(getChild(ref, 'pool')).not.toBe(before);
    expect(reports.at(-1)).toMatchObject({
      supervisor: 'root',
      errorContext: 'childTerminated',
      reason: {
        message: "Supervisor 'root/pool': more than 0 restarts within 5000 ms, at last of 'b'",
        cause: { message: 'b crashed' },
      },
    });
  });

  it('fails all the way up if every level gives up', () => {
    const pool = supervisor({ intensity: 0, children: workers(['a'], []) });
    const { ref, ends } = startSupervisor({ intensity: 0, children: [child({ id: 'pool', src: pool })] });
    getChild(getChild(ref, 'pool') as SupervisorRef, 'a')?.send({ type: 'crash' });

    expect(ends).toMatchObject([{ cause: { cause: { message: 'a crashed' } } }]);
    expect(ref.getSnapshot()).toMatchObject({ status: 'error', active: 0 });
  });

  it('gives up after exactly intensity + 1 crashes of many children', async () => {
    const { ref, send } = startSupervisor({ intensity: 1_000, period: 60_000 });
    for (let index = 0; index < 10; index++) await startChild(ref, { id: `w${index}`, src: worker(`w${index}`) });
    for (let crash = 0; crash < 1_000; crash++) send(`w${crash % 10}`, 'crash');
    expect(ref.getSnapshot()).toMatchObject({ status: 'active', active: 10 });

    send('w0', 'crash');
    expect(ref.getSnapshot()).toMatchObject({ status: 'error', active: 0 });
  });
});
