import { describe, expect, it } from 'vitest';
import { meshBounds } from '../../../../src/engine/scene/mesh-bounds.ts';

const BOUNDS = { least: [-1, 0, -3], most: [2, 5, 0] };

describe('meshBounds', () => {
  it('reads the points of Wavefront files', () => {
    const text = 'mtllib v.mtl\n v -1 0.0 0 1.0\nv 2 5e0 -3\nvn 9 9 9\nvt 9 9\nf 1 2 1\n# v 9 9 9\n';

    expect(meshBounds(Buffer.from(text), 'obj')).toEqual(BOUNDS);
  });

  it('reads the corners of STL files of both kinds, whatever they begin with', () => {
    const text = 'solid a\nfacet normal 9 9 9\nouter loop\n vertex -1 0 0\n vertex 2 5 0\n vertex 0 0 -3\nendloop\n';
    const binary = Buffer.alloc(84 + 50);
    binary.write('solid');
    binary.writeUInt32LE(1, 80);
    for (const [index, value] of [9, 9, 9, -1, 0, 0, 2, 5, 0, 0, 0, -3].entries()) {
      binary.writeFloatLE(value, 84 + 4 * index);
    }

    expect(meshBounds(Buffer.from(text), 'stl')).toEqual(BOUNDS);
    expect(meshBounds(binary, 'stl')).toEqual(BOUNDS);
  });

  it('reads the positions of Collada files in metres, and no normals', () => {
    const text = `<COLLADA><asset><unit name="centimeter" meter="0.01"/></asset>
      <source id="p"><float_array id="pa" count="6">-100 0 0 200 500 -300</float_array></source>
      <source id="n"><float_array id="na" count="3">900 900 900</float_array></source>
      <vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
      <input semantic="NORMAL" source="#n"/></COLLADA>`;

    expect(meshBounds(Buffer.from(text), 'dae')).toEqual(BOUNDS);
  });

  it('has none of what has no points, or is of another kind', () => {
    for (const extension of ['obj', 'stl', 'dae'])
      expect(meshBounds(Buffer.from('v nan x'), extension)).toBeUndefined();
    expect(meshBounds(Buffer.from('v 1 2 3'), 'fbx')).toBeUndefined();
  });
});
