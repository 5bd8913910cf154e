import { Group, type Object3D } from 'three';
import type { NodeUpdate } from '../../client/index.ts';
import { vectorFrom } from './attribute.ts';
import { MOST_DEPTH, MOST_NODES } from './bounds.ts';
import { LIGHTS, SceneLight } from './lights.ts';
import { APPEARANCES } from './material.ts';
import type { Motion } from './motion.ts';
import { GROUPS, POSES, UNSEEN } from './node-tags.ts';
import { isBoundingObject } from './scene-document.ts';
import { GEOMETRIES, Shape, type ShapeOptions } from './shape.ts';
import { isBeltElement, Track } from './track.ts';
import { UnknownNodes } from './unknown-nodes.ts';

export interface SceneGraphOptions extends ShapeOptions {
  readonly motion: Motion;
  readonly onNotice: (text: string) => void;
  readonly onLights: () => void;
  /** Viewpoint, Background and Fog, at first and after each update. */
  readonly onSurrounding: (element: Element, isUpdate: boolean) => void;
}

interface SceneNode {
  readonly element: Element;
  /** What is drawn of it; parts of shapes have nothing of their own. */
  readonly object?: Object3D;
  /** Reads the element anew, whose attributes have changed. */
  readonly refresh: (fields: Readonly<Record<string, string>>) => void;
  readonly dispose?: () => void;
}

const SURROUNDINGS: ReadonlySet<string> = new Set(['Viewpoint', 'Background', 'Fog']);

/** The nodes of a scene by their ids. The XML elements hold the state: an update sets attributes, and reads them again. */
export class SceneGraph {
  readonly root = new Group();
  readonly lights = new Set<SceneLight>();
  /** What is to face the camera. */
  readonly billboards = new Set<Object3D>();
  readonly #options: SceneGraphOptions;
  readonly #tracks = new Set<Track>();
  readonly #nodes = new Map<string, SceneNode>();
  readonly #unknown = new UnknownNodes();
  #count = 0;

  constructor(options: SceneGraphOptions) {
    this.#options = options;
  }

  /** Adds elements below the node `parent`, or below none; what is beyond the bounds is left out. */
  add(elements: readonly Element[], parent: string | null): void {
    const above = parent === null ? undefined : this.#nodes.get(parent);
    const object = parent === null ? this.root : above?.object;
    if (object === undefined) return;
    // So that what is deleted is found below its parent.
    above?.element.append(...elements);
    for (const element of elements) this.#read(element, object, 0);
    this.#options.onLights();
    this.#unknown.tell(this.#options.onNotice);
  }

