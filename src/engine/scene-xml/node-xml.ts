import { SKY_FACES } from '../scene/node-description.ts';
import { POSE_TYPES, SOLID_TYPES } from '../scene/node-type.ts';
import type { Scene } from '../scene/scene.ts';
import { nodesOf, numberOf, numbersOf, type SceneNode, stringOf, stringsOf, walk } from '../scene/scene-node.ts';
import { writeAppearance } from './appearance-xml.ts';
import { assetUrl } from './asset-url.ts';
import { writeElement, writeValues } from './element.ts';
import { isGeometryShown, writeCadShape, writeGeometry } from './geometry-xml.ts';
import type { SceneXmlOptions } from './scene-xml.ts';
import { writeBeltElement, writeTrackWheel } from './track-xml.ts';
import type { XmlWriter } from './xml-writer.ts';

/** Lights and the like: all their values are attributes of the same name. */
const PLAIN_TYPES: ReadonlySet<string> = new Set(['Fog', 'DirectionalLight', 'PointLight', 'SpotLight']);

/** Tags from R2023b on that have a name. */
const NAMED_TAGS: ReadonlySet<string> = new Set(['Solid', 'Robot', 'Track']);

export function writeWorldInfo(writer: XmlWriter, { worldInfo, coordinateSystem }: Scene): void {
  writeElement(writer, 'WorldInfo', worldInfo, () => {
    writer.attribute('title', stringOf(worldInfo, 'title'));
    writer.attribute('info', stringsOf(worldInfo, 'info').join(' '));
    writer.attribute('basicTimeStep', numberOf(worldInfo, 'basicTimeStep'));
    writer.attribute('coordinateSystem', coordinateSystem);
    writer.attribute('lineScale', numberOf(worldInfo, 'lineScale'));
  });
}

/** With the names of all client generations for the near and far planes and for the solid that is followed. */
export function writeViewpoint(writer: XmlWriter, { viewpoint, roots }: Scene): void {
  const follow = stringOf(viewpoint, 'follow');
  writeElement(writer, 'Viewpoint', viewpoint, () => {
    for (const [name, value] of Object.entries(viewpoint.values)) {
      if (name !== 'follow') writer.attribute(name, value);
    }
    writer.attribute('zNear', numberOf(viewpoint, 'near'));
    writer.attribute('zFar', numberOf(viewpoint, 'far'));
    if (follow === '') return;
    writer.attribute('follow', follow);
    const solid = solidNamed(roots, follow);
    if (solid !== undefined) writer.attribute('followedId', `n${solid.id}`);
  });
}

/** Writes a node that may stand in a scene or among children; what is nothing to see writes nothing. */
export function writeNode(writer: XmlWriter, node: SceneNode, options: SceneXmlOptions): void {
  if (POSE_TYPES.has(node.type)) writePose(writer, node, options);
  else if (node.type === 'TrackWheel')
    writeTrackWheel(writer, node, options, () => writeChildren(writer, node, options));
  else if (node.type === 'Shape') writeShape(writer, node, options);
  else if (PLAIN_TYPES.has(node.type)) writeElement(writer, node.type, node, () => writeValues(writer, node));
  else if (node.type === 'Background') writeBackground(writer, node, options);
  else if (node.type === 'CadShape') writeCadShape(writer, node, options);
  else if (node.type === 'Group' || node.type === 'Billboard') {
    writeElement(
      writer,
      node.type,
      node,
      () => {},
      () => writeChildren(writer, node, options),
    );
  } else writeNodes(writer, node.nodes.endPoint ?? node.nodes.slowHelix ?? [], options);
}

/** The pictures of a sky are written all or not at all: clients draw no part of one. */
function writeBackground(writer: XmlWriter, node: SceneNode, { folder }: SceneXmlOptions): void {
  writeElement(writer, node.type, node, () => {
    writer.attribute('skyColor', numbersOf(node, 'skyColor'));
    writer.attribute('luminosity', numberOf(node, 'luminosity'));
    for (const kind of ['Url', 'IrradianceUrl']) {
      const faces = SKY_FACES.map((face) => {
        const [written = ''] = stringsOf(node, `${face}${kind}`);
        return { name: `${face}${kind}`, url: assetUrl(written, folder) };
      });
      if (faces.some(({ url }) => url === undefined)) continue;
      for (const { name, url } of faces) writer.attribute(name, `"${url}"`);
    }
  });
}

function writeChildren(writer: XmlWriter, node: SceneNode, options: SceneXmlOptions): void {
  writeNodes(writer, nodesOf(node, 'children'), options);
}

function writeNodes(writer: XmlWriter, nodes: readonly SceneNode[], options: SceneXmlOptions): void {
  for (const node of nodes) writer.laterWhereLong((inner) => writeNode(inner, node, options));
}

function writePose(writer: XmlWriter, node: SceneNode, options: SceneXmlOptions): void {
  const { tag, type } = poseTag(node, options);
  const body = options.bodies.get(node.id);
  const attributes = () => {
    if (type !== undefined) writer.attribute('type', type);
    if (type !== undefined || NAMED_TAGS.has(tag)) writer.attribute('name', stringOf(node, 'name'));
    if (tag === 'Transform') writer.attribute('scale', numbersOf(node, 'scale'));
    if (body === undefined) {
      writer.attribute('translation', numbersOf(node, 'translation'));
      writer.attribute('rotation', numbersOf(node, 'rotation'));
    } else writer.place(body);
    if (node.type === 'Track') writer.attribute('geometriesCount', numberOf(node, 'geometriesCount'));
  };
  writeElement(writer, tag, node, attributes, () => {
    writeChildren(writer, node, options);
    // The head of a lidar stands before it turns as it is written.
    writeNodes(writer, node.nodes.rotatingHead ?? [], options);
    const belt = node.nodes.animatedGeometry ?? [];
    if (belt.length > 0) writeBeltElement(writer, options, () => writeNodes(writer, belt, options));
  });
}

function poseTag(node: SceneNode, { dialect }: SceneXmlOptions): { tag: string; type?: string } {
  const kind = kindOf(node);
  if (dialect.tags === 'legacy') return kind === undefined ? { tag: 'Transform' } : { tag: 'Transform', type: kind };
  if (node.type === 'Track') return { tag: 'Track' };
  // Only worlds up to R2023a stretch solids, and of today's tags only this one can.
  if (numbersOf(node, 'scale').some((factor) => factor !== 1)) return { tag: 'Transform' };
  if (node.type === 'Solid' || node.type === 'Robot' || node.type === 'Transform') return { tag: node.type };
  // Devices are shown by their children only.
  return { tag: 'Pose' };
}

/** What clients up to R2023a call a node with a place of its own. */
function kindOf({ type }: SceneNode): string | undefined {
  if (type === 'Robot') return 'robot';
  if (type === 'Track') return 'track';
  return SOLID_TYPES.has(type) ? 'solid' : undefined;
}

function writeShape(writer: XmlWriter, node: SceneNode, options: SceneXmlOptions): void {
  const geometry = nodesOf(node, 'geometry').find((inner) => isGeometryShown(inner, options));
  if (geometry === undefined) return;
  writeElement(
    writer,
    'Shape',
    node,
    () => writeValues(writer, node),
    () => {
      for (const appearance of nodesOf(node, 'appearance')) writeAppearance(writer, appearance, options);
      writeGeometry(writer, geometry, options);
    },
  );
}

function solidNamed(roots: readonly SceneNode[], name: string): SceneNode | undefined {
  for (const node of walk(roots)) {
    if (SOLID_TYPES.has(node.type) && stringOf(node, 'name') === name) return node;
  }
  return undefined;
}
