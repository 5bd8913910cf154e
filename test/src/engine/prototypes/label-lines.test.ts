import { describe, expect, it } from 'vitest';
import { labelLines } from '../../../../src/engine/prototypes/label-lines.ts';

describe('labelLines', () => {
  it('draws letters as lines around the middle, no wider than 1 and no higher than wide', () => {
    for (const text of ['L', 'Moose', 'E-puck_2', 'A'.repeat(100)]) {
      const { points, segments } = labelLines(text);
      expect(segments.length).toBeGreaterThan(1);
      for (const [right, up] of points) {
        expect(Math.abs(right)).toBeLessThanOrEqual(0.5);
        expect(Math.abs(up)).toBeLessThanOrEqual(0.5);
      }
      expect(segments.flat().every((point) => point < points.length)).toBe(true);
    }
  });

  it('draws an L from above to the lower right', () => {
    const { points, segments } = labelLines('l');

    const [top, corner, end] = points as [[number, number], [number, number], [number, number]];
    expect(segments).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(top[0]).toBe(corner[0]);
    expect(top[1]).toBeGreaterThan(corner[1]);
    expect(end[0]).toBeGreaterThan(corner[0]);
    expect(end[1]).toBe(corner[1]);
  });

  it('draws nothing of what it has no letters for', () => {
    expect(labelLines('木')).toEqual({ points: [], segments: [] });
    expect(labelLines('')).toEqual({ points: [], segments: [] });
  });
});
