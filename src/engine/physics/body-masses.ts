import type { Collider, RigidBody } from '@dimforge/rapier3d-compat';
import type { Quaternion } from '../math/rotation.ts';
import { type Matrix, principalAxes, rotated } from '../math/symmetric-matrix.ts';
import { add, ORIGIN, scale, subtract, type Vector } from '../math/vector.ts';
import type { BodyPart } from './body-content.ts';

/** The mass of a part whose shape physics can make nothing of, in kg (as of one without a shape). */
const LEAST_MASS = 1;

/** A collider of a body, and the number of the part that it belongs to. */
export interface PartCollider {
  readonly part: number | undefined;
  readonly collider: Collider;
}

/** What one part weighs, and where, seen from the body. */
interface Mass {
  /** In kg. */
  readonly mass: number;
  readonly centre: Vector;
  /** About the centre and along the axes of the body, in kg·m². */
  readonly inertia: Matrix;
}

/** Gives a body the masses of its parts. Each part has the colliders that it weighs by once. */
export function setMasses(body: RigidBody, parts: readonly BodyPart[], colliders: readonly PartCollider[]): void {
  const own = parts.map((_, part) => colliders.flatMap((one) => (one.part === part ? [one.collider] : [])));
  const volumes = own.map((all) => all.reduce((sum, collider) => sum + collider.volume(), 0));
  for (const { collider } of colliders) collider.setDensity(0);
  const densityOf = (index: number) => {
    const { mass } = parts[index]!;
    return mass.kind === 'density' ? mass.value : mass.value / volumes[index]!;
  };
  const written = parts.some(({ centre, inertia }) => centre !== undefined || inertia !== undefined);
  const masses = parts.map((part, index) => {
    if (volumes[index] === 0) return pointMass(part);
    for (const collider of own[index]!) collider.setDensity(densityOf(index));
    if (!written) return undefined;
    const mass = massOfColliders(body);
    for (const collider of own[index]!) collider.setDensity(0);
    return {
      mass: mass.mass,
      centre: part.centre ?? mass.centre,
      inertia: part.inertia === undefined ? mass.inertia : rotated(part.inertia, part.rotation),
    };
  });
  const added = masses.filter((mass) => mass !== undefined);
  if (added.length > 0) addMass(body, sumOf(added));
}

/** What has a mass and no volume turns as if its mass were 1 m away (our choice), unless the world says otherwise. */
function pointMass({ mass, place, rotation, centre, inertia }: BodyPart): Mass {
  const value = mass.kind === 'total' ? mass.value : LEAST_MASS;
  return {
    mass: value,
    centre: centre ?? place,
    inertia: inertia === undefined ? diagonal([value, value, value]) : rotated(inertia, rotation),
  };
}

function massOfColliders(body: RigidBody): Mass {
  body.recomputeMassPropertiesFromColliders();
  const { x, y, z } = body.localCom();
  const moments = body.principalInertia();
  const axes = body.principalInertiaLocalFrame();
  const turned: Quaternion = [axes.x, axes.y, axes.z, axes.w];
  return {
    mass: body.mass(),
    centre: [x, y, z],
    inertia: rotated(diagonal([moments.x, moments.y, moments.z]), turned),
  };
}

function sumOf(masses: readonly Mass[]): Mass {
  const mass = masses.reduce((sum, one) => sum + one.mass, 0);
  const centre = masses.reduce<Vector>((sum, one) => add(sum, scale(one.centre, one.mass / mass)), ORIGIN);
  const inertia = masses.reduce<Matrix>((sum, one) => {
    const apart = parallelAxes(subtract(one.centre, centre), one.mass);
    return sum.map((row, index) => add(row, add(one.inertia[index]!, apart[index]!))) as unknown as Matrix;
  }, diagonal(ORIGIN));
  return { mass, centre, inertia };
}

function addMass(body: RigidBody, { mass, centre, inertia }: Mass): void {
  if (mass === 0) return;
  const { moments, rotation } = principalAxes(inertia);
  body.setAdditionalMassProperties(mass, point(centre), point(moments), turn(rotation), true);
}

/** What a mass adds to the inertia about an axis that is so far away (Steiner's theorem). */
function parallelAxes([x, y, z]: Vector, mass: number): Matrix {
  return [
    [mass * (y * y + z * z), -mass * x * y, -mass * x * z],
    [-mass * x * y, mass * (x * x + z * z), -mass * y * z],
    [-mass * x * z, -mass * y * z, mass * (x * x + y * y)],
  ];
}

function diagonal([x, y, z]: Vector): Matrix {
  return [
    [x, 0, 0],
    [0, y, 0],
    [0, 0, z],
  ];
}

function point([x, y, z]: Vector): { x: number; y: number; z: number } {
  return { x, y, z };
}

function turn([x, y, z, w]: Quaternion): { x: number; y: number; z: number; w: number } {
  return { x, y, z, w };
}
