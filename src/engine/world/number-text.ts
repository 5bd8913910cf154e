import { endsWord } from './character.ts';

const PLUS = 0x2b;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** Digits of a number up to which a quotient of two integers is exactly what its text says (2^53 has 16). */
const MOST_EXACT_DIGITS = 15;

/** By how many digits stand behind the point. */
const POWERS_OF_TEN = Array.from({ length: MOST_EXACT_DIGITS + 1 }, (_, digits) => 10 ** digits);

const NEGATIVE_HEXADECIMAL = /^-0x[\da-f]+$/i;

/** What C programs print for numbers that are none; found in worlds that were saved from a broken simulation. */
const NO_NUMBER = /^[+-]?(?:nan|inf|infinity)$/i;

/** Reads numbers as most are written, such as `-0.25`, without making a text of their characters. */
export class DecimalReader {
  /** The value of the number that was read last. */
  value = 0;
  /** Where it ends in its source, in UTF-16 units. */
  end = 0;

  /** @returns false where what begins at `start` is a number of another form, or none */
  read(source: string, start: number): boolean {
    let end = start;
    let code = source.charCodeAt(end);
    const isNegative = code === MINUS;
    if (isNegative || code === PLUS) code = source.charCodeAt(++end);
    let digits = 0;
    let integer = 0;
    let point: number | undefined;
    for (; ; code = source.charCodeAt(++end)) {
      if (code >= ZERO && code <= NINE) {
        integer = 10 * integer + code - ZERO;
        if (++digits > MOST_EXACT_DIGITS) return false;
      } else if (code === POINT && point === undefined) point = digits;
      else break;
    }
    if (digits === 0 || (end < source.length && !endsWord(code))) return false;
    const value = point === undefined ? integer : integer / POWERS_OF_TEN[digits - point]!;
    this.value = isNegative ? -value : value;
    this.end = end;
    return true;
  }
}

/** The value of a word that is a number, not finite where it says so; `undefined` for any other word. */
export function readNumber(word: string): number | undefined {
  const number = Number(word);
  if (!Number.isNaN(number)) return number;
  if (NEGATIVE_HEXADECIMAL.test(word)) return -Number(word.slice(1));
  return NO_NUMBER.test(word) ? Number.NaN : undefined;
}
