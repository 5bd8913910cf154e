import { describe, expect, it } from 'vitest';
import {
  boolean,
  number,
  numbers,
  positive,
  size,
  string,
  strings,
  vector,
} from '../../../../src/engine/scene/field-description.ts';
import { readFieldValue } from '../../../../src/engine/scene/field-value.ts';

describe('readFieldValue', () => {
  it('takes what the world says', () => {
    expect(readFieldValue(number(1), [2])).toBe(2);
    expect(readFieldValue(boolean(true), [false])).toBe(false);
    expect(readFieldValue(string('a'), ['b'])).toBe('b');
    expect(readFieldValue(vector(0, 0, 0), [1, 2, 3, 4])).toEqual([1, 2, 3]);
    expect(readFieldValue(numbers(), [1, -1])).toEqual([1, -1]);
    expect(readFieldValue(strings(), ['a', 1, 'b'])).toEqual(['a', 'b']);
  });

  it('takes the default for what is missing, of another kind, or impossible', () => {
    expect(readFieldValue(number(1), undefined)).toBe(1);
    expect(readFieldValue(number(1), ['2'])).toBe(1);
    expect(readFieldValue(number(1), [Number.NaN])).toBe(1);
    expect(readFieldValue(number(1), [1e300])).toBe(1);
    expect(readFieldValue(positive(1), [0])).toBe(1);
    expect(readFieldValue(boolean(true), [])).toBe(true);
    expect(readFieldValue(string('a'), [null])).toBe('a');
    expect(readFieldValue(vector(0, 0, 0), [1, 2])).toEqual([0, 0, 0]);
    expect(readFieldValue(size(2, 2, 2), [1, -1, 1])).toEqual([2, 2, 2]);
    expect(readFieldValue(numbers(7), [1, 'a'])).toEqual([7]);
  });

  it('takes zero for a number of a list that is none', () => {
    expect(readFieldValue(numbers(), [1, Number.POSITIVE_INFINITY, 2])).toEqual([1, 0, 2]);
  });
});
