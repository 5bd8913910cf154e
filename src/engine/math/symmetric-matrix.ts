import type { Quaternion } from './rotation.ts';
import type { Vector } from './vector.ts';

/** Rows of a symmetric matrix. */
export type Matrix = readonly [Vector, Vector, Vector];

/** Rounds of three turns after which what is left off the diagonal is below rounding (our choice; it shrinks as its square). */
const ROUNDS = 12;

/** Axes that turn a symmetric matrix into a diagonal one. */
export interface PrincipalAxes {
  /** What is on the diagonal then. */
  readonly moments: Vector;
  /** How the axes are turned. */
  readonly rotation: Quaternion;
}

/** The method of Jacobi: turns about one axis after the other until nothing is left beside the diagonal. */
export function principalAxes(matrix: Matrix): PrincipalAxes {
  const m = matrix.map((row) => [...row]) as [number[], number[], number[]];
  const axes = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [p, q] of [
      [0, 1],
      [0, 2],
      [1, 2],
    ] as const) {
      const beside = m[p]![q]!;
      if (beside === 0) continue;
      const theta = (m[q]![q]! - m[p]![p]!) / (2 * beside);
      const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
      const cosine = 1 / Math.hypot(tangent, 1);
      turnColumns(m, p, q, cosine, tangent * cosine);
      turnRows(m, p, q, cosine, tangent * cosine);
      turnColumns(axes, p, q, cosine, tangent * cosine);
    }
  }
  return { moments: [m[0][0]!, m[1]![1]!, m[2]![2]!], rotation: quaternionOfAxes(axes) };
}

/** `turned · matrix · turned⁻¹` for the matrix of a rotation. */
export function rotated(matrix: Matrix, rotation: Quaternion): Matrix {
  const turned = axesOf(rotation);
  const half = turned.map((row) => [0, 1, 2].map((column) => dot(row, columnOf(matrix, column))));
  return [0, 1, 2].map((row) => [0, 1, 2].map((column) => dot(half[row]!, turned[column]!))) as unknown as Matrix;
}

function turnColumns(m: number[][], p: number, q: number, cosine: number, sine: number): void {
  for (const row of m) {
    const [a, b] = [row[p]!, row[q]!];
    row[p] = cosine * a - sine * b;
    row[q] = sine * a + cosine * b;
  }
}

function turnRows(m: number[][], p: number, q: number, cosine: number, sine: number): void {
  for (let column = 0; column < 3; column++) {
    const [a, b] = [m[p]![column]!, m[q]![column]!];
    m[p]![column] = cosine * a - sine * b;
    m[q]![column] = sine * a + cosine * b;
  }
}

/** The rows of the matrix of a rotation. */
function axesOf([x, y, z, w]: Quaternion): number[][] {
  return [
    [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
  ];
}

/** The rotation of a matrix of one; the largest of its parts comes first, so that nothing is divided by a small one. */
function quaternionOfAxes(rows: number[][]): Quaternion {
  const [[a, b, c], [d, e, f], [g, h, i]] = rows as [
    [number, number, number],
    [number, number, number],
    [number, number, number],
  ];
  const parts: Quaternion[] = [
    [h - f, c - g, d - b, 1 + a + e + i],
    [1 + a - e - i, b + d, c + g, h - f],
    [b + d, 1 - a + e - i, f + h, c - g],
    [c + g, f + h, 1 - a - e + i, d - b],
  ];
  const lengths = parts.map((part) => Math.hypot(...part));
  const length = Math.max(...lengths);
  const largest = parts[lengths.indexOf(length)]!;
  return largest.map((part) => part / length) as unknown as Quaternion;
}

function columnOf(matrix: Matrix, column: number): number[] {
  return matrix.map((row) => row[column]!);
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!;
}
