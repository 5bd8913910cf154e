import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../../src/engine/scene-xml/dialect.ts';
import { sceneXml } from '../../../../src/engine/scene-xml/scene-xml.ts';
import { fillTemplate } from '../../../../src/engine/scene-xml/xml-writer.ts';
import { grammaticalNodes, sceneOf } from '../fixtures/world-text.ts';
import { readXml, type XmlElement } from '../fixtures/xml.ts';

const MODERN: Dialect = { root: 'W3D', tags: 'modern' };
const LEGACY: Dialect = { root: 'X3D', tags: 'legacy' };

const DEMO = `
  WorldInfo { title "Tom & <b>Jerry's</b>" info [ "one" "two" ] }
  Viewpoint { position -4 0 2 orientation 0 1 0 0.4 follow "rob" }
  Background { skyColor [ 0.7 0.8 0.9 ] }
  DirectionalLight { direction 0.5 -0.5 -1 }
  Solid { name "floor" children [ Shape { geometry Plane { size 10 10 } castShadows FALSE } ] }
  Robot { name "rob" translation 0 0 0.2 controller "void" children [
    Transform { scale 2 2 2 children [ Shape { appearance PBRAppearance { metalness 0 } geometry Box { size 1 2 3 } } ] }
    HingeJoint { endPoint Camera { translation 1 0 0 children [ Shape { geometry Mesh { } } ] } }
  ] }`;

