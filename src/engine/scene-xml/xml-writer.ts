import type { FieldValue } from '../scene/field-description.ts';

/** Text with places that are filled in whenever it is read. */
export interface Template {
  /** One more than there are places. */
  readonly parts: readonly string[];
  /** The number of the moving body whose pose stands in each place. */
  readonly places: readonly number[];
}

/** What XML 1.0 does not allow in a document at all. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu;

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;' };

/** Writes elements one after the other; attributes are in single quotes, as Webots has them. */
export class XmlWriter implements Template {
  readonly parts: string[] = [''];
  readonly places: number[] = [];

  raw(text: string): void {
    this.parts[this.parts.length - 1] += text;
  }

  attribute(name: string, value: FieldValue): void {
    this.raw(` ${name}='${formatValue(value)}'`);
  }

  /** Leaves room for the attributes of a body's pose. */
  place(body: number): void {
    this.places.push(body);
    this.parts.push('');
  }
}

/** Fills in the places. */
export function fillTemplate({ parts, places }: Template, attributesOf: (body: number) => string): string {
  return parts.map((part, index) => (index === 0 ? part : attributesOf(places[index - 1]!) + part)).join('');
}

/** Numbers exactly, lists with spaces between, texts escaped. */
export function formatValue(value: FieldValue): string {
  if (typeof value === 'object') return value.map(formatValue).join(' ');
  if (typeof value === 'string') return escapeXml(value);
  // Adding zero makes minus zero plain zero.
  return typeof value === 'number' ? String(value + 0) : String(value);
}

export function escapeXml(text: string): string {
  return text.replaceAll(FORBIDDEN, ' ').replaceAll(/[&<>']/g, (character) => ENTITIES[character] ?? character);
}
