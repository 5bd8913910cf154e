import { existsSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createInspector } from '../../src/inspection/inspector.ts';
import type { TestServer } from '../fixtures/simulation-server.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { startSimulationMonitor, WORLD } from './monitor-stand.ts';
import { expectText, violations, visit } from './visit.ts';

const isBuilt = existsSync(new URL('../../dist/web/inspect.js', import.meta.url));

/** The longest wait for something to appear on the page, in ms. */
const BOUND = { timeout: 15_000 };

const PHONE = { viewport: { width: 390, height: 844 } };

/** States of a session's life as the log names them, after the first; those within the second are entered with it. */
const LIFE = [
  'connected.checking',
  'connected.fetching',
  'connected.simulating',
  'connected.simulating.streaming',
  'leaving',
  'leaving.releasing',
  'leaving.closingSocket',
  'gone',
];

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function openServer(isOn = true): Promise<TestServer> {
  const inspector = createInspector('1.2.3');
  if (isOn) inspector.turnOn();
  const server = await startSimulationMonitor({ inspector });
  opened.push(server);
  return server;
}

const inspectUrl = ({ url }: TestServer) => `${url.replace('127.0.0.1', 'localhost')}/inspect`;
const treeButton = (page: Page, name: string) => page.locator('#tree button', { hasText: name });
const activeStates = (page: Page) =>
  page
    .locator('#chart [data-light="active"]')
    .evaluateAll((elements) => elements.map((each) => each.getAttribute('data-state')));
const expectActive = (page: Page, states: readonly string[]) =>
  expect.poll(() => activeStates(page), BOUND).toEqual(expect.arrayContaining([...states]));

/** Moves the time line to the latest entry whose line in the log has this text. */
async function jumpTo(page: Page, text: string): Promise<void> {
  await page.locator('#log tr', { hasText: text }).first().locator('button').click();
}

describe.skipIf(CHROMIUM === undefined || !isBuilt)(
  'the page /inspect (needs a Chromium and the build)',
  { timeout: 90_000 },
  () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await sharedChromium();
    });

    it('lights up each state of a session and its engine as it is entered, and travels back through them', async () => {
      const server = await openServer();
      await using visitor = await visit(browser, inspectUrl(server));
      const { page, complaints, hosts } = visitor;
      await expectText(page, '#live', /^Recording since/);

      const client = await server.connect();
      await treeButton(page, 'clientSession').click();
      await expectActive(page, ['connected', 'connected.waiting']);
      client.start(WORLD);
      await client.heard('webots:');
      await expectActive(page, ['connected.simulating', 'connected.simulating.streaming']);
      await expect.poll(() => page.locator('#chart [data-taken]').count(), BOUND).toBeGreaterThan(0);
      await expect.poll(() => page.locator('#chart [data-light="visited"]').count(), BOUND).toBeGreaterThan(0);
      await expectText(page, '#state-rows', /connected\.fetching1\d+\.\d{3} s/);
      await expectText(page, '#context', '"streamBase"');
      await page.locator('#tree button[title^="webotsProcess"]').click();
      await expectActive(page, ['alive']);

      await treeButton(page, 'clientSession').click();
      client.socket.close();
      await expect
        .poll(
          () => page.locator('#tree li:not([data-status="active"]) > button[title^="clientSession"]').count(),
          BOUND,
        )
        .toBe(1);
      await page.check('#only-chosen');
      for (const state of LIFE.toReversed()) {
        await jumpTo(page, `→ ${state} by`);
        await expectActive(page, [state]);
      }
      await expectText(page, '#pause', 'Go to the end');
      await page.click('#later');
      await expect.poll(() => page.locator('#log tr').first().textContent()).not.toContain('→ connected.checking');
      await page.fill('#position', '0');
      await expect.poll(() => page.locator('#tree button').count()).toBe(0);
      await page.click('#pause');
      await expectText(page, '#pause', /^Pause$/);
      await expect.poll(() => page.locator('#sequence .message').count(), BOUND).toBeGreaterThan(3);

      expect(complaints).toEqual([]);
      expect([...hosts]).toEqual(['localhost']);
      await page.uncheck('#only-chosen');
      expect(await violations(page)).toEqual([]);
    });

    it('finds events by words, and keeps to itself what passes while it is paused', async () => {
      const server = await openServer();
      await using visitor = await visit(browser, inspectUrl(server));
      const { page } = visitor;
      await expectText(page, '#log', /is created/);
      await page.click('#pause');
      await expectText(page, '#pause', 'Go to the end');
      const before = await page.locator('#moment').textContent();
      const client = await server.connect();
      client.start('nonsense');
      await client.closed;

      await page.fill('#filter', 'loadmonitor');
      await expect.poll(() => page.locator('#log tr').count(), BOUND).toBeGreaterThan(0);
      for (const line of await page.locator('#log tr').allTextContents())
        expect(line.toLowerCase()).toContain('loadmonitor');
      expect(await page.locator('#moment').textContent()).toContain(before?.split(' of ')[0] ?? '?');
      expect(await treeButton(page, 'clientSession').count()).toBe(0);
      await page.fill('#filter', '');
      await page.click('#pause');
      await expect.poll(() => treeButton(page, 'clientSession').count(), BOUND).toBe(1);
    });

    it('is switched on and off by a button', async () => {
      const server = await openServer(false);
      await using visitor = await visit(browser, inspectUrl(server));
      const { page } = visitor;
      await expectText(page, '#live', 'Nothing is recorded');
      await page.click('#turn-button');
      await expectText(page, '#live', /^Recording since/);
      await expectText(page, '#tree', /rootsupervises.*simulation/);
      await page.click('#turn-button');
      await expectText(page, '#live', /^Not recording/);
      await expect.poll(() => page.locator('#log tr').count(), BOUND).toBeGreaterThan(0);
    });

    it('opens at an address whose end no address has', async () => {
      const server = await openServer();
      await using visitor = await visit(browser, `${inspectUrl(server)}#%`);
      const { page, complaints } = visitor;
      await expectText(page, '#live', /^Recording since/);
      await page.evaluate("location.hash = '#loadMonitor'");
      await expectText(page, '#actor-heading', 'loadMonitor');
      await page.evaluate("location.hash = '#%E0%A4'");
      await expectText(page, '#actor-heading', 'loadMonitor');

      expect(complaints).toEqual([]);
    });

    it('says that the server is gone, and fits a phone', async () => {
      const server = await openServer();
      await using visitor = await visit(browser, inspectUrl(server), { ...PHONE, colorScheme: 'dark' });
      const { page } = visitor;
      await expectText(page, '#live', /^Recording since/);
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(PHONE.viewport.width);
      expect(await violations(page)).toEqual([]);
      await opened.pop()?.[Symbol.asyncDispose]();

      await expectText(page, '#banner', 'The connection to the server is lost');
    });
  },
);
