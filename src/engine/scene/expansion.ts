import { AppError } from '../../errors.ts';
import { runAtOnce } from '../turns.ts';
import { MAXIMUM_DEPTH } from '../world/node-reader.ts';
import type { WorldItem, WorldNode } from '../world/world.ts';
import type { FieldValue } from './field-description.ts';
import { readFieldValue } from './field-value.ts';
import { switchOff } from './led.ts';
import { NODE_DESCRIPTIONS, type NodeDescription } from './node-description.ts';
import { PASSED_OVER_TYPES, UNSHOWN_TYPES } from './node-type.ts';
import { Omissions } from './omissions.ts';
import { SceneBudget } from './scene-budget.ts';
import type { SceneNode } from './scene-node.ts';

/** Nodes that a scene may have once every `USE` stands for a copy (our choice; about 100 bytes of XML each). */
export const MAXIMUM_SCENE_NODES = 200_000;

/** Nodes after which other work may have its turn (our choice: below 1 ms). */
const SLICE = 100;

/** The look of a shape without an appearance, or with one that the engine does not know: white and dull (our choice). */
const PLAIN = { baseColor: [1, 1, 1], roughness: 1, metalness: 0 };

/**
 * Makes scene nodes of world nodes: fills in defaults, makes a copy for each
 * `USE`, and leaves out what it does not know, counting it.
 */
export class Expansion {
  readonly omissions = new Omissions();
  readonly #values = new Map<WorldNode, Readonly<Record<string, FieldValue>>>();
  readonly #budget = new SceneBudget();
  #lastId = 0;

  /** Hands over between nodes. @throws AppError `worldUnreadable` where the copies are too many or too deep */
  *expand(items: readonly WorldItem[] | undefined, depth = 0): Generator<void, SceneNode[], undefined> {
    const nodes: SceneNode[] = [];
    for (const item of items ?? []) {
      if (typeof item !== 'object' || item === null) continue;
      const node = yield* this.#expandNode(item, depth);
      if (node !== undefined) nodes.push(node);
    }
    return nodes;
  }

  /** A node that the world does not have, with the defaults of its type. */
  create(type: string, values: Readonly<Record<string, FieldValue>> = {}): SceneNode {
    const source = { type, definition: undefined, fields: new Map(), connections: undefined };
    const node = runAtOnce(this.#expandNode(source, 0));
    if (node === undefined) throw new TypeError(`Expected ${type} to be a described type.`);
    return { ...node, values: { ...node.values, ...values } };
  }

  *#expandNode(source: WorldNode, depth: number): Generator<void, SceneNode | undefined, undefined> {
    const description = NODE_DESCRIPTIONS.get(source.type);
    if (description === undefined) {
      if (UNSHOWN_TYPES.has(source.type))
        this.omissions.add(source.type, 'the embedded engine has nothing to draw it with');
      else if (!PASSED_OVER_TYPES.has(source.type)) {
        this.omissions.add(source.type, 'the embedded engine does not know this type of node');
      }
      return undefined;
    }
    if (depth >= MAXIMUM_DEPTH) {
      throw new AppError('worldUnreadable', `Expected at most ${MAXIMUM_DEPTH} nodes inside each other.`);
    }
    const surplus = this.#budget.take(source, description);
    if (surplus !== undefined) {
      this.omissions.add(source.type, `the world has too ${surplus}`);
      return undefined;
    }
    const values = this.#valuesOf(source, description);
    if (++this.#lastId > MAXIMUM_SCENE_NODES) {
      throw new AppError('worldUnreadable', `Expected at most ${MAXIMUM_SCENE_NODES} nodes in a scene.`);
    }
    const id = this.#lastId;
    const nodes: Record<string, readonly SceneNode[]> = {};
    for (const [name, { kind }] of Object.entries(description)) {
      const items = kind === 'nodes' ? source.fields.get(name) : undefined;
      if (kind === 'nodes') nodes[name] = items === undefined ? [] : yield* this.expand(items, depth + 1);
    }
    if (id % SLICE === 0) yield;
    if (nodes.appearance !== undefined) {
      const look = nodes.appearance.find(({ type }) => type === 'PBRAppearance' || type === 'Appearance');
      nodes.appearance = [look ?? this.create('PBRAppearance', PLAIN)];
    }
    const node = { id, type: source.type, values, nodes };
    return source.type === 'LED' ? switchOff(node) : node;
  }

  /** Copies share their values. */
  #valuesOf(source: WorldNode, description: NodeDescription): Readonly<Record<string, FieldValue>> {
    const known = this.#values.get(source);
    if (known !== undefined) return known;
    const values: Record<string, FieldValue> = {};
    for (const [name, field] of Object.entries(description)) {
      if (field.kind !== 'nodes') values[name] = readFieldValue(field, source.fields.get(name));
    }
    this.#values.set(source, values);
    return values;
  }
}
