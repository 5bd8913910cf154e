import type { Scene } from '../scene/scene.ts';
import { runAtOnce } from '../turns.ts';
import type { Dialect } from './dialect.ts';
import { writeNode, writeViewpoint, writeWorldInfo } from './node-xml.ts';
import { escapeXml, type Template, XmlWriter } from './xml-writer.ts';

/** What a scene's text depends on, besides the scene. */
export interface SceneXmlOptions {
  readonly dialect: Dialect;
  /** The world's folder, relative to the project. */
  readonly folder: string;
  /** The number of the moving body that a solid is, by the solid's id. */
  readonly bodies: ReadonlyMap<number, number>;
}

/** The text of the `model:` message, with places for the poses of the moving bodies. */
export function sceneXml(scene: Scene, options: SceneXmlOptions): Template {
  return runAtOnce(sceneXmlInSlices(scene, options));
}

/** The same, and hands over between the nodes at the root. */
export function* sceneXmlInSlices(scene: Scene, options: SceneXmlOptions): Generator<void, Template, undefined> {
  const { root } = options.dialect;
  const writer = new XmlWriter();
  writer.raw('<?xml version="1.0" encoding="UTF-8"?>\n');
  writer.raw(`<${root}><head><meta name='version' content='${escapeXml(scene.version)}'/></head><Scene>\n`);
  writeWorldInfo(writer, scene);
  writeViewpoint(writer, scene);
  for (const node of scene.roots) {
    writeNode(writer, node, options);
    yield;
  }
  writer.raw(`</Scene></${root}>`);
  writer.flush();
  return writer;
}
