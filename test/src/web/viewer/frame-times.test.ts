import { describe, expect, it } from 'vitest';
import { FrameTimes } from '../../../../src/web/viewer/frame-times.ts';

describe('FrameTimes', () => {
  it('tells the median of frames that follow each other', () => {
    const times = new FrameTimes();
    for (const now of [0, 10, 30, 40, 50]) times.record(now);

    expect(times.median).toBe(10);
  });

  it('does not count the time in which the picture stood still', () => {
    const times = new FrameTimes();
    times.record(0);
    expect(times.median).toBeUndefined();
    times.pause();
    times.record(100);
    times.record(5000);
    expect(times.median).toBeUndefined();
    times.record(5016);

    expect(times.median).toBe(16);
  });
});
