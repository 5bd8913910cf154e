import type { Vector } from '../math/vector.ts';
import type { FieldValue } from './field-description.ts';

/** A node of a known type, with all its fields: what the world says, or the default of Webots. */
export interface SceneNode {
  /** Unique in the scene, from 1. A node that is used twice is two nodes here. */
  readonly id: number;
  readonly type: string;
  /** All fields that hold no nodes. */
  readonly values: Readonly<Record<string, FieldValue>>;
  /** All fields that hold nodes. */
  readonly nodes: Readonly<Record<string, readonly SceneNode[]>>;
}

/** All nodes of these trees, parents first. */
export function* walk(nodes: readonly SceneNode[]): Generator<SceneNode> {
  for (const node of nodes) {
    yield node;
    for (const inner of Object.values(node.nodes)) yield* walk(inner);
  }
}

/*
 * The readers below throw where the description of the type has no such field:
 * that is a mistake in this program, never one in a world.
 */

export function numberOf(node: SceneNode, field: string): number {
  const value = node.values[field];
  if (typeof value !== 'number') throw misread(node, field);
  return value;
}

export function stringOf(node: SceneNode, field: string): string {
  const value = node.values[field];
  if (typeof value !== 'string') throw misread(node, field);
  return value;
}

export function numbersOf(node: SceneNode, field: string): readonly number[] {
  const value = node.values[field];
  if (!Array.isArray(value) || typeof value[0] === 'string') throw misread(node, field);
  return value;
}

export function stringsOf(node: SceneNode, field: string): readonly string[] {
  const value = node.values[field];
  if (!Array.isArray(value) || typeof value[0] === 'number') throw misread(node, field);
  return value;
}

export function vectorOf(node: SceneNode, field: string): Vector {
  const [x = 0, y = 0, z = 0] = numbersOf(node, field);
  return [x, y, z];
}

export function nodesOf(node: SceneNode, field: string): readonly SceneNode[] {
  const value = node.nodes[field];
  if (value === undefined) throw misread(node, field);
  return value;
}

function misread(node: SceneNode, field: string): TypeError {
  return new TypeError(`Expected the field ${field} of ${node.type} to be described so.`);
}
