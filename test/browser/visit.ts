import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';

/** A page in a fresh context that is closed at the end of its block. */
export interface Visit extends AsyncDisposable {
  readonly page: Page;
  /** What the browser complained about: errors of scripts, of the policy, of loading. */
  readonly complaints: string[];
  /** Hosts that the page spoke to. */
  readonly hosts: Set<string>;
}

/** The longest wait for something to appear on a page, in ms. */
const PATIENCE = 30_000;

/** The script of axe as it is served to pages, in half of the bytes of the other. */
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Folder of the pictures that tests leave behind where `PICTURES` is in the environment. */
const PICTURES = fileURLToPath(new URL('../pictures', import.meta.url));

/** Longest part of a test's name that names a file, in characters. */
const MOST_NAME = 120;

/** Tells pictures of one test apart. */
let pictures = 0;

/** A picture of 16 by 10 that is quickly drawn without a graphics card. */
export const SMALL = { viewport: { width: 400, height: 700 } };

export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  const complaints: string[] = [];
  const hosts = new Set<string>();
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('request', (request) => hosts.add(new URL(request.url()).hostname));
  page.on('websocket', (socket) => hosts.add(new URL(socket.url()).hostname));
  await page.goto(url);
  return {
    page,
    complaints,
    hosts,
    async [Symbol.asyncDispose]() {
      if (process.env.PICTURES) await keepPicture(page);
      await context.close();
    },
  };
}

/** Keeps what the page looks like at the end of a test, for people. */
async function keepPicture(page: Page): Promise<void> {
  const name = (expect.getState().currentTestName ?? 'page').replace(/[^\w]+/g, '-').slice(-MOST_NAME);
  pictures++;
  // A page that is gone has none.
  await page.screenshot({ path: `${PICTURES}/${name}-${pictures}.png` }).catch(() => {});
}

/** Waits until the element's text matches. */
export async function expectText(page: Page, selector: string, text: RegExp | string): Promise<void> {
  await expect.poll(() => page.locator(selector).textContent(), { timeout: PATIENCE }).toMatch(text);
}

/** Simulated milliseconds on the page's clock. */
export async function clock(page: Page): Promise<number> {
  const [hours = '0', minutes = '0', seconds = '0'] = (await page.locator('#time').textContent())?.split(':') ?? [];
  return Math.round(((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000);
}

/** A screen on a desk. */
const WIDE = { width: 1280, height: 720 };

/** How people look at a page: in light or dark colours, and on a phone. */
const LOOKS = {
  light: { viewport: WIDE, media: { colorScheme: 'light' } },
  dark: { viewport: WIDE, media: { colorScheme: 'dark' } },
  phone: { viewport: { width: 360, height: 740 }, media: { colorScheme: 'dark', reducedMotion: 'reduce' } },
} as const;

/** In the page: whether it is wider than the screen, once it has taken its size. */
const IS_TOO_WIDE = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  .then(() => document.documentElement.scrollWidth > innerWidth)`;

/** What is in the way of anybody in any look: what axe finds wrong, and whether the page is wider than the screen. */
export async function hindrances(page: Page): Promise<string[]> {
  const usual = page.viewportSize()!;
  const found: string[] = [];
  for (const [look, { viewport, media }] of Object.entries(LOOKS)) {
    await page.emulateMedia({ reducedMotion: null, ...media });
    await page.setViewportSize(viewport);
    if (await page.evaluate(IS_TOO_WIDE)) found.push(`${look}: wider than the screen`);
    for (const violation of await violations(page)) found.push(`${look}: ${violation}`);
  }
  await page.emulateMedia({ reducedMotion: null, colorScheme: null });
  await page.setViewportSize(usual);
  return found;
}

/** What axe finds wrong, each as its rule and the first place. */
export async function violations(page: Page): Promise<string[]> {
  if (!(await page.evaluate('"axe" in window'))) await page.evaluate(await readFile(AXE, 'utf8'));
  return page.evaluate(
    'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes[0].html))',
  );
}
