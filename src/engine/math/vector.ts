/** Metres, or parts of a colour, or factors. */
export type Vector = readonly [x: number, y: number, z: number];

export const ORIGIN: Vector = [0, 0, 0];
export const ONES: Vector = [1, 1, 1];

export function add([ax, ay, az]: Vector, [bx, by, bz]: Vector): Vector {
  return [ax + bx, ay + by, az + bz];
}

export function subtract([ax, ay, az]: Vector, [bx, by, bz]: Vector): Vector {
  return [ax - bx, ay - by, az - bz];
}

/** Component by component. */
export function multiply([ax, ay, az]: Vector, [bx, by, bz]: Vector): Vector {
  return [ax * bx, ay * by, az * bz];
}

/** Component by component; a division by zero gives zero. */
export function divide([ax, ay, az]: Vector, [bx, by, bz]: Vector): Vector {
  return [bx === 0 ? 0 : ax / bx, by === 0 ? 0 : ay / by, bz === 0 ? 0 : az / bz];
}

export function scale([x, y, z]: Vector, factor: number): Vector {
  return [x * factor, y * factor, z * factor];
}

export function cross([ax, ay, az]: Vector, [bx, by, bz]: Vector): Vector {
  return [ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx];
}
