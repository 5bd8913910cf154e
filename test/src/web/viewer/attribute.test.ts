import { describe, expect, it } from 'vitest';
import {
  firstUrlFrom,
  flagFrom,
  numberFrom,
  numbersIn,
  pairFrom,
  rotationFrom,
  vectorFrom,
} from '../../../../src/web/viewer/attribute.ts';

describe('attributes of a scene', () => {
  it.each([
    ['1 2.5 -3e2', [1, 2.5, -300]],
    [' 1,2, 3\n', [1, 2, 3]],
    ['', []],
    [null, []],
    ['1 x NaN Infinity 2', [1, 2]],
  ])('are numbers between blanks or commas: %j', (text, numbers) => {
    expect(numbersIn(text)).toEqual(numbers);
  });

  it('have a default where too little is said', () => {
    expect(numberFrom('x', 7)).toBe(7);
    expect(pairFrom('1', [2, 3])).toEqual([2, 3]);
    expect(vectorFrom('1 2', [0, 0, 1])).toEqual([0, 0, 1]);
    expect(vectorFrom('1 2 3 4', [0, 0, 1])).toEqual([1, 2, 3]);
  });

  it('turn about an axis of length one, or not at all', () => {
    expect(rotationFrom('0 3 4 1')).toEqual([0, 0.6, 0.8, 1]);
    expect(rotationFrom('0 0 0 1')).toEqual([0, 0, 1, 0]);
    expect(rotationFrom(null)).toEqual([0, 0, 1, 0]);
  });

  it.each([
    ['TRUE', true],
    ['true', true],
    ['False', false],
    ['', true],
    [null, true],
  ])('are flags in either case: %j', (text, flag) => {
    expect(flagFrom(text, true)).toBe(flag);
  });

  it.each([
    ['"a.png" "b.png"', 'a.png'],
    ['a b.png', 'a b.png'],
    ['""', undefined],
    ['', undefined],
    [null, undefined],
  ])('name files in quotes or alone: %j', (text, url) => {
    expect(firstUrlFrom(text)).toBe(url);
  });
});
