import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { END_REASONS } from '../machines/end-reason.ts';
import { OPERATOR_ERRORS } from '../src/errors.ts';

const root = new URL('../', import.meta.url);
const documentation = readFileSync(new URL('docs/errors.md', root), 'utf8');

/** The text of every source file, as it is. */
const source = ['src', 'machines']
  .flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .map((path) => readFileSync(new URL(`${folder}/${path}`, root), 'utf8')),
  )
  .join('\n');

interface Entry {
  /** The code in the heading. */
  readonly code: string;
  readonly meaning: string;
  /** What the items say, by the word before the colon. */
  readonly items: Readonly<Record<string, string>>;
}

/** The entries below one heading of the second level, in their order. */
function entriesOf(heading: string): Entry[] {
  const section = documentation.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return section
    .split(/^### /m)
    .slice(1)
    .map((text) => {
      const [title = '', meaning = '', ...rest] = text.split('\n').filter((line) => line !== '');
      return {
        code: title.replace(/^`(.*)`$/, '$1'),
        meaning,
        items: Object.fromEntries(rest.map((line) => /^- (.+?): (.+)$/.exec(line)?.slice(1) ?? [line, ''])),
      };
    });
}

const meanings = (entries: readonly Entry[]) => entries.map(({ code, meaning }) => [code, meaning]);
const ends = entriesOf('Ends of a session');
const operatorErrors = entriesOf('Errors for the operator');

describe('docs/errors.md', () => {
  it('has every reason that ends a session once, in the order and with the meaning of the code, and no other', () => {
    expect(meanings(ends)).toEqual(Object.entries(END_REASONS));
  });

  it('has every error for the operator once, in the order and with the meaning of the code, and no other', () => {
    expect(meanings(operatorErrors)).toEqual(Object.entries(OPERATOR_ERRORS));
  });

  it('has no entry outside the two lists', () => {
    expect(documentation.match(/^#{3,} .*$/gm)).toHaveLength(ends.length + operatorErrors.length);
  });

  it.each(ends)('says what the client sees and what the operator can do about $code', ({ items }) => {
    expect(Object.keys(items)).toEqual(['Client', 'Operator']);
  });

  it.each(operatorErrors)('says how the program ends and what the operator can do about $code', ({ items }) => {
    expect(Object.keys(items)).toEqual(['Exit status', 'Operator']);
  });

  it.each(ends)('quotes the texts of $code as the code has them', ({ items }) => {
    const quotations = [...(items.Client ?? '').matchAll(/`([^`]+)`/g)].map(([, text]) => text!);
    const fragments = quotations.flatMap((text) => text.split(/<[^>]*>/)).map((text) => text.trim());

    expect(fragments.filter((fragment) => !source.includes(fragment))).toEqual([]);
  });
});
