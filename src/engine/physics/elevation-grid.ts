import { numberOf, numbersOf, type SceneNode } from '../scene/scene-node.ts';
import type { Mesh } from './mesh.ts';

/** Points of a grid that can be hit (our choice; more than any number list of a scene may hold). */
const MAXIMUM_POINTS = 3_000_000;

/** Whether a grid has a surface that can be hit. */
export function isGridSolid(grid: SceneNode): boolean {
  const [columns, rows] = sizeOf(grid);
  return columns >= 2 && rows >= 2 && columns * rows <= MAXIMUM_POINTS;
}

/**
 * The surface of an `ElevationGrid`: one corner at the origin, x along the rows.
 * The first row of heights has y = 0 (Webots' reference of the node); heights that are not written are 0.
 * Hands over between rows.
 */
export function* gridTriangles(grid: SceneNode): Generator<void, Mesh, undefined> {
  if (!isGridSolid(grid)) return { points: [], corners: [] };
  const [columns, rows] = sizeOf(grid);
  const heights = numbersOf(grid, 'height');
  const xSpacing = numberOf(grid, 'xSpacing');
  const ySpacing = numberOf(grid, 'ySpacing');
  const points = new Float64Array(3 * columns * rows);
  const corners = new Uint32Array(6 * (columns - 1) * (rows - 1));
  let cornerCount = 0;
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const here = row * columns + column;
      points.set([column * xSpacing, row * ySpacing, heights[here] ?? 0], 3 * here);
      if (row === 0 || column === 0) continue;
      const left = here - 1;
      const below = here - columns;
      // Cut from the corner at the origin to the one across, as clients do.
      corners.set([below - 1, below, here, below - 1, here, left], cornerCount);
      cornerCount += 6;
    }
    yield;
  }
  return { points, corners };
}

function sizeOf(grid: SceneNode): [columns: number, rows: number] {
  return [Math.floor(numberOf(grid, 'xDimension')), Math.floor(numberOf(grid, 'yDimension'))];
}
