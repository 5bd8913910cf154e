import { nodesOf, numbersOf, type SceneNode } from '../scene/scene-node.ts';
import { faceNormal, pointAt, pointsOf, trianglesOf } from '../scene/triangles.ts';
import { writeElement, writeValues } from './element.ts';
import type { SceneXmlOptions } from './scene-xml.ts';
import type { XmlWriter } from './xml-writer.ts';

/** The fields of a face set that hold nodes, and the type that clients read there. */
const MESH_PARTS = [
  ['coord', 'Coordinate'],
  ['normal', 'Normal'],
  ['texCoord', 'TextureCoordinate'],
] as const;

export function writeGeometry(writer: XmlWriter, node: SceneNode, { dialect }: SceneXmlOptions): void {
  if (node.type !== 'IndexedFaceSet') writeElement(writer, node.type, node, () => writeValues(writer, node));
  else if (dialect.tags === 'legacy') writeTriangles(writer, node);
  else writeFaceSet(writer, node);
}

function writeFaceSet(writer: XmlWriter, node: SceneNode): void {
  writeElement(
    writer,
    node.type,
    node,
    () => writeValues(writer, node),
    () => {
      for (const [field, type] of MESH_PARTS) {
        const part = nodesOf(node, field).find((inner) => inner.type === type);
        if (part !== undefined) writeElement(writer, type, part, () => writeValues(writer, part));
      }
    },
  );
}

/** For clients up to R2023a, which neither cut polygons nor work out normals: each corner has its own of everything. */
function writeTriangles(writer: XmlWriter, node: SceneNode): void {
  const points = pointsOf(node);
  const { corners, positions } = trianglesOf(node);
  const vertices = corners.map((corner) => pointAt(points, corner));
  const normals = vertices.map((_, index) => {
    const first = index - (index % 3);
    return faceNormal(vertices[first]!, vertices[first + 1]!, vertices[first + 2]!);
  });
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
