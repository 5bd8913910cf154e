import type { Vector } from '../math/vector.ts';
import type { SceneNode } from '../scene/scene-node.ts';
import { pointsOf, trianglesInSlices } from '../scene/triangles.ts';
import { gridTriangles } from './elevation-grid.ts';

/** Triangles of which physics makes a surface at once: some 10 ms (our choice). */
export const MOST_TRIANGLES_AT_ONCE = 4_000;

/** Points of which physics makes a hull at once: some 20 ms (our choice). */
export const MOST_HULL_POINTS = 4_000;

/** Directions in which the outermost points of a larger mesh are looked for (our choice). */
const HULL_DIRECTIONS = 500;

/** Points that are looked at before other work may have its turn (our choice: some 1 ms). */
const SLICE = 500_000;

export interface Mesh {
  /** Three numbers for each. */
  readonly points: ArrayLike<number>;
  /** For each corner of a triangle the number of its point. */
  readonly corners: ArrayLike<number>;
}

/** A part of a surface, as physics takes it. */
export interface Patch {
  readonly points: Float32Array;
  readonly corners: Uint32Array;
}

/** The triangles of an `IndexedFaceSet` or an `ElevationGrid`; hands over between slices of the work. */
export function* meshOf(source: SceneNode): Generator<void, Mesh, undefined> {
  if (source.type === 'ElevationGrid') return yield* gridTriangles(source);
  const { corners } = yield* trianglesInSlices(source);
  return { points: pointsOf(source), corners };
}

/** The surface of a mesh in patches of at most `MOST_TRIANGLES_AT_ONCE` triangles, each with the points that it needs. */
export function* patchesOf({ points, corners }: Mesh, scale: Vector): Generator<Patch, void, undefined> {
  const step = 3 * MOST_TRIANGLES_AT_ONCE;
  for (let start = 0; start < corners.length; start += step) {
    const numbers = new Map<number, number>();
    const patchCorners = new Uint32Array(Math.min(step, corners.length - start));
    for (let index = 0; index < patchCorners.length; index++) {
      const corner = corners[start + index]!;
      const number = numbers.get(corner) ?? numbers.size;
      numbers.set(corner, number);
      patchCorners[index] = number;
    }
    const patchPoints = new Float32Array(3 * numbers.size);
    for (const [corner, number] of numbers) copyPoint(points, corner, scale, patchPoints, number);
    yield { points: patchPoints, corners: patchCorners };
  }
}

/**
 * The points that a hull is made of: all of them, or of more than `MOST_HULL_POINTS` those that are outermost in one of
 * `HULL_DIRECTIONS` directions. Hands over between slices of the work.
 */
export function* hullPointsOf({ points }: Mesh, scale: Vector): Generator<void, Float32Array, undefined> {
  const count = points.length / 3;
  const chosen = count <= MOST_HULL_POINTS ? undefined : yield* outermost(points, scale);
  const all = new Float32Array(3 * (chosen?.length ?? count));
  for (let number = 0; 3 * number < all.length; number++)
    copyPoint(points, chosen?.[number] ?? number, scale, all, number);
  return all;
}

function* outermost(points: ArrayLike<number>, scale: Vector): Generator<void, readonly number[], undefined> {
  const chosen = new Set<number>();
  let work = 0;
  for (let number = 0; number < HULL_DIRECTIONS; number++) {
    const [x, y, z] = direction(number);
    const [a, b, c] = [x * scale[0], y * scale[1], z * scale[2]];
    let best = 0;
    let most = Number.NEGATIVE_INFINITY;
    for (let point = 0; point < points.length; point += 3) {
      const distance = a * points[point]! + b * points[point + 1]! + c * points[point + 2]!;
      if (distance > most) {
        most = distance;
        best = point / 3;
      }
      if (++work % SLICE === 0) yield;
    }
    chosen.add(best);
  }
  return [...chosen];
}

/** Directions that are spread evenly, along a spiral around the z axis. */
function direction(number: number): Vector {
  const z = 1 - (2 * number + 1) / HULL_DIRECTIONS;
  const angle = number * Math.PI * (3 - Math.sqrt(5));
  const radius = Math.sqrt(1 - z * z);
  return [radius * Math.cos(angle), radius * Math.sin(angle), z];
}

function copyPoint(from: ArrayLike<number>, place: number, [x, y, z]: Vector, to: Float32Array, number: number): void {
  to[3 * number] = from[3 * place]! * x;
  to[3 * number + 1] = from[3 * place + 1]! * y;
  to[3 * number + 2] = from[3 * place + 2]! * z;
}
