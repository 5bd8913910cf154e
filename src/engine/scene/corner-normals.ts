import { add, cross, subtract, type Vector } from '../math/vector.ts';
import { nodesOf, numberOf, numbersOf, type SceneNode } from './scene-node.ts';
import { pointAt, type Triangles } from './triangles.ts';

/** Triangles at one point that are smoothed; around more of them all are flat (our choice, against work that grows as its square). */
const MOST_NEIGHBOURS = 64;

/** Angles that are as wide as `creaseAngle` count as smooth in spite of rounding, in parts of 1 (our choice). */
const TOLERANCE = 1e-6;

/**
 * The directions that the corners of a face set's triangles face, each of length
 * 1: those that it has, or else those of its faces, smoothed where they are bent
 * by no more than its `creaseAngle`.
 *
 * @param vertices where the corners are
 */
export function cornerNormals(faceSet: SceneNode, triangles: Triangles, vertices: readonly Vector[]): Vector[] {
  const given = nodesOf(faceSet, 'normal').find(({ type }) => type === 'Normal');
  const normals = given === undefined ? [] : numbersOf(given, 'vector');
  if (normals.length >= 3) return givenNormals(faceSet, normals, triangles);
  const flat = vertices.flatMap((first, index) =>
    index % 3 === 0 ? [cross(subtract(vertices[index + 1]!, first), subtract(vertices[index + 2]!, first))] : [],
  );
  const creaseAngle = numberOf(faceSet, 'creaseAngle');
  if (creaseAngle <= 0) return vertices.map((_, index) => unit(flat[Math.floor(index / 3)]!));
  return creasedNormals(triangles, flat, Math.cos(Math.min(creaseAngle, Math.PI)) - TOLERANCE);
}

function givenNormals(
  faceSet: SceneNode,
  normals: readonly number[],
  { corners, positions, faces }: Triangles,
): Vector[] {
  const normalIndex = numbersOf(faceSet, 'normalIndex');
  const isPerVertex = faceSet.values.normalPerVertex !== false;
  return corners.map((corner, index) => {
    const place = isPerVertex ? positions[index]! : faces[index]!;
    return unit(pointAt(normals, normalIndex[place] ?? (isPerVertex ? corner : place)));
  });
}

/** @param flat normals of the triangles, as long as these are wide */
function creasedNormals({ corners }: Triangles, flat: readonly Vector[], leastCosine: number): Vector[] {
  const directions = flat.map(unit);
  const around = new Map<number, number[]>();
  for (const [index, corner] of corners.entries()) {
    const triangles = around.get(corner);
    if (triangles === undefined) around.set(corner, [Math.floor(index / 3)]);
    else triangles.push(Math.floor(index / 3));
  }
  return corners.map((corner, index) => {
    const own = Math.floor(index / 3);
    const neighbours = around.get(corner)!;
    if (neighbours.length > MOST_NEIGHBOURS) return directions[own]!;
    const near = neighbours.filter(
      (other) => other === own || dot(directions[other]!, directions[own]!) >= leastCosine,
    );
    return unit(near.map((other) => flat[other]!).reduce(add));
  });
}

function dot([ax, ay, az]: Vector, [bx, by, bz]: Vector): number {
  return ax * bx + ay * by + az * bz;
}

/** Vertical for what has no length. */
function unit([x, y, z]: Vector): Vector {
  const length = Math.hypot(x, y, z);
  return length === 0 ? [0, 0, 1] : [x / length, y / length, z / length];
}
