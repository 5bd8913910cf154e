import type { Frame } from '../math/frame.ts';
import { turn } from '../math/rotation.ts';
import { type Matrix, principalAxes } from '../math/symmetric-matrix.ts';
import { add, multiply, type Vector } from '../math/vector.ts';
import { numberOf, numbersOf, type SceneNode } from '../scene/scene-node.ts';

/** The density of `Physics.wrl` of Webots, in kg/m³, for a solid that gives neither density nor mass. */
const DEFAULT_DENSITY = 1000;

/** The mass of a solid without a volume, in kg (our choice). */
const DEFAULT_MASS = 1;

/** What a solid weighs: in kg, or in kg/m³ where the mass follows from the volume. */
export interface PlannedMass {
  readonly kind: 'total' | 'density';
  readonly value: number;
}

export function massOf(physics: SceneNode, hasVolume: boolean): PlannedMass {
  const density = numberOf(physics, 'density');
  const mass = numberOf(physics, 'mass');
  if (!hasVolume) return { kind: 'total', value: mass > 0 ? mass : DEFAULT_MASS };
  // A density that is given wins over the mass, as in Webots.
  if (density > 0) return { kind: 'density', value: density };
  return mass > 0 ? { kind: 'total', value: mass } : { kind: 'density', value: DEFAULT_DENSITY };
}

/** Where the mass of a solid is, seen from its body, whose `frame` of the solid this is; `undefined` where the world does not say. */
export function centreOf(physics: SceneNode, frame: Frame): Vector | undefined {
  const [x, y, z] = numbersOf(physics, 'centerOfMass');
  if (x === undefined || y === undefined || z === undefined) return undefined;
  return add(frame.translation, turn(frame.rotation, multiply(frame.scale, [x, y, z])));
}

/**
 * The inertia that the world gives a solid, in kg·m²; `undefined` where it gives
 * none, gives it without a mass, or gives what no body has.
 */
export function inertiaOf(physics: SceneNode): Matrix | undefined {
  const [xx, yy, zz, xy, xz, yz] = numbersOf(physics, 'inertiaMatrix');
  if (xx === undefined || yy === undefined || zz === undefined || numberOf(physics, 'mass') <= 0) return undefined;
  if (xy === undefined || xz === undefined || yz === undefined) return undefined;
  const inertia: Matrix = [
    [xx, xy, xz],
    [xy, yy, yz],
    [xz, yz, zz],
  ];
  return principalAxes(inertia).moments.every((moment) => moment > 0) ? inertia : undefined;
}
