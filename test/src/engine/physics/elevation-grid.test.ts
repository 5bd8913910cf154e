import { describe, expect, it } from 'vitest';
import { gridTriangles } from '../../../../src/engine/physics/elevation-grid.ts';
import type { SceneNode } from '../../../../src/engine/scene/scene-node.ts';
import { runAtOnce } from '../../../../src/engine/turns.ts';
import { sceneOf } from '../fixtures/world-text.ts';

describe('gridTriangles', () => {
  it('has the first row of heights at y = 0 as clients draw it, zero for missing heights, and triangles that face up', () => {
    const grid = gridOf('xDimension 2 yDimension 2 xSpacing 3 ySpacing 5 height [ 1 2 4 ]');

    expect(plain(grid)).toEqual({
      points: [0, 0, 1, 3, 0, 2, 0, 5, 4, 3, 5, 0],
      corners: [0, 1, 3, 0, 3, 2],
    });
  });

  it('is nothing where a dimension is too small or too large', () => {
    for (const fields of ['', 'xDimension 1 yDimension 9', 'xDimension 1e8 yDimension 1e8']) {
      expect(plain(gridOf(fields))).toEqual({ points: [], corners: [] });
    }
  });
});

function plain(grid: SceneNode) {
  const { points, corners } = runAtOnce(gridTriangles(grid));
  return { points: Array.from(points), corners: Array.from(corners) };
}

function gridOf(fields: string) {
  const grid = sceneOf(`Background { } PointLight { } ElevationGrid { ${fields} }`).roots[2];
  if (grid === undefined) throw new Error('Expected a grid.');
  return grid;
}
