import { describe, expect, it } from 'vitest';
import { trianglesOf } from '../../../../src/engine/scene/triangles.ts';
import { sceneOf } from '../fixtures/world-text.ts';

describe('trianglesOf', () => {
  it('cuts polygons around their first corners and leaves out those with corners that are not there', () => {
    const points = '0 0 0 1 0 0 1 1 0 0 1 0';
    const faceSet = faceSetOf(
      `coord Coordinate { point [ ${points} 9 ] } coordIndex [ 0 1 2 3 -1 0 1 4 -1 0 2 -1 3 2 1 ]`,
    );

    expect(trianglesOf(faceSet)).toEqual({
      corners: [0, 1, 2, 0, 2, 3, 3, 2, 1],
      positions: [0, 1, 2, 0, 2, 3, 12, 13, 14],
      faces: [0, 0, 0, 0, 0, 0, 3, 3, 3],
    });
  });

  it('turns the corners of faces that are written clockwise', () => {
    const faceSet = faceSetOf('ccw FALSE coord Coordinate { point [ 0 0 0 1 0 0 1 1 0 ] } coordIndex [ 0 1 2 ]');

    expect(trianglesOf(faceSet)).toEqual({ corners: [0, 2, 1], positions: [0, 2, 1], faces: [0, 0, 0] });
  });

  it('finds none where there are no points', () => {
    expect(trianglesOf(faceSetOf('coordIndex [ 0 1 2 ]'))).toEqual({ corners: [], positions: [], faces: [] });
  });
});

function faceSetOf(fields: string) {
  const faceSet = sceneOf(`Background { } PointLight { } Shape { geometry IndexedFaceSet { ${fields} } }`).roots[2]
    ?.nodes.geometry?.[0];
  if (faceSet === undefined) throw new Error('Expected a face set.');
  return faceSet;
}
