import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AxisAngle,
  axisAngleOf,
  compose,
  invert,
  quaternionOf,
  turn,
} from '../../../../src/engine/math/rotation.ts';

const part = fc.integer({ min: -10, max: 10 });
const axisAngle = fc.tuple(
  part,
  part,
  part,
  fc.integer({ min: -700, max: 700 }).map((angle) => angle / 100),
);

describe('quaternionOf', () => {
  it('takes an axis of any length, and none for no turn', () => {
    expect(quaternionOf([0, 0, 5, Math.PI])).toEqual([0, 0, 1, expect.closeTo(0)]);
    expect(quaternionOf([0, 0, 0, 1])).toEqual([0, 0, 0, 1]);
  });

  it('turns as Webots does: a turn about z takes x to y', () => {
    expectClose(turn(quaternionOf([0, 0, 1, Math.PI / 2]), [1, 0, 0]), [0, 1, 0]);
  });
});

describe('axisAngleOf', () => {
  it('gives a unit axis, an angle from 0 to π, and the same turn', () => {
    fc.assert(
      fc.property(axisAngle, fc.tuple(part, part, part), (rotation, vector) => {
        const quaternion = quaternionOf(rotation);
        const [x, y, z, angle] = axisAngleOf(quaternion);
        expect(Math.hypot(x, y, z)).toBeCloseTo(1);
        expect(angle).toBeGreaterThanOrEqual(0);
        expect(angle).toBeLessThanOrEqual(Math.PI + 1e-9);
        expectClose(turn(quaternionOf([x, y, z, angle]), vector), turn(quaternion, vector), 4);
      }),
    );
  });

  it('gives the vertical axis for no turn', () => {
    expect(axisAngleOf([0, 0, 0, 1])).toEqual([0, 0, 1, 0] satisfies AxisAngle);
  });
});

describe('compose and invert', () => {
  it('follow one turn by another, and undo it', () => {
    fc.assert(
      fc.property(axisAngle, axisAngle, fc.tuple(part, part, part), (first, second, vector) => {
        const [a, b] = [quaternionOf(first), quaternionOf(second)];
        expectClose(turn(compose(a, b), vector), turn(a, turn(b, vector)), 6);
        expectClose(turn(invert(a), turn(a, vector)), vector, 6);
      }),
    );
  });
});

function expectClose(actual: readonly number[], expected: readonly number[], digits = 9): void {
  for (const [index, value] of actual.entries()) expect(value).toBeCloseTo(expected[index]!, digits);
}
