import { nodesOf, numberOf, numbersOf, type SceneNode, stringOf } from '../scene/scene-node.ts';

/** What happens where two materials touch. */
export interface Contact {
  readonly friction: number;
  /** The part of the speed that a bounce keeps, from 0 to 1. */
  readonly bounce: number;
}

/** A contact, and with which materials a collider has it. */
export interface ContactGroup extends Contact {
  /** What the collider is, and what it meets, as bits of materials. */
  readonly membership: number;
  readonly filter: number;
}

/** Defaults of `ContactProperties.wrl` of Webots, which hold for every pair that the world says nothing of. */
const DEFAULT_CONTACT: Contact = { friction: 1, bounce: 0.5 };

/** What stands for Webots' infinite friction, which is written as −1 (our choice). */
const INFINITE_FRICTION = 100;

/** Materials that are told apart, one bit each; the others are taken for the last one that is (physics has 16 bits). */
export const MOST_MATERIALS = 16;

/** Bits of all materials. */
const ALL = 2 ** MOST_MATERIALS - 1;

/**
 * The contacts of the materials of a world. Physics gives a collider one friction
 * and one bounce, Webots each pair of materials its own. So a solid has a collider
 * for each contact that its material has, which meets only the materials that have
 * that contact with it.
 */
export class ContactMaterials {
  readonly #materials: readonly string[];
  readonly #contacts: ReadonlyMap<string, Contact>;
  readonly #groups = new Map<string, readonly ContactGroup[]>();

  /** @param materials of all solids */
  constructor(worldInfo: SceneNode, materials: Iterable<string>) {
    this.#contacts = contactsOf(worldInfo);
    this.#materials = [...new Set(materials)].slice(0, MOST_MATERIALS);
  }

  /** The contacts of a material; one that is the same with all materials is a single one. */
  groupsOf(material: string): readonly ContactGroup[] {
    const known = this.#groups.get(material);
    if (known !== undefined) return known;
    const groups: ContactGroup[] = [];
    const membership = 1 << this.#bitOf(material);
    for (const [bit, other] of this.#materials.entries()) {
      const contact = this.#contacts.get(pairOf(material, other)) ?? DEFAULT_CONTACT;
      const same = groups.findIndex(
        ({ friction, bounce }) => friction === contact.friction && bounce === contact.bounce,
      );
      if (same === -1) groups.push({ ...contact, membership, filter: 1 << bit });
      else groups[same] = { ...groups[same]!, filter: groups[same]!.filter | (1 << bit) };
    }
    const [only] = groups;
    const all = groups.length === 1 && only !== undefined ? [{ ...only, filter: ALL }] : groups;
    this.#groups.set(material, all);
    return all;
  }

  #bitOf(material: string): number {
    const bit = this.#materials.indexOf(material);
    return bit === -1 ? MOST_MATERIALS - 1 : bit;
  }
}

/** By both orders of the names; of several for a pair, the first counts. */
function contactsOf(worldInfo: SceneNode): ReadonlyMap<string, Contact> {
  const contacts = new Map<string, Contact>();
  for (const node of nodesOf(worldInfo, 'contactProperties')) {
    if (node.type !== 'ContactProperties') continue;
    const [first, second] = [stringOf(node, 'material1'), stringOf(node, 'material2')];
    if (contacts.has(pairOf(first, second))) continue;
    const [friction = DEFAULT_CONTACT.friction] = numbersOf(node, 'coulombFriction');
    const contact = {
      friction: friction < 0 ? INFINITE_FRICTION : friction,
      bounce: Math.min(1, Math.max(0, numberOf(node, 'bounce'))),
    };
    contacts.set(pairOf(first, second), contact).set(pairOf(second, first), contact);
  }
  return contacts;
}

function pairOf(first: string, second: string): string {
  return JSON.stringify([first, second]);
}
