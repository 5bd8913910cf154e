export const QUOTE = 0x22;
export const HASH = 0x23;
export const PERCENT = 0x25;
export const BACKSLASH = 0x5c;

const COMMA = 0x2c;
const NO_BREAK_SPACE = 0xa0;
const BYTE_ORDER_MARK = 0xfeff;

const PART_OF_WORD = 0;
const SPACE = 1;
const PUNCTUATION = 2;

/** The characters that stand for themselves. */
export const BRACKETS: ReadonlyMap<number, '{' | '}' | '[' | ']'> = new Map([
  [0x7b, '{'],
  [0x7d, '}'],
  [0x5b, '['],
  [0x5d, ']'],
]);

/** Reading asks this of every character, so it is a table. */
const CLASSES = classifyCharacters();

export function isSpace(code: number): boolean {
  return code === BYTE_ORDER_MARK || (code < CLASSES.length && CLASSES[code] === SPACE);
}

export function endsWord(code: number): boolean {
  return code === BYTE_ORDER_MARK || (code < CLASSES.length && CLASSES[code] !== PART_OF_WORD);
}

/** For each of the first characters: part of a word, space, or something that stands for itself. */
function classifyCharacters(): Uint8Array {
  const classes = new Uint8Array(NO_BREAK_SPACE + 1);
  classes.fill(SPACE, 0, 0x21);
  for (const code of [COMMA, NO_BREAK_SPACE]) classes[code] = SPACE;
  for (const code of [QUOTE, HASH, ...BRACKETS.keys()]) classes[code] = PUNCTUATION;
  return classes;
}
