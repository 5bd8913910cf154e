import { describe, expect, it } from 'vitest';
import { cornerNormals } from '../../../../src/engine/scene/corner-normals.ts';
import { trianglesOf } from '../../../../src/engine/scene/triangles.ts';
import { sceneOf } from '../fixtures/world-text.ts';

/** A roof of two squares that meet at a right angle above the y axis. */
const ROOF = `coord Coordinate { point [ -1 0 0, 0 0 1, 0 1 1, -1 1 0, 1 0 0, 1 1 0 ] }
  coordIndex [ 0 1 2 3 -1 1 4 5 2 -1 ]`;
const SLOPE = Math.SQRT1_2;

describe('cornerNormals', () => {
  it('are those of the flat faces without a crease angle', () => {
    const normals = normalsOf(ROOF);

    expect(normals.slice(0, 6)).toEqual(Array.from({ length: 6 }, () => near([-SLOPE, 0, SLOPE])));
    expect(normals.slice(6)).toEqual(Array.from({ length: 6 }, () => near([SLOPE, 0, SLOPE])));
  });

  it('are smooth where faces are bent by no more than the crease angle', () => {
    expect(normalsOf(`${ROOF} creaseAngle 1.5`)[1]).toEqual(near([-SLOPE, 0, SLOPE]));
    // Of the three triangles at this end of the ridge one is on the left and two are on the right.
    expect(normalsOf(`${ROOF} creaseAngle 1.6`)[1]).toEqual(near([Math.sqrt(0.1), 0, 3 * Math.sqrt(0.1)]));
  });

  it('are those that are given, by corner or by face', () => {
    const given = 'normal Normal { vector [ 0 0 2, 0 1 0 ] }';

    expect(normalsOf(`${ROOF} ${given} normalIndex [ 1 0 0 0 -1 1 1 1 1 -1 ]`)[0]).toEqual(near([0, 1, 0]));
    expect(normalsOf(`${ROOF} ${given} normalPerVertex FALSE`).slice(5, 7)).toEqual([near([0, 0, 1]), near([0, 1, 0])]);
    expect(normalsOf(`${ROOF} ${given} normalPerVertex FALSE normalIndex [ 1 0 ]`)[0]).toEqual(near([0, 1, 0]));
  });

  it('are vertical where there is nothing to go by', () => {
    expect(normalsOf(`${ROOF} normal Normal { vector [ 0 0 0 ] }`)[0]).toEqual([0, 0, 1]);
    expect(normalsOf('coord Coordinate { point [ 0 0 0 ] } coordIndex [ 0 0 0 ] creaseAngle 1')).toEqual([
      [0, 0, 1],
      [0, 0, 1],
      [0, 0, 1],
    ]);
  });

  it('takes its time for a fan around one point that many triangles share', () => {
    const count = 20_000;
    const rim = Array.from({ length: count }, (_, index) => `${index} ${index % 7} 1`).join(' ');
    const fan = Array.from({ length: count - 1 }, (_, index) => `0 ${index + 1} ${index + 2} -1`).join(' ');

    expect(normalsOf(`coord Coordinate { point [ 0 0 0 ${rim} ] } coordIndex [ ${fan} ] creaseAngle 3`)).toHaveLength(
      3 * (count - 1),
    );
  });
});

function normalsOf(fields: string) {
  const faceSet = sceneOf(`Background { } PointLight { } Shape { geometry IndexedFaceSet { ${fields} } }`).roots[2]
    ?.nodes.geometry?.[0];
  if (faceSet === undefined) throw new Error('Expected a face set.');
  const triangles = trianglesOf(faceSet);
  const normalAt = cornerNormals(faceSet, triangles);
  return triangles.corners.map((_, corner) => normalAt(corner));
}

function near(vector: readonly number[]) {
  return vector.map((value) => expect.closeTo(value, 6));
}
