import { nodesOf, type SceneNode, stringsOf } from '../scene/scene-node.ts';
import { assetUrl } from './asset-url.ts';
import { writeElement, writeValues } from './element.ts';
import type { SceneXmlOptions } from './scene-xml.ts';
import type { XmlWriter } from './xml-writer.ts';

/** The fields of a PBRAppearance that hold a texture, and the names of their roles for clients up to R2023a. */
const TEXTURE_ROLES: ReadonlyMap<string, string> = new Map([
  ['baseColorMap', 'baseColor'],
  ['roughnessMap', 'roughness'],
  ['metalnessMap', 'metalness'],
  ['normalMap', 'normal'],
  ['occlusionMap', 'occlusion'],
  ['emissiveColorMap', 'emissiveColor'],
]);

export function writeAppearance(writer: XmlWriter, node: SceneNode, options: SceneXmlOptions): void {
  if (node.type === 'PBRAppearance') writePhysicalAppearance(writer, node, options);
  else if (node.type === 'Appearance') writeSimpleAppearance(writer, node, options);
}

function writePhysicalAppearance(writer: XmlWriter, node: SceneNode, options: SceneXmlOptions): void {
  writeElement(
    writer,
    node.type,
    node,
    () => writeValues(writer, node),
    () => {
      for (const [field, legacyRole] of TEXTURE_ROLES) {
        const role = options.dialect.tags === 'legacy' ? legacyRole : field;
        writeTexture(writer, nodesOf(node, field), role, options);
      }
      writeTextureTransform(writer, node);
    },
  );
}

function writeSimpleAppearance(writer: XmlWriter, node: SceneNode, options: SceneXmlOptions): void {
  const material = nodesOf(node, 'material').find(({ type }) => type === 'Material');
  writeElement(
    writer,
    node.type,
    node,
    () => {},
    () => {
      if (material !== undefined) writeElement(writer, 'Material', material, () => writeValues(writer, material));
      writeTexture(writer, nodesOf(node, 'texture'), undefined, options);
      writeTextureTransform(writer, node);
    },
  );
}

function writeTexture(
  writer: XmlWriter,
  nodes: readonly SceneNode[],
  role: string | undefined,
  { folder }: SceneXmlOptions,
): void {
  const texture = nodes.find(({ type }) => type === 'ImageTexture');
  const [written] = texture === undefined ? [] : stringsOf(texture, 'url');
  const url = written === undefined ? undefined : assetUrl(written, folder);
  if (texture === undefined || url === undefined) return;
  writeElement(writer, 'ImageTexture', texture, () => {
    for (const [name, value] of Object.entries(texture.values)) {
      writer.attribute(name, name === 'url' ? `"${url}"` : value);
    }
    if (role !== undefined) writer.attribute('role', role);
  });
}

function writeTextureTransform(writer: XmlWriter, node: SceneNode): void {
  const transform = nodesOf(node, 'textureTransform').find(({ type }) => type === 'TextureTransform');
  if (transform !== undefined)
    writeElement(writer, 'TextureTransform', transform, () => writeValues(writer, transform));
}
