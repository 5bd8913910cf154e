import type { Vector } from '../math/vector.ts';
import { runAtOnce } from '../turns.ts';
import { nodesOf, numberOf, numbersOf, type SceneNode } from './scene-node.ts';
import { pointAt, pointsOf, type Triangles } from './triangles.ts';

/** Triangles at one point that are smoothed; around more of them all are flat (our choice, against work that grows as its square). */
const MOST_NEIGHBOURS = 64;

/** Corners after which other work may have its turn (our choice: some 1 ms). */
const SLICE = 9_999;

/** Angles that are as wide as `creaseAngle` count as smooth in spite of rounding, in parts of 1 (our choice). */
const TOLERANCE = 1e-6;

/**
 * The directions that the corners of a face set's triangles face, each of length
 * 1: those that it has, or else those of its faces, smoothed where they are bent
 * by no more than its `creaseAngle`. Each is worked out when it is asked for.
 */
export function cornerNormals(faceSet: SceneNode, triangles: Triangles): (corner: number) => Vector {
  return runAtOnce(cornerNormalsInSlices(faceSet, triangles));
}

/** The same, and hands over between slices of what is worked out for all of them. */
export function* cornerNormalsInSlices(
  faceSet: SceneNode,
  triangles: Triangles,
): Generator<void, (corner: number) => Vector, undefined> {
  const given = nodesOf(faceSet, 'normal').find(({ type }) => type === 'Normal');
  const normals = given === undefined ? [] : numbersOf(given, 'vector');
  if (normals.length >= 3) return givenNormals(faceSet, normals, triangles);
  const flat = yield* flatNormals(pointsOf(faceSet), triangles.corners);
  const creaseAngle = numberOf(faceSet, 'creaseAngle');
  if (creaseAngle <= 0) return (corner) => unit(vectorAt(flat, Math.floor(corner / 3)));
  const around = yield* trianglesAround(triangles.corners);
  return creasedNormals(triangles, around, flat, Math.cos(Math.min(creaseAngle, Math.PI)) - TOLERANCE);
}

function givenNormals(
  faceSet: SceneNode,
  normals: readonly number[],
  { corners, positions, faces }: Triangles,
): (corner: number) => Vector {
  const normalIndex = numbersOf(faceSet, 'normalIndex');
  const isPerVertex = faceSet.values.normalPerVertex !== false;
  return (corner) => {
    const place = isPerVertex ? positions[corner]! : faces[corner]!;
    return unit(pointAt(normals, normalIndex[place] ?? (isPerVertex ? corners[corner]! : place)));
  };
}

/** @param flat normals of the triangles, as long as these are wide */
function creasedNormals(
  { corners }: Triangles,
  { starts, triangles }: { starts: Int32Array; triangles: Int32Array },
  flat: Float64Array,
  leastCosine: number,
): (corner: number) => Vector {
  return (corner) => {
    const own = Math.floor(corner / 3);
    const [x, y, z] = unit(vectorAt(flat, own));
    const point = corners[corner]!;
    const [start, end] = [starts[point]!, starts[point + 1]!];
    if (end - start > MOST_NEIGHBOURS) return [x, y, z];
    let [sumX, sumY, sumZ] = [0, 0, 0];
    for (let index = start; index < end; index++) {
      const other = triangles[index]!;
      const [a, b, c] = [flat[3 * other]!, flat[3 * other + 1]!, flat[3 * other + 2]!];
      // One without an area faces no direction, and adds nothing.
      if (other !== own && a * x + b * y + c * z < leastCosine * Math.hypot(a, b, c)) continue;
      sumX += a;
      sumY += b;
      sumZ += c;
    }
    return unit([sumX, sumY, sumZ]);
  };
}

/** Of each triangle, the direction that it faces, as long as it is wide; three numbers each. */
function* flatNormals(points: readonly number[], corners: readonly number[]): Generator<void, Float64Array, undefined> {
  const flat = new Float64Array(corners.length);
  for (let corner = 0; corner + 2 < corners.length; corner += 3) {
    const [a, b, c] = [3 * corners[corner]!, 3 * corners[corner + 1]!, 3 * corners[corner + 2]!];
    const [x, y, z] = [points[a]!, points[a + 1]!, points[a + 2]!];
    const [ux, uy, uz] = [points[b]! - x, points[b + 1]! - y, points[b + 2]! - z];
    const [vx, vy, vz] = [points[c]! - x, points[c + 1]! - y, points[c + 2]! - z];
    flat[corner] = uy * vz - uz * vy;
    flat[corner + 1] = uz * vx - ux * vz;
    flat[corner + 2] = ux * vy - uy * vx;
    if (corner % SLICE === 0) yield;
  }
  return flat;
}

/** For each point, where in `triangles` those begin that have a corner there. */
function* trianglesAround(
  corners: readonly number[],
): Generator<void, { starts: Int32Array; triangles: Int32Array }, undefined> {
  const pointCount = corners.reduce((most, corner) => Math.max(most, corner + 1), 0);
  const starts = new Int32Array(pointCount + 1);
  yield;
  for (const corner of corners) starts[corner + 1]!++;
  yield;
  for (let point = 0; point < pointCount; point++) starts[point + 1]! += starts[point]!;
  yield;
  const next = starts.slice();
  const triangles = new Int32Array(corners.length);
  for (let index = 0; index < corners.length; index++) {
    triangles[next[corners[index]!]!++] = Math.floor(index / 3);
    if (index % SLICE === 0) yield;
  }
  return { starts, triangles };
}

function vectorAt(values: Float64Array, index: number): Vector {
  return [values[3 * index]!, values[3 * index + 1]!, values[3 * index + 2]!];
}

/** Vertical for what has no length. */
function unit([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z);
  return length === 0 ? [0, 0, 1] : [x / length, y / length, z / length];
}
