import type { FieldValue } from '../scene/field-description.ts';
import { runAtOnce, runInTurns } from '../turns.ts';

/** A part of a text: as it is, a place for the pose of the moving body of that number, or one that is made in slices. */
export type Piece =
  | string
  | number
  | { readonly slices: () => Iterable<string> }
  | { readonly write: (writer: XmlWriter) => Iterable<void> | void };

/** Text with places that are filled in whenever it is read. */
export interface Template {
  readonly pieces: readonly Piece[];
}

/** The same, made and encoded. */
export type EncodedTemplate = readonly (Buffer | number)[];

/** Numbers of a list that are written at once (our choice: some 2 ms). */
const SLICE = 10_000;

/** Characters that are written at once, and encoded at once (our choice: some 1 ms). */
const LONGEST_TEXT = 200_000;

/** What XML 1.0 does not allow in a document at all. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;' };

/** Writes elements one after the other; attributes are in single quotes, as Webots has them. */
export class XmlWriter implements Template {
  readonly pieces: Piece[] = [];
  #text = '';
  #length = 0;

  raw(text: string): void {
    this.#text += text;
    this.#length += text.length;
    if (this.#text.length > LONGEST_TEXT) this.flush();
  }

  /** What is written when the text is made, into a writer of its own; hands over where it says so. */
  later(write: (writer: XmlWriter) => Iterable<void> | void): void {
    this.flush();
    this.pieces.push({ write });
  }

  /** Writes at once, or once that would keep the event loop for too long, later. */
  laterWhereLong(write: (writer: XmlWriter) => void): void {
    if (this.#length < LONGEST_TEXT) write(this);
    else this.later(write);
  }

  attribute(name: string, value: FieldValue): void {
    if (typeof value === 'object' && value.length > SLICE && typeof value[0] === 'number') {
      this.list(name, value.length, (start, end) => value.slice(start, end) as readonly number[]);
    } else this.raw(` ${name}='${formatValue(value)}'`);
  }

  /** An attribute of many numbers, which are worked out a slice at a time, when the text is made. */
  list(name: string, count: number, numbersFrom: (start: number, end: number) => readonly number[]): void {
    this.raw(` ${name}='`);
    this.flush();
    this.pieces.push({
      slices: function* () {
        for (let start = 0; start < count; start += SLICE) {
          const text = numbersFrom(start, Math.min(count, start + SLICE)).join(' ');
          yield start === 0 ? text : ` ${text}`;
        }
      },
    });
    this.raw("'");
  }

  /** Leaves room for the attributes of a body's pose. */
  place(body: number): void {
    this.flush();
    this.pieces.push(body);
  }

  /** To be called at the end. */
  flush(): void {
    if (this.#text !== '') this.pieces.push(this.#text);
    this.#text = '';
  }
}

/** Fills in the places. */
export function fillTemplate(template: Template, attributesOf: (body: number) => string): string {
  return String(fillEncoded(runAtOnce(encodeInSlices(template)), attributesOf));
}

/** Makes the text; other work has its turn meanwhile. */
export function encodeTemplate(template: Template): Promise<EncodedTemplate> {
  return runInTurns(encodeInSlices(template));
}

/** Fills in the places. */
export function fillEncoded(template: EncodedTemplate, attributesOf: (body: number) => string): Buffer {
  return Buffer.concat(template.map((part) => (typeof part === 'number' ? Buffer.from(attributesOf(part)) : part)));
}

function* encodeInSlices({ pieces }: Template): Generator<void, EncodedTemplate, undefined> {
  const encoded: (Buffer | number)[] = [];
  let text = '';
  const encode = () => {
    if (text !== '') encoded.push(Buffer.from(text));
    text = '';
  };
  for (const part of partsOf(pieces)) {
    if (typeof part === 'number') {
      encode();
      encoded.push(part);
    } else if (typeof part === 'string') text += part;
    if (text.length > LONGEST_TEXT) encode();
    yield;
  }
  encode();
  return encoded;
}

/** Texts, places, and gaps in which other work may have its turn. */
function* partsOf(pieces: readonly Piece[]): Generator<string | number | undefined, void, undefined> {
  for (const piece of pieces) {
    if (typeof piece !== 'object') yield piece;
    else if ('slices' in piece) yield* piece.slices();
    else {
      const writer = new XmlWriter();
      for (const _ of piece.write(writer) ?? []) yield undefined;
      writer.flush();
      yield* partsOf(writer.pieces);
    }
  }
}

/** Numbers exactly, lists with spaces between, texts escaped. */
function formatValue(value: FieldValue): string {
  if (typeof value === 'object') return value.map(formatValue).join(' ');
  // Minus zero is plain zero as a text.
  return typeof value === 'string' ? escapeXml(value) : String(value);
}

export function escapeXml(text: string): string {
  return text.replaceAll(FORBIDDEN, ' ').replaceAll(/[&<>']/g, (character) => ENTITIES[character] ?? character);
}
