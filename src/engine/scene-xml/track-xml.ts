import { numberOf, numbersOf, type SceneNode } from '../scene/scene-node.ts';
import { writeElement } from './element.ts';
import type { SceneXmlOptions } from './scene-xml.ts';
import type { XmlWriter } from './xml-writer.ts';

/** A wheel of a track: its place is in the plane of x and z, and clients lay the belt around it. */
export function writeTrackWheel(
  writer: XmlWriter,
  node: SceneNode,
  { dialect }: SceneXmlOptions,
  content: () => void,
): void {
  const isLegacy = dialect.tags === 'legacy';
  const attributes = () => {
    const [x = 0, z = 0] = numbersOf(node, 'position');
    if (isLegacy) writer.attribute('type', 'trackWheel');
    writer.attribute('translation', [x, 0, z]);
    writer.attribute('rotation', numbersOf(node, 'rotation'));
    writer.attribute('radius', numberOf(node, 'radius'));
    // Public clients know no other word for true here.
    writer.attribute('inner', node.values.inner === false ? 0 : 1);
  };
  writeElement(writer, isLegacy ? 'Transform' : 'TrackWheel', node, attributes, content);
}

/** What the belt of a track consists of: clients show it as often as the track says, around its wheels. */
export function writeBeltElement(writer: XmlWriter, { dialect }: SceneXmlOptions, content: () => void): void {
  const tag = dialect.tags === 'legacy' ? 'Transform' : 'Pose';
  writer.raw(`<${tag} role='animatedGeometry'>\n`);
  content();
  writer.raw(`</${tag}>\n`);
}
