import type { Vector } from '../math/vector.ts';
import { numberOf, numbersOf, type SceneNode } from '../scene/scene-node.ts';

/** Points of a grid that can be hit (our choice; more than any number list of a scene may hold). */
const MAXIMUM_POINTS = 3_000_000;

/**
 * The surface of an `ElevationGrid`: one corner at the origin, x along the rows.
 * The first row of heights has y = 0 (Webots' reference of the node); heights that are not written are 0.
 */
export function gridTriangles(grid: SceneNode): { points: Vector[]; corners: number[] } {
  const columns = Math.floor(numberOf(grid, 'xDimension'));
  const rows = Math.floor(numberOf(grid, 'yDimension'));
  if (columns < 2 || rows < 2 || columns * rows > MAXIMUM_POINTS) return { points: [], corners: [] };
  const heights = numbersOf(grid, 'height');
  const xSpacing = numberOf(grid, 'xSpacing');
  const ySpacing = numberOf(grid, 'ySpacing');
  const points: Vector[] = [];
  const corners: number[] = [];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const height = heights[row * columns + column] ?? 0;
      points.push([column * xSpacing, row * ySpacing, height]);
      if (row === 0 || column === 0) continue;
      const here = row * columns + column;
      const left = here - 1;
      const below = here - columns;
      // Cut from the corner at the origin to the one across, as clients do.
      corners.push(below - 1, below, here, below - 1, here, left);
    }
  }
  return { points, corners };
}
