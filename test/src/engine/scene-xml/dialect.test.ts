import { describe, expect, it } from 'vitest';
import { dialectFor } from '../../../../src/engine/scene-xml/dialect.ts';

describe('dialectFor', () => {
  it.each([
    ['w3d', 'R2025a', { root: 'W3D', tags: 'modern' }],
    ['w3d', 'R2022b', { root: 'W3D', tags: 'modern' }],
    ['x3d', 'R2025a', { root: 'X3D', tags: 'modern' }],
    ['x3d', 'R2023b', { root: 'X3D', tags: 'modern' }],
    ['x3d', 'R2023a', { root: 'X3D', tags: 'legacy' }],
    ['x3d', 'V8.5', { root: 'X3D', tags: 'legacy' }],
  ] as const)('answers %s for a world of %s', (request, version, dialect) => {
    expect(dialectFor(request, version)).toEqual(dialect);
  });
});