  update({ id, fields }: NodeUpdate): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    for (const [name, value] of Object.entries(fields)) {
      if (/^[a-z]\w*$/i.test(name) && name !== 'id' && name !== 'USE') node.element.setAttribute(name, value);
    }
    node.refresh(fields);
  }

  delete(id: string): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    node.object?.removeFromParent();
    for (const [key, { element, object, dispose }] of this.#nodes) {
      if (!node.element.contains(element)) continue;
      if (object !== undefined) this.#options.motion.forget(object);
      dispose?.();
      this.#nodes.delete(key);
      this.#count -= 1;
    }
    node.element.remove();
    this.#options.onLights();
    this.#options.onChange(true);
  }

  show(id: string, isVisible: boolean): void {
    const object = this.#nodes.get(id)?.object;
    if (object !== undefined) object.visible = isVisible;
    this.#options.onChange(false);
  }

  clear(): void {
    for (const { dispose } of this.#nodes.values()) dispose?.();
    this.#nodes.clear();
    this.#unknown.clear();
    this.lights.clear();
    this.billboards.clear();
    this.#tracks.clear();
    this.root.clear();
    this.#count = 0;
  }

  /** The object of a node by its id, or of the first solid with this name. */
  find(idOrName: string): Object3D | undefined {
    if (idOrName === '') return undefined;
    const nodes = [...this.#nodes.values()];
    const node = this.#nodes.get(idOrName) ?? nodes.find(({ element }) => element.getAttribute('name') === idOrName);
    return node?.object;
  }

  #read(written: Element, parent: Object3D, depth: number): void {
    if (isBoundingObject(written) || isBeltElement(written)) return;
    this.#count += 1;
    if (this.#count > MOST_NODES || depth > MOST_DEPTH) {
      this.#unknown.count(`nodes beyond ${MOST_NODES} or ${MOST_DEPTH} levels`);
      return;
    }
    const element = this.#resolve(written);
    const { tagName } = element;
    if (POSES.has(tagName)) this.#readPose(element, parent, depth);
    else if (tagName === 'Shape' || tagName === 'CadShape') this.#readShape(element, parent);
    else if (tagName === 'Billboard') this.#readBillboard(element, parent, depth);
    else if (GROUPS.has(tagName)) this.#readChildren(element, parent, depth);
    else if (LIGHTS.has(tagName)) this.#readLight(element, parent);
    else if (SURROUNDINGS.has(tagName)) {
      this.#options.onSurrounding(element, false);
      this.#register(element, { refresh: () => this.#options.onSurrounding(element, true) });
    } else if (!UNSEEN.has(tagName)) this.#unknown.count(tagName);
  }

  #readPose(element: Element, parent: Object3D, depth: number): void {
    const { motion, onChange } = this.#options;
    let disposeBelt: (() => void) | undefined;
    const refresh: SceneNode['refresh'] = (fields) => {
      if ('translation' in fields || 'rotation' in fields) motion.move(object, element, performance.now());
      if ('scale' in fields) scale(object, element);
      if ('rotation' in fields && element.tagName === 'TrackWheel') this.#roll(element);
      onChange(false);
    };
    const object = this.#readChildren(element, parent, depth, refresh, () => disposeBelt?.());
    if (element.tagName === 'Track') disposeBelt = this.#readBelt(element, object, depth);
    motion.put(object, element);
    scale(object, element);
  }

  #readBelt(element: Element, object: Object3D, depth: number): () => void {
    const known = new Set(this.#nodes.keys());
    const track = new Track(element, object, (child, piece) => {
      for (const part of [child, ...child.querySelectorAll('[id]')]) part.removeAttribute('id');
      this.#read(child, piece, depth + 1);
    });
    this.#tracks.add(track);
    // Copies are in no document, so that they are not found below the track.
    const copies = [...this.#nodes.keys()].filter((key) => !known.has(key));
    return () => {
      this.#tracks.delete(track);
      for (const key of copies) {
        this.#nodes.get(key)?.dispose?.();
        if (this.#nodes.delete(key)) this.#count -= 1;
      }
    };
  }

  #roll(wheel: Element): void {
    for (const track of this.#tracks) if (track.has(wheel)) track.roll(wheel);
  }

  #readBillboard(element: Element, parent: Object3D, depth: number): void {
    const object = this.#readChildren(element, parent, depth, undefined, () => void this.billboards.delete(object));
    object.userData.isBillboard = true;
    this.billboards.add(object);
  }

  #readChildren(
    element: Element,
    parent: Object3D,
    depth: number,
    refresh: SceneNode['refresh'] = () => {},
    dispose: () => void = () => {},
  ): Object3D {
    const object = new Group();
    parent.add(object);
    this.#register(element, { object, refresh, dispose });
    for (const child of [...element.children]) this.#read(child, object, depth + 1);
    return object;
  }

  #readShape(element: Element, parent: Object3D): void {
    for (const part of [...element.querySelectorAll('[USE]')]) this.#resolve(part);
    for (const { tagName } of element.children) {
      if (!APPEARANCES.has(tagName) && !GEOMETRIES.has(tagName)) this.#unknown.count(tagName);
    }
    const shape = new Shape(element, this.#options);
    parent.add(shape.object);
    const { object } = shape;
    const refresh = () => (element.tagName === 'CadShape' ? shape.refreshGeometry() : shape.refresh());
    this.#register(element, { object, refresh, dispose: () => shape.dispose() });
    for (const part of element.querySelectorAll('[id]')) {
      if (part.tagName === 'TextureTransform') {
        this.#register(part, { refresh: () => shape.refreshTextureTransform() });
        continue;
      }
      const isLook = APPEARANCES.has(part.tagName) || part.closest([...APPEARANCES].join()) !== null;
      this.#register(part, { refresh: () => (isLook ? shape.refreshMaterial() : shape.refreshGeometry()) });
    }
  }

  #readLight(element: Element, parent: Object3D): void {
    const light = new SceneLight(element);
    parent.add(light.object);
    this.lights.add(light);
    const refresh = () => {
      light.refresh();
      this.#options.onLights();
    };
    const dispose = () => {
      light.dispose();
      this.lights.delete(light);
    };
    this.#register(element, { object: light.object, refresh, dispose });
  }

  #register(element: Element, node: Omit<SceneNode, 'element'>): void {
    // What has no id gets none of an engine's, so that it is disposed of with the others.
    this.#nodes.set(element.getAttribute('id') ?? `unnamed ${this.#nodes.size} ${this.#count}`, { element, ...node });
  }

  /** An element in place of one that only names another: a copy, with its own id and place. */
  #resolve(element: Element): Element {
    const name = element.getAttribute('USE');
    if (name === null) return element;
    const source = this.#nodes.get(name)?.element;
    if (source === undefined || source.contains(element)) return element;
    const copy = source.cloneNode(true) as Element;
    for (const part of copy.querySelectorAll('[id]')) part.removeAttribute('id');
    for (const { name: attribute, value } of [...element.attributes]) {
      if (attribute !== 'USE') copy.setAttribute(attribute, value);
    }
    element.replaceWith(copy);
    return copy;
  }
}

function scale(object: Object3D, element: Element): void {
  object.scale.set(...vectorFrom(element.getAttribute('scale'), [1, 1, 1]));
}
