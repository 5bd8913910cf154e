/**
 * Letters as strokes between the nine points of a number pad (7 8 9 above,
 * 1 2 3 below), a space where the pen is lifted.
 */
const STROKES: Readonly<Record<string, string>> = {
  A: '1793 46',
  B: '17854 5631',
  C: '9713',
  D: '178621',
  E: '9713 46',
  F: '971 46',
  G: '971365',
  H: '17 39 46',
  I: '79 82 13',
  J: '931',
  K: '17 943',
  L: '713',
  M: '17593',
  N: '1739',
  O: '17931',
  P: '17964',
  Q: '17931 53',
  R: '17964 53',
  S: '974631',
  T: '79 82',
  U: '7139',
  V: '729',
  W: '71539',
  X: '73 91',
  Y: '759 52',
  Z: '7913',
  '0': '17931 91',
  '1': '482 13',
  '2': '796413',
  '3': '7931 46',
  '4': '746 93',
  '5': '974631',
  '6': '971364',
  '7': '791',
  '8': '17931 46',
  '9': '647931',
  '-': '46',
  _: '13',
  '+': '46 82',
};

/** Letters that are drawn of a name; the rest is cut off (our choice). */
const MOST_LETTERS = 24;

/** Width of a letter with the gap to the next one, in widths of a letter, which is twice as high. */
const PITCH = 1.5;

/** Narrowest text, in widths of a letter, so that short ones are not higher than wide (our choice). */
const LEAST_WIDTH = 3;

export interface LabelLines {
  /** To the right and upwards from the middle of the text, whose width is 1 at most. */
  readonly points: readonly (readonly [right: number, up: number])[];
  /** Pairs of points. */
  readonly segments: readonly (readonly [from: number, to: number])[];
}

/** A text as lines; letters that are not among the strokes are gaps. */
export function labelLines(text: string): LabelLines {
  const letters = [...text.slice(0, MOST_LETTERS).toUpperCase()];
  const width = letters.length * PITCH - (PITCH - 1);
  const scale = 1 / Math.max(width, LEAST_WIDTH);
  const points: [number, number][] = [];
  const segments: [number, number][] = [];
  for (const [index, letter] of letters.entries()) {
    for (const stroke of (STROKES[letter] ?? '').split(' ').filter((one) => one !== '')) {
      for (const [position, key] of [...stroke].entries()) {
        const pad = Number(key) - 1;
        const x = index * PITCH + (pad % 3) / 2;
        if (position > 0) segments.push([points.length - 1, points.length]);
        points.push([(x - width / 2) * scale, (Math.floor(pad / 3) - 1) * scale]);
      }
    }
  }
  return { points, segments };
}
