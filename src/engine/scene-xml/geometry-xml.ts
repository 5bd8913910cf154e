import { cornerNormals } from '../scene/corner-normals.ts';
import { GEOMETRY_TYPES } from '../scene/node-type.ts';
import { nodesOf, numbersOf, type SceneNode, stringsOf } from '../scene/scene-node.ts';
import { pointAt, pointsOf, trianglesOf } from '../scene/triangles.ts';
import { meshUrl } from './asset-url.ts';
import { writeElement, writeValues } from './element.ts';
import type { SceneXmlOptions } from './scene-xml.ts';
import type { XmlWriter } from './xml-writer.ts';

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
  if (node.type === 'IndexedFaceSet' && options.dialect.tags === 'legacy') writeTriangles(writer, node);
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
function writeTriangles(writer: XmlWriter, node: SceneNode): void {
  const points = pointsOf(node);
  const triangles = trianglesOf(node);
  const { corners, positions } = triangles;
  const vertices = corners.map((corner) => pointAt(points, corner));
  const normals = cornerNormals(node, triangles, vertices);
  const indices = corners.map((_, index) => (index % 3 === 2 ? `${index} -1` : `${index}`)).join(' ');
  const textured = textureCoordinates(node, corners, positions);
  writeElement(
    writer,
    node.type,
    node,
    () => {
      writer.attribute('coordIndex', indices);
      writer.attribute('normalIndex', indices);
      if (textured.length > 0) writer.attribute('texCoordIndex', indices);
    },
    () => {
      writer.raw('<Coordinate');
      writer.attribute('point', vertices.flat());
      writer.raw('/>\n<Normal');
      writer.attribute('vector', normals.flat());
      writer.raw('/>\n');
      if (textured.length === 0) return;
      writer.raw('<TextureCoordinate');
      writer.attribute('point', textured);
      writer.raw('/>\n');
    },
  );
}

/** Two numbers for each corner, or none at all. */
function textureCoordinates(node: SceneNode, corners: readonly number[], positions: readonly number[]): number[] {
  const source = nodesOf(node, 'texCoord').find(({ type }) => type === 'TextureCoordinate');
  if (source === undefined) return [];
  const points = numbersOf(source, 'point');
  const texCoordIndex = numbersOf(node, 'texCoordIndex');
  return corners.flatMap((corner, index) => {
    const point = texCoordIndex.length > 0 ? (texCoordIndex[positions[index]!] ?? 0) : corner;
    return [points[2 * point] ?? 0, points[2 * point + 1] ?? 0];
  });
}
