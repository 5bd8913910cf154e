import { describe, expect, it } from 'vitest';
import { faceSetOfGrid } from '../../../../src/web/viewer/elevation-grid.ts';
import { type FaceSet, trianglesFrom } from '../../../../src/web/viewer/face-set.ts';

const square: FaceSet = {
  points: [0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0],
  coordIndex: [0, 1, 2, 3, -1],
  normals: [],
  normalIndex: [],
  normalPerVertex: true,
  textures: [],
  texCoordIndex: [],
  creaseAngle: 0,
  isCounterClockwise: true,
};

/** Two squares that stand on each other at a right angle, along the y axis. */
const corner: FaceSet = {
  ...square,
  points: [-1, 0, 0, 0, 0, 0, 0, 1, 0, -1, 1, 0, 0, 0, -1, 0, 1, -1],
  coordIndex: [0, 1, 2, 3, -1, 1, 4, 5, 2, -1],
};

const normalsOf = (set: FaceSet) => {
  const { normals } = trianglesFrom(set);
  return Array.from({ length: normals.length / 3 }, (_, index) =>
    [...normals.slice(3 * index, 3 * index + 3)].map((value) => Math.round(100 * value) / 100 + 0),
  );
};

describe('trianglesFrom', () => {
  it('cuts a face of four corners into two triangles that look at whoever sees it counter-clockwise', () => {
    const { positions } = trianglesFrom(square);

    expect([...positions]).toEqual([0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 1, 0]);
    expect(normalsOf(square)).toEqual(Array(6).fill([0, 0, 1]));
  });

  it('turns faces that are written clockwise', () => {
    expect(normalsOf({ ...square, isCounterClockwise: false })).toEqual(Array(6).fill([0, 0, -1]));
  });

  it('keeps edges that are sharper than the crease angle, and rounds others', () => {
    const sharp = normalsOf({ ...corner, creaseAngle: 1 });
    expect(sharp.slice(0, 6)).toEqual(Array(6).fill([0, 0, 1]));
    expect(sharp.slice(6)).toEqual(Array(6).fill([1, 0, 0]));

    const round = normalsOf({ ...corner, creaseAngle: 2 });
    expect(round[0]).toEqual([0, 0, 1]);
    expect(round[1]![0]).toBeGreaterThan(0.3);
    expect(round[1]![2]).toBeGreaterThan(0.3);
  });

  it('takes the normals and texture coordinates of the set, by their own indices where it has some', () => {
    const set: FaceSet = {
      ...square,
      coordIndex: [0, 1, 2, -1],
      normals: [1, 0, 0, 0, 1, 0],
      normalIndex: [0, 1, 1, -1],
      textures: [0, 0, 1, 0, 1, 1],
      texCoordIndex: [2, 1, 0, -1],
    };

    expect(normalsOf(set)).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 1, 0],
    ]);
    expect([...trianglesFrom(set).textures]).toEqual([1, 1, 1, 0, 0, 0]);
  });

  it('leaves out corners that name no point, and faces that are left with less than three', () => {
    expect(trianglesFrom({ ...square, coordIndex: [0, 1, 9, -1, 0, 1] }).positions).toHaveLength(0);
    expect(trianglesFrom({ ...square, points: [] }).positions).toHaveLength(0);
  });
});

describe('faceSetOfGrid', () => {
  it('has two triangles a cell, at the heights of the grid', () => {
    const set = faceSetOfGrid({
      heights: [0, 1, 2, 3],
      xDimension: 2,
      yDimension: 2,
      xSpacing: 0.5,
      ySpacing: 2,
      creaseAngle: 0,
    });

    expect(set.points).toEqual([0, 0, 0, 0.5, 0, 1, 0, 2, 2, 0.5, 2, 3]);
    expect(set.coordIndex).toEqual([0, 1, 3, -1, 0, 3, 2, -1]);
  });

  it.each([
    [1, 5],
    [10_000, 10_000],
  ])('has nothing for %d by %d points', (xDimension, yDimension) => {
    const grid = { heights: [], xDimension, yDimension, xSpacing: 1, ySpacing: 1, creaseAngle: 0 };

    expect(faceSetOfGrid(grid).points).toEqual([]);
  });
});
