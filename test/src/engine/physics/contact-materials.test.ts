import { describe, expect, it } from 'vitest';
import {
  type ContactGroup,
  ContactMaterials,
  MOST_MATERIALS,
} from '../../../../src/engine/physics/contact-materials.ts';
import { sceneOf } from '../fixtures/world-text.ts';

const NAMES = ['default', 'ice', 'rubber'];

describe('ContactMaterials', () => {
  it('gives all pairs the contact of Webots where the world says nothing', () => {
    const materials = materialsOf('');

    expect(materials.groupsOf('ice')).toHaveLength(1);
    expect(contactOf(materials, 'ice', 'rubber')).toEqual({ friction: 1, bounce: 0.5 });
  });

  it('gives each pair what the first contact for it says, in either order, and the others what Webots does', () => {
    const materials = materialsOf(`
      ContactProperties { coulombFriction 7 bounce 0 }
      ContactProperties { material2 "ice" coulombFriction [ 0.1 9 ] bounce 0.2 }
      ContactProperties { material1 "ice" coulombFriction 3 }
      ContactProperties { material1 "rubber" material2 "rubber" coulombFriction -1 bounce 2 }
    `);

    const table = NAMES.map((first) => NAMES.map((second) => contactOf(materials, first, second)));
    const [plain, cold, other] = [
      { friction: 7, bounce: 0 },
      { friction: 0.1, bounce: 0.2 },
      { friction: 1, bounce: 0.5 },
    ];
    expect(table).toEqual([
      [plain, cold, other],
      [cold, other, other],
      [other, other, { friction: 100, bounce: 1 }],
    ]);
  });

  it('takes materials beyond those that physics can tell apart for the last one', () => {
    const names = Array.from({ length: MOST_MATERIALS + 5 }, (_, index) => `m${index}`);
    const { worldInfo } = sceneOf('');
    const materials = new ContactMaterials(worldInfo, names);

    const bits = names.map((name) => materials.groupsOf(name)[0]!.membership);
    expect(new Set(bits).size).toBe(MOST_MATERIALS);
    expect(Math.max(...bits)).toBe(2 ** (MOST_MATERIALS - 1));
  });
});

function materialsOf(properties: string): ContactMaterials {
  return new ContactMaterials(sceneOf(`WorldInfo { contactProperties [ ${properties} ] }`).worldInfo, NAMES);
}

/** What two solids have where they touch: of their colliders, exactly one pair may meet. */
function contactOf(materials: ContactMaterials, first: string, second: string) {
  const meeting = materials
    .groupsOf(first)
    .flatMap((one) =>
      materials.groupsOf(second).flatMap((other) => (meets(one, other) ? [[one, other] as const] : [])),
    );
  expect(meeting).toHaveLength(1);
  const [[one, other]] = meeting as [[ContactGroup, ContactGroup]];
  expect([one.friction, one.bounce]).toEqual([other.friction, other.bounce]);
  return { friction: one.friction, bounce: one.bounce };
}

function meets(one: ContactGroup, other: ContactGroup): boolean {
  return (one.membership & other.filter) !== 0 && (other.membership & one.filter) !== 0;
}
