import { posix } from 'node:path';
import { AppError } from '../../errors.ts';
import { coordinateSystemOfWorld } from '../scene/coordinate-system.ts';
import { isBuiltIn } from '../scene/node-description.ts';
import { type Omission, Omissions } from '../scene/omissions.ts';
import { MAXIMUM_DEPTH } from '../world/node-reader.ts';
import type { Prototype, World, WorldItem, WorldNode } from '../world/world.ts';
import { hasPlace, PLACED_FIELDS, placeholder } from './placeholder.ts';
import { isRemote, type Obstacle, type SourceFile } from './source-file.ts';

/** PROTOs inside PROTOs that are shown; robots have some five (our choice). */
export const MAXIMUM_NESTING = 32;

/** Nodes that a world may have once every PROTO is replaced by its content (our choice, as for scenes). */
export const MAXIMUM_INSTANCE_NODES = 200_000;

/** Nodes after which other work may have its turn (our choice: below 1 ms). */
const SLICE = 100;

/** Fields whose strings are URLs, relative to the file in which they are written. */
const URL_FIELD = /^url$|Url$/;

/** Fields whose nodes are seen as they are, other than looks, forms and bounding objects. */
const SHOWN_FIELDS: ReadonlySet<string> = new Set(['children', 'endPoint', 'slowHelix', 'rotatingHead']);

/** URLs that do not depend on where they are written. */
const ABSOLUTE = /^(?:[a-z][a-z\d+.-]*:|\/)/i;

/** Where a node is written: in a file, and where that is the file of a PROTO, for one node of that type. */
interface Scope {
  readonly file: SourceFile;
  readonly instance: { readonly prototype: Prototype; readonly node: WorldNode; readonly outer: Scope } | undefined;
  /** PROTOs around. */
  readonly nesting: number;
  /** What nodes have become here: what is used twice stays one. */
  readonly copies: Map<WorldNode, WorldNode | null>;
}

/** Where a node stands among those around it. */
interface Position {
  readonly depth: number;
  /** Whether a box may be seen there, and hinders nothing. */
  readonly isShown: boolean;
}

interface Values {
  readonly items: readonly WorldItem[];
  /** Where they are written. */
  readonly scope: Scope;
}

/** Work on a node that hands over between slices. */
type Expanding<Result> = Generator<void, Result, undefined>;

/** A world without PROTOs, and what became of those that are not shown. */
export interface PlainWorld {
  readonly world: World;
  readonly omissions: readonly Omission[];
}

/**
 * Replaces the nodes of PROTO types by what their PROTOs consist of, and those
 * whose PROTO cannot be had by a box with their name, or by nothing. Hands over between nodes.
 *
 * @throws AppError `worldUnreadable` where this gives too many nodes, or too deep ones
 */
export function* instantiate(world: World, file: SourceFile): Generator<void, PlainWorld, undefined> {
  if ([...world.types].every(isBuiltIn)) return { world, omissions: [] };
  const instantiation = new Instantiation(file.folder, coordinateSystemOfWorld(world) !== 'ENU');
  const scope: Scope = { file, instance: undefined, nesting: 0, copies: new Map() };
  const nodes: WorldNode[] = [];
  for (const node of world.nodes) {
    const copy = yield* instantiation.expand(node, scope, { depth: 0, isShown: true });
    if (copy !== null) nodes.push(copy);
  }
  return { world: { ...world, nodes }, omissions: instantiation.omissions.all };
}

class Instantiation {
  readonly omissions = new Omissions();
  /** Where URLs of the world begin, and so those of the result. */
  readonly #folder: string;
  /** Lists without nodes, which are the same everywhere. */
  readonly #plain = new WeakSet<readonly WorldItem[]>();
  readonly #isYUp: boolean;
  #nodeCount = 0;

  /** @param isYUp whether the vertical axis is y */
  constructor(folder: string, isYUp: boolean) {
    this.#folder = folder;
    this.#isYUp = isYUp;
  }

