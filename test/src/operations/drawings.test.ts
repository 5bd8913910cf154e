import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { drawingOf } from '../../../src/operations/drawings.ts';

describe('drawingOf', () => {
  it('reads the drawing of a machine once', async () => {
    const drawing = drawingOf('client-session');

    expect(await drawing).toMatch(/^<svg role="img"/);
    expect(drawingOf('client-session')).toBe(drawing);
  });

  it('reads what is installed with the program', () => {
    const { files } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));

    expect(files).toContain('visualizations');
  });
});
