import type { FaceSet } from './face-set.ts';

/** An ElevationGrid as it is written; lengths in metres. */
export interface Grid {
  readonly heights: readonly number[];
  readonly xDimension: number;
  readonly yDimension: number;
  readonly xSpacing: number;
  readonly ySpacing: number;
  readonly creaseAngle: number;
}

/** Most points of a grid (our choice). */
const MOST_POINTS = 500_000;

/** The faces between the points of a grid, whose first point is at its corner; nothing for a grid without cells. */
export function faceSetOfGrid({ heights, xDimension, yDimension, xSpacing, ySpacing, creaseAngle }: Grid): FaceSet {
  const [columns, rows] = [Math.floor(xDimension), Math.floor(yDimension)];
  const isUsable = columns >= 2 && rows >= 2 && columns * rows <= MOST_POINTS;
  const points: number[] = [];
  const textures: number[] = [];
  const coordIndex: number[] = [];
  for (let row = 0; isUsable && row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const index = row * columns + column;
      points.push(column * xSpacing, row * ySpacing, heights[index] ?? 0);
      textures.push(column / (columns - 1), row / (rows - 1));
      if (column + 1 === columns || row + 1 === rows) continue;
      const above = index + columns;
      coordIndex.push(index, index + 1, above + 1, -1, index, above + 1, above, -1);
    }
  }
  return {
    points,
    coordIndex,
    normals: [],
    normalIndex: [],
    normalPerVertex: true,
    textures,
    texCoordIndex: [],
    creaseAngle,
    isCounterClockwise: true,
  };
}
