import fc from 'fast-check';
import { NODE_REFERENCE, NODES, type ReferenceValue } from '../src/engine/fixtures/node-reference.ts';

const TYPES = Object.keys(NODE_REFERENCE);

/** Types by what fields that hold nodes are for; any other one now and then. */
const FITTING: Readonly<Record<string, readonly string[]>> = {
  appearance: ['PBRAppearance', 'Appearance'],
  material: ['Material'],
  geometry: ['Box', 'Sphere', 'Cylinder', 'Capsule', 'Cone', 'Plane', 'IndexedFaceSet', 'ElevationGrid', 'PointSet'],
  boundingObject: ['Box', 'Sphere', 'Cylinder', 'Capsule', 'Plane', 'Pose', 'Group', 'IndexedFaceSet', 'Shape'],
  physics: ['Physics'],
  damping: ['Damping'],
  coord: ['Coordinate'],
  normal: ['Normal'],
  texCoord: ['TextureCoordinate'],
  color: ['Color'],
  device: ['RotationalMotor', 'LinearMotor', 'PositionSensor', 'Brake'],
  endPoint: ['Solid', 'Robot', 'SolidReference', 'Slot'],
  jointParameters: ['HingeJointParameters', 'JointParameters', 'BallJointParameters'],
  jointParameters2: ['JointParameters'],
  contactProperties: ['ContactProperties'],
  textureTransform: ['TextureTransform'],
  baseColorMap: ['ImageTexture'],
  children: [
    'Solid',
    'Robot',
    'Pose',
    'Shape',
    'HingeJoint',
    'SliderJoint',
    'BallJoint',
    'Hinge2Joint',
    'Track',
    'LED',
  ],
};

const LARGEST = 1e9;

const number = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -3, max: 3, noNaN: true }).map(String) },
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 12 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom('1e400', 'nan', '0x1F', '-0', String(LARGEST), '1e-12', '-1e9') },
);
const text = fc.oneof(
  fc.constantFrom(
    '"default"',
    '"a"',
    '"solid"',
    '"<static environment>"',
    '"a.png"',
    '"../m.obj"',
    '"https://a.example/b.dae"',
  ),
  fc.string({ unit: 'binary' }).map((value) => `"${value.replaceAll(/["\\]/g, '')}"`),
);
const word = fc.constantFrom('TRUE', 'FALSE', 'NULL');

/**
 * Texts of whole worlds: nodes of the reference manual in fields that are for them,
 * with values of the right kind, mostly; with definitions, uses, and mistakes.
 */
export const worldNodes: fc.Arbitrary<string> = fc
  .array(nodeOf(TYPES, 0), { minLength: 1, maxLength: 5 })
  .map((nodes) => nodes.join('\n'));

/** Nodes inside each other that are drawn. */
const DEEPEST = 5;

function nodeOf(types: readonly string[], depth: number): fc.Arbitrary<string> {
  const fitting = fc.constantFrom(...types);
  const type = fc.oneof(
    { weight: 15, arbitrary: fitting },
    { weight: 1, arbitrary: fc.constantFrom(...TYPES, 'Moose') },
  );
  const definition = fc.constantFrom('', '', '', 'DEF A ', 'DEF B ');
  return fc.oneof(
    {
      weight: 12,
      arbitrary: fc
        .tuple(definition, type)
        .chain(([name, chosen]) => bodyOf(chosen, depth).map((body) => `${name}${chosen} { ${body} }`)),
    },
    { weight: 1, arbitrary: fc.constantFrom('USE A', 'USE B', 'NULL') },
  );
}

function bodyOf(type: string, depth: number): fc.Arbitrary<string> {
  const { shown = {}, other = {} } = NODE_REFERENCE[type] ?? { shown: { children: NODES, translation: [0, 0, 0] } };
  const fields = Object.entries({ ...other, ...shown }).filter(([, value]) => depth < DEEPEST || value !== NODES);
  if (fields.length === 0) return fc.constant('');
  // What makes bodies is drawn more often than what nothing is done with.
  const weighted = fields.map(([name, value]) => ({
    weight: FITTING[name] === undefined ? 1 : 6,
    arbitrary: fc.constant([name, value] as const),
  }));
  const field = fc
    .oneof(...weighted)
    .chain(([name, value]) => valuesOf(name, value, depth).map((items) => `${name} ${items}`));
  return fc.array(field, { maxLength: 6 }).map((all) => all.join('\n'));
}

function valuesOf(name: string, value: ReferenceValue, depth: number): fc.Arbitrary<string> {
  const right = value === NODES ? nodesOf(name, depth) : plainValue(value);
  const wrong = fc.oneof(number, text, word, fc.array(fc.oneof(number, text, word), { maxLength: 4 }).map(bracketed));
  return fc.oneof({ weight: 20, arbitrary: right }, { weight: 1, arbitrary: wrong });
}

function nodesOf(name: string, depth: number): fc.Arbitrary<string> {
  const node = nodeOf(FITTING[name] ?? TYPES, depth + 1);
  return fc.oneof(node, fc.array(node, { maxLength: 4 }).map(bracketed));
}

function plainValue(value: Exclude<ReferenceValue, typeof NODES>): fc.Arbitrary<string> {
  if (typeof value === 'number') return number;
  if (typeof value === 'boolean') return word;
  if (typeof value === 'string') return text;
  if (value.length > 0)
    return fc.array(number, { minLength: value.length, maxLength: value.length }).map((all) => all.join(' '));
  const indices = fc.array(fc.integer({ min: -1, max: 9 }).map(String), { maxLength: 30 });
  return fc.oneof(indices, fc.array(number, { maxLength: 30 }), fc.array(text, { maxLength: 3 })).map(bracketed);
}

function bracketed(items: readonly string[]): string {
  return `[ ${items.join(' ')} ]`;
}
