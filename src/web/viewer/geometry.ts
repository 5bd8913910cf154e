import {
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  CapsuleGeometry,
  CylinderGeometry,
  PlaneGeometry,
  SphereGeometry,
} from 'three';
import { flagFrom, numberFrom, numbersIn, pairFrom, vectorFrom } from './attribute.ts';
import { MOST_SEGMENTS } from './bounds.ts';
import { faceSetOfGrid } from './elevation-grid.ts';
import { type FaceSet, trianglesFrom } from './face-set.ts';
import { childOf } from './scene-document.ts';

/** Shapes are described around the z axis, three.js builds them around y. */
const UPRIGHT = Math.PI / 2;

/** Segments around a shape whose scene does not say how many. */
const SEGMENTS = 32;

const BUILDERS: Readonly<Record<string, (element: Element) => BufferGeometry>> = {
  Box: (element) => new BoxGeometry(...vectorFrom(element.getAttribute('size'), [2, 2, 2])),
  Sphere: (element) => new SphereGeometry(length(element, 'radius', 1), SEGMENTS, SEGMENTS / 2).rotateX(UPRIGHT),
  Cylinder: (element) => {
    const radius = length(element, 'radius', 1);
    return cylinder(element, radius, radius);
  },
  Cone: (element) => cylinder(element, 0, length(element, 'bottomRadius', 1)),
  Capsule: (element) => {
    const [radius, height] = [length(element, 'radius', 1), length(element, 'height', 2)];
    return new CapsuleGeometry(radius, height, SEGMENTS / 4, segments(element)).rotateX(UPRIGHT);
  },
  Plane: (element) => new PlaneGeometry(...pairFrom(element.getAttribute('size'), [1, 1])),
  IndexedFaceSet: (element) => mesh(faceSet(element)),
  ElevationGrid: (element) =>
    mesh(
      faceSetOfGrid({
        heights: numbersIn(element.getAttribute('height')),
        xDimension: numberFrom(element.getAttribute('xDimension'), 0),
        yDimension: numberFrom(element.getAttribute('yDimension'), 0),
        xSpacing: numberFrom(element.getAttribute('xSpacing'), 1),
        ySpacing: numberFrom(element.getAttribute('ySpacing'), 1),
        // Ground is soft to look at, as Webots draws it.
        creaseAngle: numberFrom(element.getAttribute('creaseAngle'), Math.PI / 2),
      }),
    ),
};

/** Tags whose geometry is in the scene itself. */
export const BUILT_IN_GEOMETRIES: ReadonlySet<string> = new Set(Object.keys(BUILDERS));

/** Geometries that are seen from both sides. */
export const OPEN_GEOMETRIES: ReadonlySet<string> = new Set(['Plane', 'IndexedFaceSet', 'ElevationGrid', 'Mesh']);

/** The geometry of one of `BUILT_IN_GEOMETRIES`; whoever asks for it disposes of it. */
export function buildGeometry(element: Element): BufferGeometry {
  return BUILDERS[element.tagName]?.(element) ?? new BufferGeometry();
}

function length(element: Element, name: string, otherwise: number): number {
  return Math.max(0, numberFrom(element.getAttribute(name), otherwise));
}

function segments(element: Element): number {
  const wanted = Math.round(numberFrom(element.getAttribute('subdivision'), SEGMENTS));
  return Math.min(Math.max(wanted, 3), MOST_SEGMENTS);
}

function cylinder(element: Element, top: number, bottom: number): BufferGeometry {
  const geometry = new CylinderGeometry(top, bottom, length(element, 'height', 2), segments(element));
  const isDrawn = ['side', top === 0 ? 'bottom' : 'top', 'bottom'].map((name) =>
    flagFrom(element.getAttribute(name), true),
  );
  if (isDrawn.includes(false)) {
    const all = [...(geometry.index?.array ?? [])];
    // A cone has no group for its top: what remains of the list is its bottom.
    const names = geometry.groups.length === 2 ? [isDrawn[0], isDrawn[2]] : isDrawn;
    geometry.setIndex(
      geometry.groups.flatMap(({ start, count }, i) => (names[i] ? all.slice(start, start + count) : [])),
    );
  }
  geometry.clearGroups();
  return geometry.rotateX(UPRIGHT);
}

function mesh(set: FaceSet): BufferGeometry {
  const { positions, normals, textures } = trianglesFrom(set);
  const geometry = new BufferGeometry();
  geometry.setAttribute('position', new BufferAttribute(positions, 3));
  geometry.setAttribute('normal', new BufferAttribute(normals, 3));
  if (textures.length > 0) geometry.setAttribute('uv', new BufferAttribute(textures, 2));
  return geometry;
}

function faceSet(element: Element): FaceSet {
  const numbers = (name: string) => numbersIn(element.getAttribute(name));
  const part = (tag: string, name: string) => numbersIn(childOf(element, new Set([tag]))?.getAttribute(name) ?? null);
  return {
    points: part('Coordinate', 'point'),
    coordIndex: numbers('coordIndex'),
    normals: part('Normal', 'vector'),
    normalIndex: numbers('normalIndex'),
    normalPerVertex: flagFrom(element.getAttribute('normalPerVertex'), true),
    textures: part('TextureCoordinate', 'point'),
    texCoordIndex: numbers('texCoordIndex'),
    creaseAngle: numberFrom(element.getAttribute('creaseAngle'), 0),
    isCounterClockwise: flagFrom(element.getAttribute('ccw'), true),
  };
}
