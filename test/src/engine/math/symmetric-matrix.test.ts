import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quaternionOf } from '../../../../src/engine/math/rotation.ts';
import { type Matrix, principalAxes, rotated } from '../../../../src/engine/math/symmetric-matrix.ts';

const part = fc.double({ min: -100, max: 100, noNaN: true });

describe('principalAxes', () => {
  it('leaves what is diagonal as it is', () => {
    const { moments, rotation } = principalAxes(diagonal(1, 2, 3));

    expect(moments).toEqual([1, 2, 3]);
    expect(rotation).toEqual([0, 0, 0, 1]);
  });

  it('finds axes from which any matrix comes back', () => {
    fc.assert(
      fc.property(fc.tuple(part, part, part, part, part, part), ([xx, yy, zz, xy, xz, yz]) => {
        const matrix: Matrix = [
          [xx, xy, xz],
          [xy, yy, yz],
          [xz, yz, zz],
        ];
        const { moments, rotation } = principalAxes(matrix);
        const back = rotated(diagonal(...moments), rotation);
        for (const row of [0, 1, 2]) {
          for (const column of [0, 1, 2]) expect(back[row]![column]!).toBeCloseTo(matrix[row]![column]!, 6);
        }
      }),
    );
  });
});

describe('rotated', () => {
  it('turns the axes of a matrix', () => {
    const [x, y, z] = rotated(diagonal(1, 2, 3), quaternionOf([0, 0, 1, Math.PI / 2]));

    expect([x[0], y[1], z[2]].map((moment) => Math.round(moment * 1e9) / 1e9)).toEqual([2, 1, 3]);
  });
});

function diagonal(x: number, y: number, z: number): Matrix {
  return [
    [x, 0, 0],
    [0, y, 0],
    [0, 0, z],
  ];
}
