import { extname, posix } from 'node:path';
import { openProjectFile, readAndClose } from '../project-file.ts';
import { runInTurns } from '../turns.ts';
import type { WorldItem, WorldNode } from '../world/world.ts';
import { type Bounds, meshBounds } from './mesh-bounds.ts';
import { type Omission, Omissions } from './omissions.ts';

/** Size of the largest file of a mesh that is measured, in bytes (our choice; those of robots have some MB). */
const MAXIMUM_MESH_SIZE = 20_000_000;

/** Files of meshes that are measured for one world (our choice; large robots have some 50). */
const MAXIMUM_MESHES = 200;

/** Nodes after which other work may have its turn (our choice: below 1 ms). */
const SLICE = 100;

/** The triangles of a box, whose corners count the bits x, y, z. */
const FACES = [0, 2, 3, 1, 4, 5, 7, 6, 0, 1, 5, 4, 2, 6, 7, 3, 0, 4, 6, 2, 1, 3, 7, 5];

export interface MeasuredWorld {
  readonly nodes: readonly WorldNode[];
  /** Meshes that nothing can hit, because they could not be measured. */
  readonly unmeasured: readonly Omission[];
}

/**
 * Puts a box in the place of each `Mesh` that is part of a bounding object: the
 * bounds of its file. Other work has its turn meanwhile. Who draws the world sees other meshes only.
 *
 * @param root absolute path of the project
 * @param folder of the world, from the project down
 */
export async function measureBoundingMeshes(
  nodes: readonly WorldNode[],
  root: string,
  folder: string,
): Promise<MeasuredWorld> {
  const urls = new Set<string>();
  const finding = new Replacement((mesh) => {
    urls.add(urlOf(mesh));
    return mesh;
  });
  await runInTurns(finding.replaceAll(nodes));
  if (urls.size === 0) return { nodes, unmeasured: [] };
  const bounds = new Map<string, Bounds>();
  for (const url of [...urls].slice(0, MAXIMUM_MESHES)) {
    const measured = await measure(url, root, folder);
    if (measured !== undefined) bounds.set(url, measured);
  }
  const omissions = new Omissions();
  const boxing = new Replacement((mesh) => {
    const measured = bounds.get(urlOf(mesh));
    if (measured !== undefined) return box(measured);
    omissions.add('Mesh', 'nothing can hit it, because its file could not be measured');
    return null;
  });
  return { nodes: await runInTurns(boxing.replaceAll(nodes)), unmeasured: omissions.all };
}

async function measure(url: string, root: string, folder: string): Promise<Bounds | undefined> {
  if (/^[a-z][a-z\d+.-]*:|^[/\\]/i.test(url)) return undefined;
  const path = posix.normalize(posix.join(folder, url.replaceAll('\\', '/')));
  const file = await openProjectFile(root, path.split('/'));
  if (file === undefined) return undefined;
  if (file.size > MAXIMUM_MESH_SIZE) {
    await file.handle.close();
    return undefined;
  }
  return meshBounds(await readAndClose(file), extname(path).slice(1).toLowerCase());
}

function urlOf(mesh: WorldNode): string {
  const [url] = mesh.fields.get('url') ?? [];
  return typeof url === 'string' ? url : '';
}

function box({ least, most }: Bounds): WorldNode {
  const point = Array.from({ length: 8 }, (_, corner) =>
    [0, 1, 2].map((axis) => ((corner >> axis) & 1 ? most[axis]! : least[axis]!)),
  ).flat();
  const coordIndex = FACES.flatMap((corner, index) => (index % 4 === 3 ? [corner, -1] : [corner]));
  const coord = node('Coordinate', new Map([['point', point]]));
  return node(
    'IndexedFaceSet',
    new Map<string, readonly WorldItem[]>([
      ['coord', [coord]],
      ['coordIndex', coordIndex],
    ]),
  );
}

function node(type: string, fields: WorldNode['fields']): WorldNode {
  return { type, definition: undefined, fields, connections: undefined };
}

/** Replaces meshes in bounding objects. What is used twice stays one node, and what does not change stays what it is. */
class Replacement {
  readonly #replace: (mesh: WorldNode) => WorldNode | null;
  readonly #outside = new Map<WorldNode, WorldNode>();
  readonly #inside = new Map<WorldNode, WorldNode | null>();

  constructor(replace: (mesh: WorldNode) => WorldNode | null) {
    this.#replace = replace;
  }

  /** Hands over between nodes. */
  *replaceAll(nodes: readonly WorldNode[]): Generator<void, readonly WorldNode[], undefined> {
    const all: WorldNode[] = [];
    for (const root of nodes) all.push(yield* this.#visit(root));
    return all;
  }

  *#visit(source: WorldNode): Generator<void, WorldNode, undefined> {
    const known = this.#outside.get(source);
    if (known !== undefined) return known;
    if (this.#outside.size % SLICE === 0) yield;
    const copy = yield* this.#copy(source, (name, inner) =>
      name === 'boundingObject' ? this.#bound(inner) : this.#visit(inner),
    );
    this.#outside.set(source, copy);
    return copy;
  }

  *#bound(source: WorldNode): Generator<void, WorldNode | null, undefined> {
    const known = this.#inside.get(source);
    if (known !== undefined) return known;
    if (this.#inside.size % SLICE === 0) yield;
    const copy =
      source.type === 'Mesh' ? this.#replace(source) : yield* this.#copy(source, (_, inner) => this.#bound(inner));
    this.#inside.set(source, copy);
    return copy;
  }

  *#copy(
    source: WorldNode,
    visit: (field: string, inner: WorldNode) => Generator<void, WorldNode | null, undefined>,
  ): Generator<void, WorldNode, undefined> {
    let fields: Map<string, readonly WorldItem[]> | undefined;
    for (const [name, items] of source.fields) {
      // Lists of nodes hold nodes and gaps only.
      if (typeof items[0] !== 'object') continue;
      const copies: WorldItem[] = [];
      for (const item of items) {
        copies.push(typeof item === 'object' && item !== null ? yield* visit(name, item) : item);
      }
      if (copies.every((copy, index) => copy === items[index])) continue;
      fields ??= new Map(source.fields);
      fields.set(name, copies);
    }
    return fields === undefined ? source : { ...source, fields };
  }
}
