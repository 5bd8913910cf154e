import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../../../src/engine/scene-xml/dialect.ts';
import { sceneXml } from '../../../../src/engine/scene-xml/scene-xml.ts';
import { fillTemplate } from '../../../../src/engine/scene-xml/xml-writer.ts';
import { sceneOf } from '../fixtures/world-text.ts';
import { readXml, type XmlElement } from '../fixtures/xml.ts';

const MODERN: Dialect = { root: 'W3D', tags: 'modern' };
const LEGACY: Dialect = { root: 'X3D', tags: 'legacy' };

const TANK = `Robot { controller "void" children [ Track {
  translation 0 1 0
  children [
    TrackWheel { position 0.5 0.1 radius 0.2 children Shape { geometry Cylinder { } } }
    TrackWheel { position -0.5 0 inner FALSE }
  ]
  animatedGeometry Shape { geometry Box { size 0.1 0.2 0.01 } }
  geometriesCount 40
} ] }`;

describe('a track', () => {
  it('is written with its wheels in the plane of x and z, and with the element of its belt', () => {
    const [track] = elements(TANK, MODERN, 'Track');

    expect(track?.attributes).toMatchObject({ translation: '0 1 0', name: 'track', geometriesCount: '40' });
    expect(track?.children.map(({ tag, attributes: { id: _, ...attributes } }) => [tag, attributes])).toEqual([
      ['TrackWheel', { translation: '0.5 0 0.1', rotation: '1 0 0 1.5708', radius: '0.2', inner: '1' }],
      ['TrackWheel', { translation: '-0.5 0 0', rotation: '1 0 0 1.5708', radius: '0.1', inner: '0' }],
      ['Pose', { role: 'animatedGeometry' }],
    ]);
    expect(track?.children.map(({ children }) => children.map(({ tag }) => tag))).toEqual([['Shape'], [], ['Shape']]);
  });

  it('is written with the one tag that clients up to R2023a know, and their types', () => {
    const transforms = elements(TANK, LEGACY, 'Transform');

    expect(transforms.map(({ attributes }) => attributes.type ?? attributes.role)).toEqual([
      'robot',
      'track',
      'trackWheel',
      'trackWheel',
      'animatedGeometry',
    ]);
  });
});

describe('a lidar', () => {
  it('has its rotating head', () => {
    const nodes = `Robot { controller "void" children [ Lidar { rotatingHead Solid { name "head" translation 0 0 1 } } ] }`;

    expect(elements(nodes, MODERN, 'Solid')[0]?.attributes).toMatchObject({ name: 'head', translation: '0 0 1' });
  });
});

describe('an LED', () => {
  const look = 'PBRAppearance { baseColor 0 1 0 emissiveColor 1 0 0 }';

  it('is dark in its first child, which a controller would light, and nowhere else', () => {
    const box = (appearance: string) => `Shape { appearance ${appearance} geometry Box { } }`;
    const lights = elements(
      `DEF LOOK Shape { appearance DEF LOOKS ${look} geometry Box { } } LED { children [ Group { children [
        ${box('USE LOOKS')} ${box('Appearance { material Material { emissiveColor 0 0 1 } }')} PointLight { }
      ] } ${box('USE LOOKS')} ] } PointLight { }`,
      MODERN,
      'PBRAppearance',
      'Material',
      'PointLight',
    );

    expect(lights.map(({ attributes: { emissiveColor, on } }) => emissiveColor ?? on)).toEqual([
      '1 0 0',
      '0 0 0',
      '0 0 0',
      'false',
      '1 0 0',
      'true',
    ]);
  });

  it('may be empty', () => {
    expect(elements('LED { }', MODERN, 'Pose')).toHaveLength(1);
  });
});

function elements(nodes: string, dialect: Dialect, ...tags: string[]): XmlElement[] {
  const template = sceneXml(sceneOf(nodes), { dialect, folder: 'worlds', bodies: new Map() });
  const all = (element: XmlElement): XmlElement[] => [element, ...element.children.flatMap(all)];
  return all(readXml(fillTemplate(template, () => ''))).filter(({ tag }) => tags.includes(tag));
}
