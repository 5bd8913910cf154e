import { describe, expect, it } from 'vitest';
import { type Frame, nest, seenFrom, WORLD_FRAME } from '../../../../src/engine/math/frame.ts';
import { quaternionOf } from '../../../../src/engine/math/rotation.ts';

const outer: Frame = { translation: [1, 2, 3], rotation: quaternionOf([0, 0, 1, Math.PI / 2]), scale: [2, 2, 2] };

describe('nest', () => {
  it('stretches, turns and moves what is inside', () => {
    const inner = nest(outer, { ...WORLD_FRAME, translation: [1, 0, 0], scale: [1, 1, 3] });

    expect(inner.translation.map((value) => Math.round(value * 1e9) / 1e9)).toEqual([1, 4, 3]);
    expect(inner.rotation).toEqual(outer.rotation);
    expect(inner.scale).toEqual([2, 2, 6]);
  });
});

describe('seenFrom', () => {
  it('undoes nest', () => {
    const place = nest(outer, { ...WORLD_FRAME, translation: [0.5, -1, 2], rotation: quaternionOf([1, 0, 0, 1]) });
    const back = seenFrom(outer, place.translation, place.rotation);

    for (const [index, value] of [0.5, -1, 2].entries()) expect(back.translation[index]).toBeCloseTo(value, 9);
    for (const [index, value] of quaternionOf([1, 0, 0, 1]).entries())
      expect(back.rotation[index]).toBeCloseTo(value, 9);
  });
});
