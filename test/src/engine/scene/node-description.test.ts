import { describe, expect, it } from 'vitest';
import type { FieldDescription } from '../../../../src/engine/scene/field-description.ts';
import { isBuiltIn, NODE_DESCRIPTIONS } from '../../../../src/engine/scene/node-description.ts';
import { PASSED_OVER_TYPES, UNSHOWN_TYPES } from '../../../../src/engine/scene/node-type.ts';
import { NODE_REFERENCE, NODES, type NodeFields, type ReferenceValue } from '../fixtures/node-reference.ts';
import { sceneOf } from '../fixtures/world-text.ts';

/** Fields that releases before R2023b gave to everything with a place. */
const OLDER_FIELDS: ReadonlySet<string> = new Set(['scale']);

/** Nodes of older releases that worlds still have. */
const OLDER_TYPES = ['DifferentialWheels', 'Hinge2JointParameters'];

const ALL = Object.entries(NODE_REFERENCE);

describe('the nodes of the reference manual', () => {
  it('are all known', () => {
    expect(ALL.filter(([type]) => !isBuiltIn(type))).toEqual([]);
    expect(ALL.length).toBeGreaterThan(85);
  });

  it('are the only ones that are known, but for some of older releases', () => {
    const known = [...NODE_DESCRIPTIONS.keys(), ...PASSED_OVER_TYPES, ...UNSHOWN_TYPES];

    expect(known.filter((type) => NODE_REFERENCE[type] === undefined)).toEqual(OLDER_TYPES);
  });

  it.each(ALL)('%s: has fields of these names, kinds and defaults', (type, fields) => {
    const reference = allFields(fields);

    for (const [name, description] of describedFields(type)) {
      if (reference[name] === undefined) expect(OLDER_FIELDS).toContain(name);
      else expect([name, defaultOf(description)]).toEqual([name, reference[name]]);
    }
  });

  it.each(ALL)('%s: is read with all fields that web clients are told of', (type, { shown = {} }) => {
    const described = describedFields(type).map(([name]) => name);

    expect(Object.keys(shown).filter((name) => !described.includes(name))).toEqual([]);
  });

  it.each(ALL)('%s: is shown, or told of in one line', (type) => {
    const place = ['Viewpoint', 'WorldInfo'].includes(type) ? `${type} { }` : `Group { children ${type} { } }`;
    const { notices } = sceneOf(place);

    expect(notices).toEqual(
      UNSHOWN_TYPES.has(type)
        ? [`Not shown: 1 ${type}, the embedded engine has nothing to draw it with.`]
        : type === 'Robot'
          ? ['Robot: the embedded engine runs no controllers, so "robot" will not act.']
          : expect.not.arrayContaining([expect.stringContaining('does not know')]),
    );
  });
});

function describedFields(type: string): [string, FieldDescription][] {
  return Object.entries(NODE_DESCRIPTIONS.get(type) ?? {});
}

function allFields({ shown, other }: NodeFields): Readonly<Record<string, ReferenceValue>> {
  return { ...other, ...shown };
}

function defaultOf(description: FieldDescription): ReferenceValue {
  return description.kind === 'nodes' ? NODES : description.value;
}
