import { BACKSLASH, BRACKETS, endsWord, HASH, isSpace, PERCENT, QUOTE } from './character.ts';
import { DecimalReader, readNumber } from './number-text.ts';
import { WorldError } from './world.ts';

export type TokenKind = 'word' | 'number' | 'string' | '{' | '}' | '[' | ']' | 'end';

/** Names and types that are kept once for all nodes that have them (our choice; worlds have some hundred). */
const MOST_SHARED_WORDS = 10_000;

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
  /** Its value where it is a number; not finite where the text says so. */
  number = 0;
  /** How many template statements were skipped, or stand in strings that were read. */
  templateCount = 0;
  readonly #source: string;
  readonly #decimal = new DecimalReader();
  readonly #words = new Map<string, string>();
  #text: string | undefined = '';
  #position: number;
  #start = 0;
  /** Where the next backslash is, as far as it was looked for. */
  #backslash = -1;

  /** @param position where to begin, in UTF-16 units */
  constructor(source: string, position: number) {
    this.#source = source;
    this.#position = position;
  }

  /** Its characters; a string's without quotes and with its escapes resolved. */
  get text(): string {
    // Few who read a number want its characters as well.
    this.#text ??= this.#source.slice(this.#start, this.#position);
    return this.#text;
  }

  /** Where the next token is looked for, in UTF-16 units. */
  get position(): number {
    return this.#position;
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
      this.#text = '';
      return;
    }
    const code = source.charCodeAt(this.#position);
    const bracket = BRACKETS.get(code);
    if (bracket !== undefined) {
      this.#position++;
      this.kind = bracket;
      this.#text = bracket;
    } else if (code === QUOTE) this.#readString();
    else if (this.#decimal.read(source, this.#start)) {
      this.#position = this.#decimal.end;
      this.kind = 'number';
      this.number = this.#decimal.value;
      this.#text = undefined;
    } else this.#readWord();
  }

  /** Whether a template statement stands from here to the bracket that closes the current one; looks in slices. */
  *findTemplateAhead(): Generator<void, boolean, undefined> {
    const scout = new Lexer(this.#source, this.#start);
    let depth = 0;
    do {
      try {
        scout.advance();
      } catch {
        // Who reads on comes to the same place, and tells it.
        break;
      }
      if (scout.kind === '{' || scout.kind === '[') depth++;
      else if (scout.kind === '}' || scout.kind === ']') depth--;
      yield;
    } while (depth > 0 && scout.kind !== 'end' && scout.templateCount === 0);
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
      const quote = source.indexOf('"', index);
      if (quote === -1) break;
      // Where none is left, the next one is looked for only once.
      if (this.#backslash < index) this.#backslash = indexFrom(source, '\\', index);
      if (this.#backslash > quote) {
        this.#position = quote + 1;
        this.kind = 'string';
        this.#text = text + source.slice(piece, quote);
        if (this.#text.includes('%<') || this.#text.includes('%{')) this.templateCount++;
        return;
      }
      index = this.#backslash;
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
    const text = source.slice(this.#position, end);
    this.#position = end;
    const known = this.#words.get(text);
    if (known !== undefined) {
      this.kind = 'word';
      this.#text = known;
      return;
    }
    this.#text = text;
    const number = readNumber(text);
    this.kind = number === undefined ? 'word' : 'number';
    this.number = number ?? 0;
    if (number === undefined && this.#words.size < MOST_SHARED_WORDS) this.#words.set(text, text);
  }
}

/** As `indexOf`, the length of the text where there is none. */
function indexFrom(text: string, part: string, start: number): number {
  const index = text.indexOf(part, start);
  return index === -1 ? text.length : index;
}
