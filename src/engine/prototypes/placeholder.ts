import type { WorldItem, WorldNode } from '../world/world.ts';
import { labelLines } from './label-lines.ts';

/** Fields of a node that its placeholder takes over. */
export const PLACED_FIELDS = ['translation', 'rotation', 'name', 'controller', 'boundingObject', 'children'] as const;

/** Edge of the box, in m: seen in worlds of rooms, not in the way in worlds of cars (our choice). */
const EDGE = 0.4;

/** A part of the edge that is free on both sides of the label (our choice). */
const MARGIN = 0.1;

/** How far the label is before the sides of the box, in m, so that both are seen (our choice). */
const GAP = 0.002;

/** Cosines and sines of quarters of a turn. */
const QUARTERS = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
] as const;

/** Whether a node of these fields is somewhere, other than a sky or a material. */
export function hasPlace(fields: ReadonlyMap<string, unknown>): boolean {
  return PLACED_FIELDS.some((name) => name !== 'children' && fields.has(name));
}

/**
 * A box that stands at the place of the node, with its type on the top and the sides, and with the children that it was given.
 *
 * @param isYUp whether the vertical axis of the world is y
 */
export function placeholder(
  { type, definition }: WorldNode,
  fields: ReadonlyMap<string, readonly WorldItem[]>,
  isYUp: boolean,
): WorldNode {
  const kept = ['translation', 'rotation', 'name'].flatMap((name): [string, readonly WorldItem[]][] => {
    const items = fields.get(name);
    return items === undefined ? [] : [[name, items]];
  });
  const body = shape(
    node('PBRAppearance', { baseColor: [0.9, 0.6, 0.2], roughness: [1], metalness: [0] }),
    node('Box', { size: [EDGE, EDGE, EDGE] }),
  );
  // Most things have their origin at their lowest place.
  const place = isYUp
    ? { translation: [0, EDGE / 2, 0], rotation: [1, 0, 0, -Math.PI / 2] }
    : { translation: [0, 0, EDGE / 2] };
  const box = node('Pose', { ...place, children: [body, label(type)] });
  const solid = node('Solid', {
    name: [type],
    ...Object.fromEntries(kept),
    children: [box, ...(fields.get('children') ?? [])],
  });
  return { ...solid, definition };
}

function label(type: string): WorldNode {
  const { points, segments } = labelLines(type);
  const width = EDGE * (1 - 2 * MARGIN);
  const distance = EDGE / 2 + GAP;
  // Read from outside, a side at the angle whose cosine and sine these are has its right at (−sine, cosine).
  const sides = QUARTERS.map(([cosine, sine]) =>
    points.flatMap(([right, up]) => [
      distance * cosine - width * right * sine,
      distance * sine + width * right * cosine,
      width * up,
    ]),
  );
  // Read by who looks along x, as most views do.
  const top = points.flatMap(([right, up]) => [width * up, -width * right, distance]);
  const all = [...sides, top];
  const coordIndex = all.flatMap((_, face) =>
    segments.flatMap(([from, to]) => [from + face * points.length, to + face * points.length, -1]),
  );
  return shape(
    node('Appearance', { material: [node('Material', { emissiveColor: [0.05, 0.05, 0.05] })] }),
    node('IndexedLineSet', { coord: [node('Coordinate', { point: all.flat() })], coordIndex }),
  );
}

function shape(appearance: WorldNode, geometry: WorldNode): WorldNode {
  return node('Shape', { appearance: [appearance], geometry: [geometry] });
}

function node(type: string, fields: Readonly<Record<string, readonly WorldItem[]>>): WorldNode {
  return { type, definition: undefined, fields: new Map(Object.entries(fields)), connections: undefined };
}