describe('sceneXml', () => {
  it('writes the tags of clients from R2023b on', () => {
    expect(write(DEMO, MODERN)).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<W3D><head><meta name='version' content='R2025a'/></head><Scene>
<WorldInfo id='n1' title='Tom &amp; &lt;b&gt;Jerry&apos;s&lt;/b&gt;' info='one two' basicTimeStep='32' coordinateSystem='ENU' lineScale='0.1'/>
<Viewpoint id='n2' position='-4 0 2' orientation='0 1 0 0.4' fieldOfView='0.785398' near='0.05' far='0' exposure='1' followSmoothness='0.5' bloomThreshold='21' ambientOcclusionRadius='2' zNear='0.05' zFar='0' follow='rob' followedId='n9'/>
<Background id='n3' skyColor='0.7 0.8 0.9' luminosity='1'/>
<DirectionalLight id='n4' ambientIntensity='0' color='1 1 1' intensity='1' on='true' castShadows='false' direction='0.5 -0.5 -1'/>
<Solid id='n5' name='floor' translation='0 0 0' rotation='0 0 1 0'>
<Shape id='n6' castShadows='false' isPickable='true'>
<PBRAppearance id='n8' baseColor='1 1 1' transparency='0' roughness='1' metalness='0' IBLStrength='1' normalMapFactor='1' occlusionMapStrength='1' emissiveColor='0 0 0' emissiveIntensity='1'>
</PBRAppearance>
<Plane id='n7' size='10 10'/>
</Shape>
</Solid>
<Robot id='n9' name='rob' translation='0 0 0.2' rotation='0 0 1 0'>
<Transform id='n10' scale='2 2 2' translation='0 0 0' rotation='0 0 1 0'>
<Shape id='n11' castShadows='true' isPickable='true'>
<PBRAppearance id='n12' baseColor='1 1 1' transparency='0' roughness='0' metalness='0' IBLStrength='1' normalMapFactor='1' occlusionMapStrength='1' emissiveColor='0 0 0' emissiveIntensity='1'>
</PBRAppearance>
<Box id='n13' size='1 2 3'/>
</Shape>
</Transform>
<Pose id='n15' translation='1 0 0' rotation='0 0 1 0'>
</Pose>
</Robot>
</Scene></W3D>`);
  });

  it('writes the one tag with a place that clients up to R2023a know', () => {
    const scene = find(readXml(write(DEMO, LEGACY, 'R2022b')), 'Scene');

    expect(scene.children.slice(4).map(outline)).toEqual([
      { tag: 'Transform', type: 'solid', name: 'floor', children: ['Shape'] },
      { tag: 'Transform', type: 'robot', name: 'rob', children: ['Transform', 'Transform'] },
    ]);
    expect(scene.children[5]?.children.map(outline)).toEqual([
      { tag: 'Transform', type: undefined, name: undefined, children: ['Shape'] },
      { tag: 'Transform', type: 'solid', name: 'camera', children: [] },
    ]);
  });

  it('names textures from the project and by the roles that the client knows', () => {
    const nodes = `Shape { geometry Box { } appearance PBRAppearance {
      baseColorMap ImageTexture { url "textures/a.png" }
      normalMap ImageTexture { url "../../secret.png" }
      textureTransform TextureTransform { scale 2 2 } } }`;

    const modern = find(readXml(write(nodes, MODERN)), 'PBRAppearance').children;
    const legacy = find(readXml(write(nodes, LEGACY, 'R2022b')), 'PBRAppearance').children;

    expect(modern.map(({ tag }) => tag)).toEqual(['ImageTexture', 'TextureTransform']);
    expect(modern[0]?.attributes).toMatchObject({ url: '"worlds/textures/a.png"', role: 'baseColorMap' });
    expect(legacy[0]?.attributes).toMatchObject({ url: '"worlds/textures/a.png"', role: 'baseColor' });
  });

  it('writes materials of plain appearances', () => {
    const appearance = find(
      readXml(
        write('Shape { geometry Box { } appearance Appearance { material Material { diffuseColor 1 0 0 } } }', MODERN),
      ),
      'Appearance',
    );

    expect(appearance.children[0]?.attributes).toMatchObject({ diffuseColor: '1 0 0', shininess: '0.2' });
  });

  const square = `Shape { geometry IndexedFaceSet {
    coord Coordinate { point [ 0 0 0 1 0 0 1 1 0 0 1 0 ] }
    texCoord TextureCoordinate { point [ 0 0 1 0 1 1 0 1 ] }
    coordIndex [ 0 1 2 3 -1 ] } }`;

  it('writes meshes as they are for clients from R2023b on', () => {
    const mesh = find(readXml(write(square, MODERN)), 'IndexedFaceSet');

    expect(mesh.attributes).toMatchObject({ coordIndex: '0 1 2 3 -1', ccw: 'true', creaseAngle: '0' });
    expect(mesh.children.map(({ tag, attributes }) => [tag, attributes.point])).toEqual([
      ['Coordinate', '0 0 0 1 0 0 1 1 0 0 1 0'],
      ['TextureCoordinate', '0 0 1 0 1 1 0 1'],
    ]);
  });

  it('writes meshes as triangles with normals for clients up to R2023a', () => {
    const mesh = find(readXml(write(square, LEGACY, 'R2022b')), 'IndexedFaceSet');

    expect(mesh.attributes).toMatchObject({ coordIndex: '0 1 2 -1 3 4 5 -1', texCoordIndex: '0 1 2 -1 3 4 5 -1' });
    expect(mesh.children.map(({ tag, attributes }) => [tag, attributes.point ?? attributes.vector])).toEqual([
      ['Coordinate', '0 0 0 1 0 0 1 1 0 0 0 0 1 1 0 0 1 0'],
      ['Normal', '0 0 1 0 0 1 0 0 1 0 0 1 0 0 1 0 0 1'],
      ['TextureCoordinate', '0 0 1 0 1 1 0 0 1 1 0 1'],
    ]);
  });

  it('leaves places for the poses of moving bodies', () => {
    const scene = sceneOf('Background { } PointLight { } Solid { name "a" } Solid { name "b" }');
    const bodies = new Map([[4, 7]]);
    const template = sceneXml(scene, { dialect: MODERN, folder: 'worlds', bodies });

    expect(template.pieces.filter((piece) => typeof piece === 'number')).toEqual([7]);
    const text = fillTemplate(template, (body) => ` translation='${body} 0 0'`);
    expect(text).toContain(`<Solid id='n3' name='a' translation='0 0 0' rotation='0 0 1 0'>`);
    expect(text).toContain(`<Solid id='n4' name='b' translation='7 0 0'>`);
  });

  it('is well-formed, with a unique id for every node, whatever the world says', () => {
    fc.assert(
      fc.property(fc.array(grammaticalNodes, { maxLength: 4 }), fc.boolean(), (nodes, isLegacy) => {
        const root = readXml(write(nodes.join('\n'), isLegacy ? LEGACY : MODERN));
        const ids = elements(root).flatMap(({ attributes }) => attributes.id ?? []);
        expect(
          find(root, 'Scene')
            .children.slice(0, 2)
            .map(({ tag }) => tag),
        ).toEqual(['WorldInfo', 'Viewpoint']);
        expect(new Set(ids).size).toBe(ids.length);
        expect(ids.every((id) => /^n\d+$/.test(id))).toBe(true);
      }),
    );
  });

  it('keeps any title', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (title) => {
        const quoted = `"${title.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
        const { attributes } = find(readXml(write(`WorldInfo { title ${quoted} }`, MODERN)), 'WorldInfo');
        const allowed = title.replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, ' ');
        expect(attributes.title).toBe(allowed);
      }),
    );
  });
});

function write(nodes: string, dialect: Dialect, version?: string): string {
  const template = sceneXml(sceneOf(nodes, version), { dialect, folder: 'worlds', bodies: new Map() });
  return fillTemplate(template, () => '');
}

function elements(root: XmlElement): XmlElement[] {
  return [root, ...root.children.flatMap(elements)];
}

function find(root: XmlElement, tag: string): XmlElement {
  const element = elements(root).find((candidate) => candidate.tag === tag);
  if (element === undefined) throw new Error(`Expected an element ${tag}.`);
  return element;
}

function outline({ tag, attributes, children }: XmlElement) {
  return { tag, type: attributes.type, name: attributes.name, children: children.map((child) => child.tag) };
}
