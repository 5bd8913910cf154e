import { MOST_NUMBERS } from './bounds.ts';

/** Looks up an attribute of a node; `null` where the scene does not say it. */
export type Attribute = (name: string) => string | null;

export type Vector3Tuple = [number, number, number];
export type RotationTuple = [number, number, number, number];

/** All finite numbers of a text, between blanks or commas; those beyond the bound are left out. */
export function numbersIn(text: string | null): number[] {
  if (text === null) return [];
  const parts = text.trim().split(/[\s,]+/, MOST_NUMBERS);
  return parts.map(Number).filter((value, index) => parts[index] !== '' && Number.isFinite(value));
}

/** The number of an attribute, `otherwise` if it has none. */
export function numberFrom(text: string | null, otherwise: number): number {
  return numbersIn(text)[0] ?? otherwise;
}

/** Three numbers, `otherwise` if there are fewer. */
export function vectorFrom(text: string | null, otherwise: Vector3Tuple): Vector3Tuple {
  const [x, y, z] = numbersIn(text);
  return x === undefined || y === undefined || z === undefined ? otherwise : [x, y, z];
}

/** Two numbers, `otherwise` if there are fewer. */
export function pairFrom(text: string | null, otherwise: [number, number]): [number, number] {
  const [x, y] = numbersIn(text);
  return x === undefined || y === undefined ? otherwise : [x, y];
}

/** Axis of length 1 and angle in radians; no rotation where four numbers or an axis are missing. */
export function rotationFrom(text: string | null): RotationTuple {
  const [x = 0, y = 0, z = 0, angle = 0] = numbersIn(text);
  const length = Math.hypot(x, y, z);
  return length === 0 ? [0, 0, 1, 0] : [x / length, y / length, z / length, angle];
}

/** `TRUE` or `true`; `otherwise` where nothing is said. */
export function flagFrom(text: string | null, otherwise: boolean): boolean {
  return text === null || text.trim() === '' ? otherwise : text.trim().toLowerCase() === 'true';
}

/** The first of a list of URLs, which stand in double quotes or alone; `undefined` if there is none. */
export function firstUrlFrom(text: string | null): string | undefined {
  const [, quoted] = /"([^"]*)"/.exec(text ?? '') ?? [];
  const url = (quoted ?? text ?? '').trim();
  return url === '' ? undefined : url;
}
