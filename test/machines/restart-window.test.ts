import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addRestart, backoffDelay, countFailures } from '../../machines/restart-window.ts';

describe('restart window', () => {
  it('holds a restart for the whole period, and no longer', () => {
    const rules = { intensity: 1, period: 5_000 };
    expect(addRestart([1_000], 6_000, rules)).toEqual({ restarts: [1_000, 6_000], isExceeded: true });
    expect(addRestart([1_000], 6_001, rules)).toEqual({ restarts: [6_001], isExceeded: false });
  });

  it('is exceeded by the first restart where none is allowed, and never where there is no limit', () => {
    expect(addRestart([], 0, { intensity: 0, period: 0 }).isExceeded).toBe(true);
    expect(addRestart([], 0, { intensity: Infinity, period: 5_000 })).toEqual({ restarts: [], isExceeded: false });
  });

  it('is exceeded exactly if more than intensity restarts lie within the period, and stays small', () => {
    const gaps = fc.array(fc.nat(300), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(gaps, fc.nat(5), fc.nat(1_000), (distances, intensity, period) => {
        const all: number[] = [];
        let restarts: readonly number[] = [];
        for (const distance of distances) {
          const now = (all.at(-1) ?? 0) + distance;
          all.push(now);
          const window = addRestart(restarts, now, { intensity, period });
          expect(window.isExceeded).toBe(all.filter((restart) => now - restart <= period).length > intensity);
          expect(window.restarts.length).toBeLessThanOrEqual(intensity + 1);
          restarts = window.restarts;
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('backoff', () => {
  it('grows by its factor up to its cap, for any number of failures', () => {
    const backoff = { initial: 50, factor: 2, max: 30_000 };
    expect([1, 2, 3, 10, 11, 5_000].map((failures) => backoffDelay(failures, backoff))).toEqual([
      50, 100, 200, 25_600, 30_000, 30_000,
    ]);
  });

  it('counts failures in a row, and starts over after a child that ran long enough', () => {
    expect(countFailures(7, 4_999, 5_000)).toBe(8);
    expect(countFailures(7, 5_000, 5_000)).toBe(1);
  });
});
