import type { WorldItem } from '../world/world.ts';
import type { FieldValue, ValueDescription } from './field-description.ts';

/** Lengths, forces and times beyond this are taken for mistakes (our choice; physics is computed with 24 bits). */
const LARGEST_NUMBER = 1e9;

/**
 * The value of a field. What is not written, is of another kind, is beyond
 * `LARGEST_NUMBER`, or is not positive where it must be, gives the default.
 */
export function readFieldValue(description: ValueDescription, items: readonly WorldItem[] | undefined): FieldValue {
  if (items === undefined) return description.value;
  switch (description.kind) {
    case 'number': {
      const [item] = items;
      return isNumber(item) && isAllowed(item, description.isPositive) ? item : description.value;
    }
    case 'boolean':
      return typeof items[0] === 'boolean' ? items[0] : description.value;
    case 'string':
      return typeof items[0] === 'string' ? items[0] : description.value;
    case 'vector': {
      const values = items.slice(0, description.value.length).filter(isNumber);
      const isWhole = values.length === description.value.length;
      return isWhole && values.every((value) => isAllowed(value, description.isPositive)) ? values : description.value;
    }
    case 'numbers':
      return readNumbers(items) ?? description.value;
    case 'strings':
      return items.filter((item) => typeof item === 'string');
  }
}

/** Looked at one by one, and copied only where something is to be changed: a mesh has millions. */
function readNumbers(items: readonly WorldItem[]): readonly number[] | undefined {
  let isPlain = true;
  for (const item of items) {
    if (typeof item !== 'number') return undefined;
    isPlain &&= isAllowed(item, false);
  }
  const numbers = items as readonly number[];
  return isPlain ? numbers : numbers.map((number) => (isAllowed(number, false) ? number : 0));
}

function isNumber(item: WorldItem | undefined): item is number {
  return typeof item === 'number';
}

function isAllowed(value: number, isPositive: boolean): boolean {
  return Math.abs(value) <= LARGEST_NUMBER && (!isPositive || value > 0);
}
