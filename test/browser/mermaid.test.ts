import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, sharedChromium } from './chromium.ts';

const CHARTS = new URL('../../visualizations/', import.meta.url);

/** Mermaid as one script; `.ci/run` puts it there, an installation does not need it. */
const MERMAID = fileURLToPath(new URL('../../node_modules/mermaid/dist/mermaid.min.js', import.meta.url));

/** In the page, once Mermaid's script is there. */
declare const mermaid: {
  parse(text: string): Promise<unknown>;
  render(id: string, text: string): Promise<{ svg: string }>;
};

describe.skipIf(CHROMIUM === undefined || !existsSync(MERMAID))(
  'Mermaid (needs a Chromium and the package mermaid)',
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await sharedChromium();
    });

    it('takes every chart and every diagram of the read-me, and draws them', { timeout: 120_000 }, async () => {
      const page = await browser.newPage();
      await page.addScriptTag({ path: MERMAID });
      const charts = readdirSync(CHARTS)
        .filter((name) => name.endsWith('.mmd'))
        .map((name) => readFileSync(new URL(name, CHARTS), 'utf8'));
      const readme = readFileSync(new URL('README.md', CHARTS), 'utf8');
      const shown = [...readme.matchAll(/^```mermaid\n(.*?)^```/gms)].map(([, text = '']) => text);

      expect(charts.length).toBeGreaterThan(0);
      for (const [index, text] of [...charts, ...shown].entries()) {
        const svg = await page.evaluate(
          async ([id, source]) => {
            await mermaid.parse(source);
            return (await mermaid.render(id, source)).svg;
          },
          [`chart${index}`, text] as const,
        );
        expect(svg).toMatch(/^<svg/);
      }
      await expect(page.evaluate(() => mermaid.parse('stateDiagram-v2\n state x {'))).rejects.toThrow('Parse error');
    });
  },
);
