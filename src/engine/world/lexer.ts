import { WorldError } from './world.ts';

export type TokenKind = 'word' | 'number' | 'string' | '{' | '}' | '[' | ']' | 'end';

const QUOTE = 0x22;
const HASH = 0x23;
const PERCENT = 0x25;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const NO_BREAK_SPACE = 0xa0;
const BYTE_ORDER_MARK = 0xfeff;

const PART_OF_WORD = 0;
const SPACE = 1;
const PUNCTUATION = 2;

/** The characters that stand for themselves. */
const BRACKETS: ReadonlyMap<number, TokenKind> = new Map([
  [0x7b, '{'],
  [0x7d, '}'],
  [0x5b, '['],
  [0x5d, ']'],
]);

/** Reading asks this of every character, so it is a table. */
const CLASSES = classifyCharacters();

const NEGATIVE_HEXADECIMAL = /^-0x[\da-f]+$/i;
/** What C programs print for numbers that are none; found in worlds that were saved from a broken simulation. */
const NO_NUMBER = /^[+-]?(?:nan|inf|infinity)$/i;

const TEMPLATE = /%[<{]/;

/** Length of the piece of text that an error message shows, in characters (our choice). */
const SHOWN_LENGTH = 40;

/**
 * Cuts the text of a world file into tokens. Spaces and commas part them;
 * comments (`#` to the end of the line) and template statements (`%< … >%`,
 * `%{ … }%`) count as spaces.
 */
export class Lexer {
  /** The token that was read last. */
  kind: TokenKind = 'end';
  /** Its characters; a string's without quotes and with its escapes resolved. */
  text = '';
  /** Its value where it is a number; not finite where the text says so. */
  number = 0;
  /** How many template statements were skipped, or stand in strings that were read. */
  templateCount = 0;
  readonly #source: string;
  #position: number;
  #start = 0;

  /** @param position where to begin, in UTF-16 units */
  constructor(source: string, position: number) {
    this.#source = source;
    this.#position = position;
  }

  /** How much of the text is read, from 0 to 1. */
  get progress(): number {
    return this.#source.length === 0 ? 1 : this.#position / this.#source.length;
  }

  /** Reads the next token. @throws WorldError where a string or a template statement has no end */
  advance(): void {
    this.#skipSpace();
    const source = this.#source;
    this.#start = this.#position;
    if (this.#position >= source.length) {
      this.kind = 'end';
      this.text = '';
      return;
    }
    const code = source.charCodeAt(this.#position);
    const bracket = BRACKETS.get(code);
    if (bracket !== undefined) {
      this.#position++;
      this.kind = bracket;
      this.text = bracket;
    } else if (code === QUOTE) this.#readString();
    else this.#readWord();
  }

  /** Whether a template statement stands from here to the bracket that closes the current one. */
  hasTemplateAhead(): boolean {
    const scout = new Lexer(this.#source, this.#start);
    try {
      let depth = 0;
      do {
        scout.advance();
        if (scout.kind === '{' || scout.kind === '[') depth++;
        else if (scout.kind === '}' || scout.kind === ']') depth--;
      } while (depth > 0 && scout.kind !== 'end' && scout.templateCount === 0);
    } catch {
      // Who reads on comes to the same place, and tells it.
    }
    return scout.templateCount > 0;
  }

  /** An error at the current token. */
  expected(what: string): WorldError {
    return this.errorAt(this.#start, `Expected ${what}, got ${this.#shown()}.`);
  }

  /** An error at a place in the text. */
  errorAt(position: number, message: string): WorldError {
    let line = 1;
    let lineStart = 0;
    for (
      let end = this.#source.indexOf('\n');
      end !== -1 && end < position;
      end = this.#source.indexOf('\n', lineStart)
    ) {
      line++;
      lineStart = end + 1;
    }
    return new WorldError(line, position - lineStart + 1, message);
  }

  /** An error at the current token that is not about what it is. */
  error(message: string): WorldError {
    return this.errorAt(this.#start, message);
  }

  #shown(): string {
    if (this.kind === 'end') return 'the end of the file';
    const text = this.text.length > SHOWN_LENGTH ? `${this.text.slice(0, SHOWN_LENGTH)}…` : this.text;
    return this.kind === 'string' ? `the string ${JSON.stringify(text)}` : JSON.stringify(text);
  }

  #skipSpace(): void {
    const source = this.#source;
    for (; this.#position < source.length; this.#position++) {
      const code = source.charCodeAt(this.#position);
      if (code === HASH) {
        const end = source.indexOf('\n', this.#position);
        this.#position = end === -1 ? source.length - 1 : end;
      } else if (code === PERCENT && !this.#skipTemplate()) return;
      else if (code !== PERCENT && !isSpace(code)) return;
    }
  }

  /** Skips a template statement up to its last character; false where there is none. */
  #skipTemplate(): boolean {
    const opening = this.#source[this.#position + 1];
    if (opening !== '<' && opening !== '{') return false;
    this.templateCount++;
    const end = this.#source.indexOf(opening === '<' ? '>%' : '}%', this.#position + 2);
    if (end === -1) throw this.errorAt(this.#position, 'This template statement has no end.');
    this.#position = end + 1;
    return true;
  }

  #readString(): void {
    const source = this.#source;
    let piece = this.#position + 1;
    let text = '';
    for (let index = piece; index < source.length; index++) {
      const code = source.charCodeAt(index);
      if (code === QUOTE) {
        this.#position = index + 1;
        this.kind = 'string';
        this.text = text + source.slice(piece, index);
        if (TEMPLATE.test(this.text)) this.templateCount++;
        return;
      }
      if (code !== BACKSLASH) continue;
      const next = source.charCodeAt(index + 1);
      // Webots escapes these two and keeps any other backslash as it is.
      if (next !== QUOTE && next !== BACKSLASH) continue;
      text += source.slice(piece, index);
      index++;
      piece = index;
    }
    throw this.errorAt(this.#start, 'This string has no end.');
  }

  #readWord(): void {
    const source = this.#source;
    let end = this.#position + 1;
    while (end < source.length && !endsWord(source.charCodeAt(end))) end++;
    this.text = source.slice(this.#position, end);
    this.#position = end;
    const number = readNumber(this.text);
    this.kind = number === undefined ? 'word' : 'number';
    this.number = number ?? 0;
  }
}

function isSpace(code: number): boolean {
  return code === BYTE_ORDER_MARK || (code < CLASSES.length && CLASSES[code] === SPACE);
}

function endsWord(code: number): boolean {
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

function readNumber(word: string): number | undefined {
  const number = Number(word);
  if (!Number.isNaN(number)) return number;
  if (NEGATIVE_HEXADECIMAL.test(word)) return -Number(word.slice(1));
  return NO_NUMBER.test(word) ? Number.NaN : undefined;
}
