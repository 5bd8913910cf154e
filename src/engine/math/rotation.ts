import { add, cross, scale, type Vector } from './vector.ts';

/** A unit quaternion. */
export type Quaternion = readonly [x: number, y: number, z: number, w: number];

/** As world files and clients write a rotation: a unit axis, and an angle in radians. */
export type AxisAngle = readonly [x: number, y: number, z: number, angle: number];

export const NO_TURN: Quaternion = [0, 0, 0, 1];

/** Half-turns below this count as none, and their axis as the vertical one (our choice; the wire rounds to 1e-4). */
const SMALLEST_HALF_TURN = 1e-6;

/** An axis shorter than this is none: dividing by its length would not be exact (our choice). */
const SHORTEST_AXIS = 1e-100;

/** Any length of the axis will do; without a length there is no turn. */
export function quaternionOf([x, y, z, angle]: AxisAngle): Quaternion {
  const norm = Math.hypot(x, y, z);
  if (norm < SHORTEST_AXIS) return NO_TURN;
  const sine = Math.sin(angle / 2) / norm;
  return [x * sine, y * sine, z * sine, Math.cos(angle / 2)];
}

/** @returns an angle from 0 to π */
export function axisAngleOf([x, y, z, w]: Quaternion): AxisAngle {
  const norm = Math.hypot(x, y, z);
  if (norm < SMALLEST_HALF_TURN) return [0, 0, 1, 0];
  const sign = w < 0 ? -1 : 1;
  return [(sign * x) / norm, (sign * y) / norm, (sign * z) / norm, 2 * Math.atan2(norm, sign * w)];
}

/** The turn `b` followed by the turn `a`. */
export function compose([ax, ay, az, aw]: Quaternion, [bx, by, bz, bw]: Quaternion): Quaternion {
  return [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ];
}

export function invert([x, y, z, w]: Quaternion): Quaternion {
  return [-x, -y, -z, w];
}

export function turn([x, y, z, w]: Quaternion, vector: Vector): Vector {
  const axis: Vector = [x, y, z];
  const twice = scale(cross(axis, vector), 2);
  return add(add(vector, scale(twice, w)), cross(axis, twice));
}
