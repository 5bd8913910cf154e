import type { Vector } from '../math/vector.ts';
import { runAtOnce } from '../turns.ts';
import { nodesOf, numbersOf, type SceneNode } from './scene-node.ts';

/** Corners after which other work may have its turn (our choice: some 1 ms). */
const SLICE = 10_000;

/** Triangles of a mesh, corner by corner. */
export interface Triangles {
  /** For each corner the number of its point. */
  readonly corners: readonly number[];
  /** For each corner the position of its index in the field `coordIndex`, which other index fields share. */
  readonly positions: readonly number[];
  /** For each corner the number of its polygon. */
  readonly faces: readonly number[];
}

/**
 * Cuts the polygons of an `IndexedFaceSet` into triangles around their first
 * corners, which run anticlockwise as seen from where they face. A polygon with an
 * index that names no point is left out.
 */
export function trianglesOf(faceSet: SceneNode): Triangles {
  return runAtOnce(trianglesInSlices(faceSet));
}

/** The same, and hands over between slices of the work. */
export function* trianglesInSlices(faceSet: SceneNode): Generator<void, Triangles, undefined> {
  const pointCount = pointsOf(faceSet).length / 3;
  const coordIndex = numbersOf(faceSet, 'coordIndex');
  const corners: number[] = [];
  const positions: number[] = [];
  const faces: number[] = [];
  const turn = faceSet.values.ccw === false ? 0 : 1;
  let start = 0;
  let face = 0;
  for (let end = 0; end <= coordIndex.length; end++) {
    if (end < coordIndex.length && coordIndex[end] !== -1) continue;
    const polygon = coordIndex.slice(start, end);
    if (polygon.every((index) => Number.isInteger(index) && index >= 0 && index < pointCount)) {
      for (let corner = 2; corner < polygon.length; corner++) {
        const [second, third] = [corner - turn, corner - 1 + turn];
        corners.push(polygon[0]!, polygon[second]!, polygon[third]!);
        positions.push(start, start + second, start + third);
        faces.push(face, face, face);
        if (corner % SLICE === 0) yield;
      }
    }
    start = end + 1;
    face++;
    if (face % SLICE === 0) yield;
  }
  return { corners, positions, faces };
}

/** The coordinates of a face set's points, three for each. */
export function pointsOf(faceSet: SceneNode): readonly number[] {
  const [coordinate] = nodesOf(faceSet, 'coord');
  if (coordinate?.type !== 'Coordinate') return [];
  const points = numbersOf(coordinate, 'point');
  return points.length % 3 === 0 ? points : points.slice(0, points.length - (points.length % 3));
}

export function pointAt(points: readonly number[], index: number): Vector {
  return [points[3 * index] ?? 0, points[3 * index + 1] ?? 0, points[3 * index + 2] ?? 0];
}
