import { describe, expect, it } from 'vitest';
import { SpeedFactor } from '../../../src/web/speed-factor.ts';

describe('SpeedFactor', () => {
  it('is simulated time by time, of the last two seconds', () => {
    const factor = new SpeedFactor();
    for (let now = 0; now <= 5000; now += 100) factor.record(now, now < 2000 ? now : 2000 + 3 * (now - 2000));

    expect(factor.value).toBeCloseTo(3);
  });

  it('is not known at first, nor after a reset of the simulation', () => {
    const factor = new SpeedFactor();
    factor.record(0, 0);
    factor.record(100, 100);
    expect(factor.value).toBeUndefined();
    factor.record(1000, 1000);
    expect(factor.value).toBe(1);
    factor.record(1100, 0);
    expect(factor.value).toBeUndefined();
  });
});
