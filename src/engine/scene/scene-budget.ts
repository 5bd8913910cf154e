import type { WorldItem, WorldNode } from '../world/world.ts';
import type { NodeDescription } from './node-description.ts';

/** Numbers in lists, such as the points of meshes, that a scene may have in all (our choice; some 10 bytes of XML each). */
export const MAXIMUM_SCENE_NUMBERS = 3_000_000;

/** Triangles of face sets that a scene may have in all (our choice; clients up to R2023a are sent 100 bytes of XML each). */
export const MAXIMUM_SCENE_TRIANGLES = 500_000;

/** Characters of texts, such as names and URLs, that a scene may have in all (our choice). */
export const MAXIMUM_SCENE_TEXT = 10_000_000;

/** Counts what a scene consists of, so that copies of large nodes do not come to more than can be sent. */
export class SceneBudget {
  readonly #triangleCounts = new Map<readonly WorldItem[], number>();
  #numbers = 0;
  #triangles = 0;
  #text = 0;

  /** Takes a node in, or says what there is too much of: "many points", "many triangles" or "much text". */
  take({ type, fields }: WorldNode, description: NodeDescription): string | undefined {
    let numbers = this.#numbers;
    let text = this.#text;
    for (const [name, { kind }] of Object.entries(description)) {
      const items = fields.get(name) ?? [];
      if (kind === 'numbers') numbers += items.length;
      else if (kind === 'string' || kind === 'strings') text += lengthOf(items);
    }
    const faces = type === 'IndexedFaceSet' ? fields.get('coordIndex') : undefined;
    const triangles = this.#triangles + (faces === undefined ? 0 : this.#countTriangles(faces));
    if (numbers > MAXIMUM_SCENE_NUMBERS) return 'many points';
    if (triangles > MAXIMUM_SCENE_TRIANGLES) return 'many triangles';
    if (text > MAXIMUM_SCENE_TEXT) return 'much text';
    this.#numbers = numbers;
    this.#triangles = triangles;
    this.#text = text;
    return undefined;
  }

  #countTriangles(coordIndex: readonly WorldItem[]): number {
    const known = this.#triangleCounts.get(coordIndex);
    if (known !== undefined) return known;
    let count = 0;
    let corners = 0;
    for (const index of coordIndex) {
      corners = index === -1 ? 0 : corners + 1;
      if (corners > 2) count++;
    }
    this.#triangleCounts.set(coordIndex, count);
    return count;
  }
}

function lengthOf(items: readonly WorldItem[]): number {
  return items.reduce<number>((sum, item) => sum + (typeof item === 'string' ? item.length : 0), 0);
}
