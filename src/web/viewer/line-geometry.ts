import {
  BufferGeometry,
  Float32BufferAttribute,
  LineBasicMaterial,
  LineSegments,
  type Material,
  type Object3D,
  Points,
  PointsMaterial,
} from 'three';
import { numbersIn } from './attribute.ts';
import { segmentsOf } from './line-segments.ts';
import { colourFrom } from './material.ts';
import { childOf } from './scene-document.ts';

/** Geometries without faces, which no light falls upon. */
export const LINE_GEOMETRIES: ReadonlySet<string> = new Set(['IndexedLineSet', 'PointSet']);

/** Edge of a point, in CSS pixels (our choice, by looking). */
const POINT_SIZE = 4;

/** What is drawn of one of `LINE_GEOMETRIES`; whoever asks for it disposes of its geometry and material. */
export function buildLines(
  element: Element,
  appearance: Element | undefined,
): (LineSegments | Points) & { readonly geometry: BufferGeometry; readonly material: Material } {
  const points = numbersOf(element, 'Coordinate', 'point');
  const colours = numbersOf(element, 'Color', 'color');
  const geometry = new BufferGeometry();
  geometry.setAttribute(
    'position',
    new Float32BufferAttribute(points.slice(0, points.length - (points.length % 3)), 3),
  );
  if (element.tagName === 'IndexedLineSet') {
    const count = Math.floor(points.length / 3);
    geometry.setIndex(segmentsOf(numbersIn(element.getAttribute('coordIndex')), count));
    return new LineSegments(geometry, new LineBasicMaterial({ color: colourOf(appearance) }));
  }
  const isColoured = colours.length >= points.length && points.length > 0;
  if (isColoured) geometry.setAttribute('color', new Float32BufferAttribute(colours.slice(0, points.length), 3));
  const color = isColoured ? undefined : colourOf(appearance);
  return new Points(
    geometry,
    new PointsMaterial({ size: POINT_SIZE, sizeAttenuation: false, vertexColors: isColoured, ...(color && { color }) }),
  );
}

export function disposeLines(object: Object3D): void {
  if (!(object instanceof LineSegments || object instanceof Points)) return;
  object.geometry.dispose();
  object.material.dispose();
}

/** Lines shine by themselves, and are drawn in no other colour. */
function colourOf(appearance: Element | undefined) {
  const material = appearance && (childOf(appearance, new Set(['Material'])) ?? appearance);
  return colourFrom(material?.getAttribute('emissiveColor') ?? null, material === undefined ? [1, 1, 1] : [0, 0, 0]);
}

function numbersOf(element: Element, tag: string, name: string): number[] {
  return numbersIn(childOf(element, new Set([tag]))?.getAttribute(name) ?? null);
}
