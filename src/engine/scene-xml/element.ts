import type { SceneNode } from '../scene/scene-node.ts';
import type { XmlWriter } from './xml-writer.ts';

/** Writes an element with the node's id; `content` writes what is inside of it. */
export function writeElement(
  writer: XmlWriter,
  tag: string,
  node: SceneNode,
  attributes: () => void,
  content?: () => void,
): void {
  writer.raw(`<${tag}`);
  writer.attribute('id', `n${node.id}`);
  attributes();
  if (content === undefined) {
    writer.raw('/>\n');
    return;
  }
  writer.raw('>\n');
  content();
  writer.raw(`</${tag}>\n`);
}

/** Writes all values of a node as attributes. */
export function writeValues(writer: XmlWriter, node: SceneNode): void {
  for (const [name, value] of Object.entries(node.values)) writer.attribute(name, value);
}
