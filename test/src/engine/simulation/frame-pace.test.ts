import { describe, expect, it } from 'vitest';
import { FramePace } from '../../../../src/engine/simulation/frame-pace.ts';

describe('FramePace', () => {
  it.each([
    [60, 16, 60],
    [60, 1, 60],
    [60, 32, 31.25],
    [10, 16, 10],
  ])('allows at %s frames a second and a step every %s ms some %s frames a second', (limit, step, expected) => {
    const pace = new FramePace(limit);
    let frames = 0;
    for (let now = 0; now < 10_000; now += step) if (pace.isDue(now)) frames++;

    expect(frames / 10).toBeGreaterThan(expected * 0.95);
    expect(frames / 10).toBeLessThanOrEqual(expected * 1.01);
  });

  it('makes up for at most one frame that was not wanted', () => {
    const pace = new FramePace(50);
    pace.isDue(0);

    expect([1_000, 1_001, 1_002, 1_019, 1_020].map((now) => pace.isDue(now))).toEqual([true, true, false, false, true]);
  });
});
