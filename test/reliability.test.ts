import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../', import.meta.url);
const documentation = readFileSync(new URL('docs/reliability.md', root), 'utf8');

const cited = [...documentation.matchAll(/`(test\/[\w./-]+)` "([^"]+)"/g)].map(([, file, title]) => ({
  file: file!,
  title: title!,
}));

describe('docs/reliability.md', () => {
  it('cites tests', () => {
    expect(cited.length).toBeGreaterThan(10);
  });

  it.each(cited)('cites what is in $file: $title', ({ file, title }) => {
    const path = new URL(file, root);
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(title);
  });
});
