import { describe, expect, it } from 'vitest';
import { type ActorView, type Entry, RECORDING_FORMAT } from '../../../../src/inspection/recording.ts';
import { lastEntries } from '../../../../src/web/inspect/entry-filter.ts';
import { MOST_ENTRIES, RecordingWindow } from '../../../../src/web/inspect/recording-window.ts';

const created = (n: number, id: string): Entry => ({
  n,
  at: n / 2,
  type: 'actor',
  actor: { id, name: id, kind: 'machine' },
});
const step = (n: number, actor: string, state: string): Entry => ({
  n,
  at: n / 2,
  type: 'step',
  actor,
  event: state,
  status: state === 'gone' ? 'done' : 'active',
  states: [state],
  moves: [{ source: 'any', target: state }],
});

function part(entries: readonly Entry[], isAnew: boolean, baseline: readonly ActorView[] = []) {
  const head = { format: RECORDING_FORMAT, startedOn: 'once', version: '1.2.3', isOn: true, isFile: false } as const;
  return { ...head, isAnew, now: 0, hasMore: false, baseline, entries };
}

function windowOf(entries: readonly Entry[]): RecordingWindow {
  const window = new RecordingWindow();
  window.add(part(entries, true));
  return window;
}

describe('RecordingWindow, of an excerpt between whose numbers there are gaps,', () => {
  const entries = [created(10, 'a'), step(50, 'a', 'one'), step(60, 'a', 'two'), step(90, 'a', 'three')];
  const window = windowOf(entries);
  const stateAt = (n: number) => window.actorsAt(n).get('a')?.states.join();

  it('tells where the actors stood, forwards and backwards', () => {
    const moments = [9, 10, 49, 50, 60, 75, 90, 99];
    const states = [undefined, '', '', 'one', 'two', 'two', 'three', 'three'];

    expect(moments.map(stateAt)).toEqual(states);
    expect(moments.toReversed().map(stateAt)).toEqual(states.toReversed());
  });

  it('tells the time of a moment', () => {
    expect([9, 10, 49, 50, 60, 75, 90, 99].map((n) => window.timeAt(n))).toEqual([5, 5, 5, 25, 30, 30, 45, 45]);
    expect(new RecordingWindow().timeAt(0)).toBe(0);
  });

  it('counts the entries up to a moment, and names the moment after so many', () => {
    expect([9, 10, 49, 50, 60, 90, 99].map((n) => window.indexAfter(n))).toEqual([0, 1, 1, 2, 3, 4, 4]);
    expect([0, 1, 2, 3, 4, 5].map((count) => window.numberAt(count))).toEqual([9, 10, 50, 60, 90, 90]);
  });

  it('has the last entries up to a moment', () => {
    const upTo = (n: number) =>
      lastEntries(window, n, window.actorsAt(n), { text: '', within: undefined }, 2).map((entry) => entry.n);

    expect([9, 10, 60, 90].map(upTo)).toEqual([[], [10], [60, 50], [90, 60]]);
  });
});

describe('RecordingWindow, when entries make room,', () => {
  /** More than a page holds, in parts as the server gives them: short lives of two entries beside a long one. */
  function manyLives(seen: (window: RecordingWindow) => void): RecordingWindow {
    const window = windowOf([created(1, 'long'), step(2, 'long', 'one')]);
    while (window.last < 1.2 * MOST_ENTRIES) {
      const lives = Array.from({ length: 1_000 }, (_, index) => window.last + 1 + 2 * index);
      window.add(
        part(
          lives.flatMap((n) => [created(n, `x:${n}`), step(n + 1, `x:${n}`, 'gone')]),
          false,
        ),
      );
      seen(window);
    }
    return window;
  }

  it.each([
    ['the last moment is looked at', (window: RecordingWindow) => window.actorsAt(window.last)],
    ['the first moment is looked at', (window: RecordingWindow) => window.actorsAt(window.first - 1)],
    ['none is looked at', () => undefined],
  ])('forgets who ended before the first that is kept, while %s', (_, look) => {
    const window = manyLives(look);

    expect(window.entries.length).toBeLessThanOrEqual(MOST_ENTRIES);
    expect([...window.actorsAt(window.first - 1).keys()]).toEqual(['long']);
    const after = window.actorsAt(window.last);
    expect(after.size).toBe(1 + window.entries.length / 2);
    expect(after.get('long')?.states).toEqual(['one']);
    expect(after.get(`x:${window.last - 1}`)?.status).toBe('done');
  });

  it('goes on from the last moment that was looked at', () => {
    const window = manyLives((each) => each.actorsAt(each.last));
    const before = window.actorsAt(window.last);
    const more = Array.from({ length: MOST_ENTRIES / 2 }, (_, index) =>
      step(window.last + 1 + index, 'long', index % 2 ? 'one' : 'two'),
    );
    window.add(part(more, false));

    expect(window.actorsAt(window.last)).toBe(before);
    expect(before.get('long')?.visits).toEqual({
      one: { count: 1 + more.length / 2, time: expect.any(Number) },
      two: { count: more.length / 2, time: more.length / 4 },
    });
  });
});