  *expand(node: WorldNode, scope: Scope, at: Position): Expanding<WorldNode | null> {
    const known = scope.copies.get(node);
    if (known !== undefined) return known;
    if (at.depth >= MAXIMUM_DEPTH) {
      throw new AppError('worldUnreadable', `Expected at most ${MAXIMUM_DEPTH} nodes inside each other.`);
    }
    if (++this.#nodeCount > MAXIMUM_INSTANCE_NODES) {
      const message = `Expected at most ${MAXIMUM_INSTANCE_NODES} nodes in a world with the content of its PROTOs.`;
      throw new AppError('worldUnreadable', message);
    }
    if (this.#nodeCount % SLICE === 0) yield;
    const copy = yield* isBuiltIn(node.type) ? this.#copy(node, scope, at) : this.#instance(node, scope, at);
    scope.copies.set(node, copy);
    return copy;
  }

  *#copy(node: WorldNode, scope: Scope, at: Position): Expanding<WorldNode> {
    const fields = new Map<string, readonly WorldItem[]>();
    const names = new Set([...node.fields.keys(), ...(node.connections?.keys() ?? [])]);
    for (const name of names) {
      const values = this.#values(node, name, scope);
      if (values !== undefined) fields.set(name, yield* this.#expandValues(name, values, at));
    }
    return { type: node.type, definition: node.definition, fields, connections: undefined };
  }

  *#instance(node: WorldNode, scope: Scope, at: Position): Expanding<WorldNode | null> {
    const found = scope.file.prototypes.get(node.type);
    if (found === undefined)
      return yield* this.#omit(node, scope, at, 'the embedded engine does not know this type of node');
    if ('obstacle' in found) return yield* this.#omit(node, scope, at, found.obstacle);
    const { prototype, file } = found;
    const obstacle = obstacleTo(prototype, scope);
    if (obstacle !== undefined) return yield* this.#omit(node, scope, at, obstacle, prototype);
    if (prototype.body === undefined) return null;
    const instance = { prototype, node, outer: scope };
    const inner: Scope = { file, instance, nesting: scope.nesting + 1, copies: new Map() };
    const body = yield* this.expand(prototype.body, inner, { ...at, depth: at.depth + 1 });
    return body === null ? null : { ...body, definition: node.definition };
  }

  /** What a field of a node holds: written there, or in the node whose PROTO it is part of, or by default of that. */
  #values(node: WorldNode, field: string, scope: Scope): Values | undefined {
    const items = node.fields.get(field);
    if (items !== undefined) return { items, scope };
    const source = node.connections?.get(field);
    if (source === undefined || scope.instance === undefined) return undefined;
    const { prototype, node: instance, outer } = scope.instance;
    const given = this.#values(instance, source, outer);
    if (given !== undefined) return given;
    const standard = prototype.fields.get(source);
    return standard === undefined ? undefined : { items: standard, scope };
  }

  *#expandValues(name: string, { items, scope }: Values, at: Position): Expanding<readonly WorldItem[]> {
    const inner = { depth: at.depth + 1, isShown: at.isShown && SHOWN_FIELDS.has(name) };
    if (URL_FIELD.test(name) && scope.file.folder !== this.#folder) {
      return items.map((item) => (typeof item === 'string' ? this.#move(item, scope.file.folder) : item));
    }
    if (this.#plain.has(items)) return items;
    if (!items.some((item) => typeof item === 'object' && item !== null)) {
      this.#plain.add(items);
      return items;
    }
    const expanded: WorldItem[] = [];
    for (const item of items) {
      expanded.push(typeof item === 'object' && item !== null ? yield* this.expand(item, scope, inner) : item);
    }
    return expanded;
  }

  /** A URL that was relative to `folder`, relative to the world. */
  #move(url: string, folder: string): string {
    if (url === '' || ABSOLUTE.test(url)) return url;
    if (isRemote(folder)) return URL.canParse(url, folder) ? new URL(url, folder).href : '';
    // Both begin at a root of their own, so that whatever leads outside of the project still does so.
    const path = posix.join(folder, url.replaceAll('\\', '/'));
    return path.startsWith('../') ? '' : posix.relative(`/${this.#folder}`, `/${path}`);
  }

  *#omit(
    node: WorldNode,
    scope: Scope,
    at: Position,
    obstacle: Obstacle,
    prototype?: Prototype,
  ): Expanding<WorldNode | null> {
    const fields = new Map<string, readonly WorldItem[]>();
    for (const name of PLACED_FIELDS) {
      const given = this.#values(node, name, scope);
      const values = given ?? { items: prototype?.fields.get(name), scope };
      if (values.items === undefined) continue;
      fields.set(name, given === undefined ? values.items : yield* this.#expandValues(name, given, at));
    }
    const isBoxed = at.isShown && hasPlace(fields);
    this.omissions.add(node.type, obstacle, isBoxed);
    if (isBoxed) return placeholder(node, fields, this.#isYUp);
    const children = fields.get('children');
    if (children === undefined) return null;
    return {
      type: 'Group',
      definition: node.definition,
      fields: new Map([['children', children]]),
      connections: undefined,
    };
  }
}

function obstacleTo(prototype: Prototype, scope: Scope): Obstacle | undefined {
  if (prototype.isScripted) return 'its PROTO is a script, and the embedded engine runs none';
  for (let { instance } = scope; instance !== undefined; instance = instance.outer.instance) {
    if (instance.prototype === prototype) return 'its PROTO contains itself';
  }
  if (scope.nesting >= MAXIMUM_NESTING) return `PROTOs are shown up to ${MAXIMUM_NESTING} inside each other`;
  return undefined;
}
