import { expect, it } from 'vitest';
import { segmentsOf } from '../../../../src/web/viewer/line-segments.ts';

it('joins neighbours of a list of points, but not over a separator, nor to a point that is not there', () => {
  expect(segmentsOf([0, 1, 2, -1, 3, 0, -1, 4, 1], 4)).toEqual([0, 1, 1, 2, 3, 0]);
  expect(segmentsOf([], 4)).toEqual([]);
});
