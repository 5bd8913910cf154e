import { cornerNormalsInSlices } from '../scene/corner-normals.ts';
import { GEOMETRY_TYPES } from '../scene/node-type.ts';
import { nodesOf, numbersOf, type SceneNode, stringsOf } from '../scene/scene-node.ts';
import { pointAt, pointsOf, type Triangles, trianglesInSlices } from '../scene/triangles.ts';
import { meshUrl } from './asset-url.ts';
import { writeElement, writeValues } from './element.ts';
import type { SceneXmlOptions } from './scene-xml.ts';
import type { XmlWriter } from './xml-writer.ts';

/** Parts of 1 to which directions are rounded: finer than can be seen, and a third of the text (our choice). */
const DIRECTION_PARTS = 1e5;

/** The fields of geometries that hold nodes, and the type that clients read there. */
const PARTS = [
  ['coord', 'Coordinate'],
  ['normal', 'Normal'],
  ['texCoord', 'TextureCoordinate'],
  ['color', 'Color'],
] as const;

/** Whether clients can be told of a geometry: a mesh without a file that they could fetch is none. */
export function isGeometryShown(node: SceneNode, { folder }: SceneXmlOptions): boolean {
  if (node.type !== 'Mesh') return GEOMETRY_TYPES.has(node.type);
  return meshUrl(stringsOf(node, 'url')[0] ?? '', folder) !== undefined;
}

export function writeGeometry(writer: XmlWriter, node: SceneNode, options: SceneXmlOptions): void {
  if (node.type === 'IndexedFaceSet' && options.dialect.tags === 'legacy')
    writer.later((inner) => writeTriangles(inner, node));
  else if (node.type === 'Mesh') writeElement(writer, 'Mesh', node, () => writeMeshFile(writer, node, options));
  else {
    const parts = PARTS.flatMap(([field, type]) => (node.nodes[field] ?? []).filter((part) => part.type === type));
    const content = () => {
      for (const part of parts) writeElement(writer, part.type, part, () => writeValues(writer, part));
    };
    writeElement(writer, node.type, node, () => writeValues(writer, node), parts.length === 0 ? undefined : content);
  }
}

/** A shape whose form and look are in a file; nothing where clients could not have that. */
export function writeCadShape(writer: XmlWriter, node: SceneNode, options: SceneXmlOptions): void {
  if (meshUrl(stringsOf(node, 'url')[0] ?? '', options.folder) === undefined) return;
  writeElement(writer, 'CadShape', node, () => writeMeshFile(writer, node, options));
}

function writeMeshFile(writer: XmlWriter, node: SceneNode, { folder }: SceneXmlOptions): void {
  const url = meshUrl(stringsOf(node, 'url')[0] ?? '', folder);
  for (const [name, value] of Object.entries(node.values)) writer.attribute(name, name === 'url' ? `"${url}"` : value);
}

/** For clients up to R2023a, which neither cut polygons nor work out normals: each corner has its own of everything. */
function* writeTriangles(writer: XmlWriter, node: SceneNode): Generator<void, void, undefined> {
  const points = pointsOf(node);
  const triangles = yield* trianglesInSlices(node);
  const { corners } = triangles;
  const normalAt = yield* cornerNormalsInSlices(node, triangles);
  const texturePointAt = textureCoordinates(node, triangles);
  // The corners one after the other, with −1 after each triangle.
  const writeIndices = (name: string) => writer.list(name, (corners.length / 3) * 4, indicesBetween);
  const writeCorners = (name: string, size: 2 | 3, valueAt: (corner: number) => readonly number[]) =>
    writer.list(name, corners.length * size, (start, end) => numbersBetween(start, end, size, valueAt));
  writeElement(
    writer,
    node.type,
    node,
    () => {
      writeIndices('coordIndex');
      writeIndices('normalIndex');
      if (texturePointAt !== undefined) writeIndices('texCoordIndex');
    },
    () => {
      writer.raw('<Coordinate');
      writeCorners('point', 3, (corner) => pointAt(points, corners[corner]!));
      writer.raw('/>\n<Normal');
      writeCorners('vector', 3, (corner) => normalAt(corner).map(rounded));
      writer.raw('/>\n');
      if (texturePointAt === undefined) return;
      writer.raw('<TextureCoordinate');
      writeCorners('point', 2, texturePointAt);
      writer.raw('/>\n');
    },
  );
}

/** The numbers from `start` up to `end` of a list of vectors. */
function numbersBetween(
  start: number,
  end: number,
  size: number,
  valueAt: (index: number) => readonly number[],
): readonly number[] {
  const values: number[] = [];
  let position = start;
  while (position < end) {
    const vector = valueAt(Math.floor(position / size));
    for (let part = position % size; part < size && position < end; part++, position++) values.push(vector[part]!);
  }
  return values;
}

function indicesBetween(start: number, end: number): readonly number[] {
  const values: number[] = [];
  for (let index = start; index < end; index++) values.push(index % 4 === 3 ? -1 : index - Math.floor(index / 4));
  return values;
}

/** Two numbers for each corner; `undefined` where the mesh has none. */
function textureCoordinates(
  node: SceneNode,
  { corners, positions }: Triangles,
): ((corner: number) => readonly number[]) | undefined {
  const source = nodesOf(node, 'texCoord').find(({ type }) => type === 'TextureCoordinate');
  if (source === undefined || corners.length === 0) return undefined;
  const points = numbersOf(source, 'point');
  const texCoordIndex = numbersOf(node, 'texCoordIndex');
  return (corner) => {
    const point = texCoordIndex.length > 0 ? (texCoordIndex[positions[corner]!] ?? 0) : corners[corner]!;
    return [points[2 * point] ?? 0, points[2 * point + 1] ?? 0];
  };
}

function rounded(value: number): number {
  return Math.round(value * DIRECTION_PARTS) / DIRECTION_PARTS;
}
