import { MOST_TRIANGLES } from './bounds.ts';

/** An IndexedFaceSet as it is written: index lists separate faces by −1. */
export interface FaceSet {
  readonly points: readonly number[];
  readonly coordIndex: readonly number[];
  readonly normals: readonly number[];
  readonly normalIndex: readonly number[];
  readonly normalPerVertex: boolean;
  readonly textures: readonly number[];
  readonly texCoordIndex: readonly number[];
  /** Radians up to which the edge between two faces is drawn round. */
  readonly creaseAngle: number;
  readonly isCounterClockwise: boolean;
}

/** Triangles with three corners each, which share nothing. */
export interface Triangles {
  readonly positions: Float32Array;
  readonly normals: Float32Array;
  /** Two numbers a corner; empty where the set has no texture coordinates. */
  readonly textures: Float32Array;
}

type Vector = readonly [number, number, number];

interface Corner {
  readonly point: number;
  readonly normal: number;
  readonly texture: number;
  readonly face: number;
}

/** Cuts faces into triangles, and gives each corner its normal: the one of the set, or one by the crease angle. */
export function trianglesFrom(set: FaceSet): Triangles {
  const corners = cornersOf(set);
  const faceNormals: Vector[] = [];
  for (let index = 0; index < corners.length; index += 3) {
    const [a, b, c] = [0, 1, 2].map((offset) => at(set.points, corners[index + offset]!.point));
    faceNormals.push(cross(minus(b!, a!), minus(c!, a!)));
  }
  const hasNormals = set.normals.length >= 3;
  const normalOf = hasNormals ? givenNormal(set) : creasedNormal(corners, faceNormals, set.creaseAngle);
  const hasTextures = set.textures.length >= 2;
  return {
    positions: Float32Array.from(corners.flatMap(({ point }) => at(set.points, point))),
    normals: Float32Array.from(corners.flatMap((corner, index) => unit(normalOf(corner, index)))),
    textures: hasTextures
      ? Float32Array.from(corners.flatMap(({ texture }) => set.textures.slice(2 * texture, 2 * texture + 2)))
      : new Float32Array(),
  };
}

/** Corners of triangles, three by three; a face of more corners becomes a fan, one that names no point is left out. */
function cornersOf(set: FaceSet): Corner[] {
  const { coordIndex, normalIndex, texCoordIndex, normalPerVertex, isCounterClockwise } = set;
  const most = Math.floor(set.points.length / 3);
  const corners: Corner[] = [];
  let polygon: Corner[] = [];
  let face = 0;
  const close = () => {
    for (let index = 1; index + 1 < polygon.length; index += 1) {
      const triangle = [polygon[0]!, polygon[index]!, polygon[index + 1]!];
      corners.push(...(isCounterClockwise ? triangle : triangle.reverse()));
    }
    polygon = [];
    face += 1;
  };
  for (const [position, point] of coordIndex.entries()) {
    if (corners.length >= 3 * MOST_TRIANGLES) break;
    if (point < 0) close();
    else if (point < most) {
      const shared = normalPerVertex ? point : face;
      const normal = normalIndex[normalPerVertex ? position : face] ?? shared;
      polygon.push({ point, normal, texture: texCoordIndex[position] ?? point, face });
    }
  }
  close();
  return corners;
}

function givenNormal({ normals }: FaceSet): (corner: Corner) => Vector {
  return ({ normal }) => at(normals, normal);
}

/** The sum of the normals of all faces at the point that are bent by no more than `creaseAngle`. */
function creasedNormal(
  corners: readonly Corner[],
  faceNormals: readonly Vector[],
  creaseAngle: number,
): (corner: Corner, index: number) => Vector {
  const own = (index: number) => faceNormals[Math.floor(index / 3)]!;
  if (creaseAngle <= 0) return (_corner, index) => own(index);
  const facesAt = new Map<number, number[]>();
  for (const [index, { point }] of corners.entries()) {
    const faces = facesAt.get(point);
    if (faces === undefined) facesAt.set(point, [index]);
    else faces.push(index);
  }
  const least = Math.cos(Math.min(creaseAngle, Math.PI)) - 1e-6;
  return ({ point }, index) => {
    const mine = unit(own(index));
    const near = (facesAt.get(point) ?? []).map(own).filter((normal) => dot(unit(normal), mine) >= least);
    return near.reduce<Vector>(
      (sum, normal) => [sum[0] + normal[0], sum[1] + normal[1], sum[2] + normal[2]],
      [0, 0, 0],
    );
  };
}

function at(values: readonly number[], index: number): Vector {
  return [values[3 * index] ?? 0, values[3 * index + 1] ?? 0, values[3 * index + 2] ?? 0];
}

function minus(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

function unit(vector: Vector): Vector {
  const length = Math.hypot(...vector);
  return length === 0 ? [0, 0, 1] : [vector[0] / length, vector[1] / length, vector[2] / length];
}
