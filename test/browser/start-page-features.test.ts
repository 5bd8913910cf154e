import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { EXAMPLE_WORLD } from '../../src/client/index.ts';
import { type Script, sendAll, smallEngine } from '../fixtures/scripted-service.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { startPageService } from './page-service.ts';
import { clock, expectText, hindrances, visit } from './visit.ts';

const isBuilt = existsSync(new URL('../../dist/web/start.js', import.meta.url));

/** The small engine, which says more at first. */
const talkativeEngine = (lines: readonly string[]): Script => {
  const engine = smallEngine();
  return (text, socket) => {
    engine(text, socket);
    if (/^[wx]3d|^mjpeg/.test(text)) sendAll(socket, lines);
  };
};

describe.skipIf(CHROMIUM === undefined || !isBuilt)(
  'what the start page offers (needs a Chromium and the build)',
  { timeout: 60_000 },
  () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await sharedChromium();
    });

    it('has nothing in the way of anybody', async () => {
      await using service = await startPageService({ engine: talkativeEngine(['stdout:hello', 'stderr:oh']) });
      await using visitor = await visit(browser, service.session);
      const { page } = visitor;
      await page.fill('#world', 'https://github.com/o');
      expect(await hindrances(page)).toEqual([]);

      await page.click('#use-example');
      await page.click('#start');
      await expectText(page, '#console', 'oh');
      await page.locator('#picture canvas').waitFor();
      expect(await hindrances(page)).toEqual([]);

      for (const socket of service.sockets.server) socket.send('error: Webots crashed');
      await expectText(page, '#outcome', 'Webots crashed');
      await page.click('#recent summary');
      expect(await hindrances(page)).toEqual([]);
    });

    it('says so when its scripts do not come', async () => {
      await using service = await startPageService();
      await using visitor = await visit(browser, service.session);
      const { page } = visitor;
      expect(await page.locator('#scripts-missing').count()).toBe(0);

      await page.route('**/start.js', (route) => route.abort());
      await page.reload();
      await page.locator('#scripts-missing').waitFor({ state: 'visible' });
      expect(await hindrances(page)).toEqual([]);
    });

    it('says while somebody types what is wrong with the address of the world', async () => {
      await using service = await startPageService();
      await using visitor = await visit(browser, service.session);
      const { page } = visitor;
      await page.fill('#world', 'https://github.com/o/r/blob/main/w.wbt');
      await expectText(page, '#world-problem', 'Folder: expected “worlds/”');
      expect(await page.getAttribute('#world', 'aria-invalid')).toBe('true');

      await page.fill('#world', 'https://github.com/o/r/blob/main/worlds/w.wbt');
      await expectText(page, '#world-problem', /^$/);
    });

    it('remembers the worlds that were started, until they are to be forgotten', async () => {
      await using service = await startPageService();
      await using visitor = await visit(browser, service.session);
      const { page } = visitor;
      await page.click('#start');
      await expectText(page, '#stage', 'The simulation is ready.');
      await page.click('#leave');
      await page.reload();
      await page.fill('#world', '');

      await page.click('#recent summary');
      await page.click('#recent-list button');
      expect(await page.inputValue('#world')).toBe(EXAMPLE_WORLD);
      await page.click('#recent summary');
      await page.click('#recent-clear');
      expect(await page.locator('#recent').isHidden()).toBe(true);
    });

    it('copies a link to the world', async () => {
      await using service = await startPageService();
      await using visitor = await visit(browser, service.session, {
        permissions: ['clipboard-read', 'clipboard-write'],
      });
      const { page } = visitor;
      await page.click('#copy-link');
      await expectText(page, '#copied', 'Copied.');

      const link = new URL(await page.evaluate<string>('navigator.clipboard.readText()'));
      expect([link.origin, link.searchParams.get('url')]).toEqual([service.session, EXAMPLE_WORLD]);
    });

    it('plays, pauses, steps and resets by keys, but not while somebody types', async () => {
      await using service = await startPageService();
      await using visitor = await visit(browser, service.session);
      const { page } = visitor;
      await page.click('#start');
      await expectText(page, '#stage', 'The simulation is ready.');
      await page.focus('#console-search');
      await page.keyboard.type('r. v');
      await page.focus('#simulation-title');
      await page.keyboard.press('Space');
      await expectText(page, '#state', 'Running in real time');
      await expectText(page, '#speed', /^× \d+\.\d\d$/);
      await page.keyboard.press('Space');
      await expectText(page, '#state', 'Paused');
      const time = await clock(page);
      await page.keyboard.press('.');
      await expect.poll(() => clock(page)).toBe(time + 32);
      await page.keyboard.press('r');
      await expect.poll(() => clock(page)).toBe(0);

      const commands = service.heard.engine.filter((text) => !['w3d', 'pause'].includes(text));
      expect(commands).toEqual(['real-time:-1', 'step', 'reset']);
    });

    it('lists what is printed as text, and finds lines', async () => {
      const engine = talkativeEngine(['stdout:<b>one</b>\n\u001b[31mtwo\u001b[0m', 'stderr:three']);
      await using service = await startPageService({ engine });
      await using visitor = await visit(browser, service.session);
      const { page } = visitor;
      await page.click('#start');
      await expectText(page, '#console', 'three');

      expect(await page.locator('#console li').allTextContents()).toEqual(['<b>one</b>', 'two', 'three']);
      expect(await page.locator('#console li[data-kind=error]').allTextContents()).toEqual(['three']);
      await page.fill('#console-search', 'TW');
      expect(await page.locator('#console li:visible').allTextContents()).toEqual(['two']);
      expect(visitor.complaints).toEqual([]);
    });

    it('lists the steps of the start, each with its time', async () => {
      await using service = await startPageService();
      await using visitor = await visit(browser, service.session);
      const { page } = visitor;
      await page.click('#start');
      await expectText(page, '#stage', 'The simulation is ready.');

      expect(await page.locator('#steps .title').allTextContents()).toEqual([
        'Ask the session server',
        'Connect to the simulation server',
        'Check out the project',
        'Launch the engine',
        'Load the world',
        'Stream',
      ]);
      for (const time of await page.locator('#steps .took').allTextContents())
        expect(time).toMatch(/^(since )?\d+\.\d\d s$/);
    });

    it('opens the window of a robot in a frame that can reach nothing', async () => {
      const script =
        "document.body.textContent = 'name ' + new URLSearchParams(location.search).get('name') + ' ' + origin";
      await using service = await startPageService({
        engine: talkativeEngine([
          'robot window: {"robot":"r & 1","window":"panel"}',
          'robot window: {"robot":"none","window":"<none>"}',
        ]),
        files: {
          '/robot_windows/panel/panel.html?name=r%20%26%201': `<!doctype html><body><script>${script}</script>`,
        },
      });
      await using visitor = await visit(browser, service.session);
      const { page } = visitor;
      await page.click('#start');
      await page.click('#robot-windows summary');

      expect(await page.locator('#robot-windows summary').allTextContents()).toEqual(['r & 1']);
      expect(await page.getAttribute('iframe', 'sandbox')).toBe('allow-scripts');
      const body = page.frameLocator('iframe').locator('body');
      await expect.poll(() => body.textContent()).toBe('name r & 1 null');
      await page.click('#robot-windows summary');
      await page.locator('iframe').waitFor({ state: 'detached' });
    });

    it('shows the pictures that an engine draws, where that was chosen', async () => {
      await using service = await startPageService({
        engine: (text, socket) => {
          if (text.startsWith('mjpeg')) {
            sendAll(socket, [
              'multimedia: mjpeg pause ',
              'world:worlds/a.wbt:worlds/a.wbt',
              'scene load completed',
              'pause: 0',
            ]);
          }
        },
      });
      await using visitor = await visit(browser, service.session);
      const { page } = visitor;
      await page.getByText('Advanced').click();
      await page.selectOption('#mode', 'mjpeg');
      await page.click('#start');
      await expectText(page, '#stage', 'The simulation is ready.');

      const address = `${service.engineUrl.replace('ws:', 'http:')}/mjpeg`;
      expect(await page.getAttribute('#picture img', 'src')).toBe(address);
      expect(service.heard.engine[0]).toMatch(/^mjpeg: \d+x\d+$/);
      await page.click('#leave');
      await expectText(page, '#outcome', 'You left the simulation');
      expect(await page.locator('#picture img').count()).toBe(0);
    });

    it('is light or dark as somebody chose, also the next time', async () => {
      await using service = await startPageService();
      await using visitor = await visit(browser, service.session, { colorScheme: 'light' });
      const { page } = visitor;
      await page.getByText('Advanced').click();
      await page.selectOption('#theme', 'dark');
      await page.reload();

      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(18, 21, 26)');
    });
  },
);
