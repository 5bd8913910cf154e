import { describe, expect, it } from 'vitest';
import { GrantRate } from '../../../src/session/grant-rate.ts';

/** A line that began at 1,000 ms, with grants at these times. */
function rateOf(...times: number[]): GrantRate {
  const rate = new GrantRate();
  rate.begin(1_000);
  for (const time of times) rate.record(time);
  return rate;
}

describe('GrantRate', () => {
  it('expects nothing before two grants', () => {
    expect(rateOf().expectedWait(1, 5_000)).toBeUndefined();
    expect(rateOf(2_000).expectedWait(1, 5_000)).toBeUndefined();
  });

  it('expects the mean time between grants for each place', () => {
    const rate = rateOf(11_000, 21_000);

    expect(rate.expectedWait(1, 21_000)).toBe(10_000);
    expect(rate.expectedWait(3, 21_000)).toBe(30_000);
  });

  it('expects more the longer nothing moves', () => {
    expect(rateOf(11_000, 21_000).expectedWait(1, 41_000)).toBe(20_000);
  });

  it('looks at the latest twenty grants', () => {
    const slow = Array.from({ length: 5 }, (_, index) => 100_000 * (index + 1));
    const fast = Array.from({ length: 20 }, (_, index) => 500_000 + 1_000 * (index + 1));

    expect(rateOf(...slow, ...fast).expectedWait(1, 520_000)).toBe(1_000);
  });

  it('forgets a line that has come to its end', () => {
    const rate = rateOf(2_000, 3_000);

    rate.begin(900_000);

    expect(rate.expectedWait(1, 900_000)).toBeUndefined();
  });
});
