import { compose, invert, NO_TURN, type Quaternion, turn } from './rotation.ts';
import { add, divide, multiply, ONES, ORIGIN, subtract, type Vector } from './vector.ts';

/**
 * Where a node is, seen from another: first stretched along its own axes, then
 * turned, then moved. Stretching by different factors under a turn would be a
 * shear, which no node of Webots shows; it is treated as if it came without the turn.
 */
export interface Frame {
  readonly translation: Vector;
  readonly rotation: Quaternion;
  readonly scale: Vector;
}

export const WORLD_FRAME: Frame = { translation: ORIGIN, rotation: NO_TURN, scale: ONES };

/** The frame `inner`, which is seen from `outer`, seen from where `outer` is seen from. */
export function nest(outer: Frame, inner: Frame): Frame {
  return {
    translation: add(outer.translation, turn(outer.rotation, multiply(outer.scale, inner.translation))),
    rotation: compose(outer.rotation, inner.rotation),
    scale: multiply(outer.scale, inner.scale),
  };
}

/** The reverse of `nest` for a frame that is not stretched: where it is, seen from `outer`. */
export function seenFrom(outer: Frame, translation: Vector, rotation: Quaternion): Frame {
  const back = invert(outer.rotation);
  return {
    translation: divide(turn(back, subtract(translation, outer.translation)), outer.scale),
    rotation: compose(back, rotation),
    scale: ONES,
  };
}
