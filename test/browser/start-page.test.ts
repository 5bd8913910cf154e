import { existsSync } from 'node:fs';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { EXAMPLE_WORLD } from '../../src/client/index.ts';
import { sendAll } from '../fixtures/scripted-service.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { startPageService } from './page-service.ts';
import { clock, expectText, visit } from './visit.ts';

const isBuilt = existsSync(new URL('../../dist/web/start.js', import.meta.url));

/** Why a simulation server takes no simulation, and what the page then says. */
const ADVICE = [
  ['The simulation server is full: it serves 1 at most.', 'Wait until the light'],
  ['github.com/o/r is larger than the 100 MiB that are allowed.', 'Ask who runs this server to take larger projects'],
  ['Expected a mode that the embedded engine streams (scene), got mjpeg.', 'Choose under Advanced'],
  ['w.wbt does not exist.', 'Check the address of the world'],
  [
    'Docker not enabled: cannot host simulations from repositories outside of "allowedRepositories".',
    'ask who runs it to allow this one',
  ],
] as const;

describe.skipIf(CHROMIUM === undefined || !isBuilt)('the start page (needs a Chromium and the build)', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await sharedChromium();
  });

  it('leads from the bundled example through play, pause, step and reset to leaving', async () => {
    await using service = await startPageService();
    await using visitor = await visit(browser, service.session);
    const { page } = visitor;
    await expectText(page, '#availability', 'A simulation can be started');
    expect(await page.locator('#world').inputValue()).toBe(EXAMPLE_WORLD);

    await page.click('#start');
    await expectText(page, '#stage', 'The simulation is ready.');
    await page.click('#play');
    await expectText(page, '#state', 'Running in real time');
    await expect.poll(() => clock(page)).toBeGreaterThan(100);
    await page.click('#pause');
    await expectText(page, '#state', 'Paused');
    const time = await clock(page);
    await page.click('#step');
    await expect.poll(() => clock(page)).toBe(time + 32);
    await page.click('#reset');
    await expect.poll(() => clock(page)).toBe(0);
    await page.click('#leave');
    await expectText(page, '#outcome', 'You left the simulation');

    expect(service.asked).toEqual([EXAMPLE_WORLD]);
    expect(service.heard.engine).toEqual(['w3d', 'pause', 'real-time:-1', 'pause', 'pause', 'step', 'pause', 'reset']);
    await vi.waitFor(() => expect(service.closures.toSorted()).toEqual(['engine 1000', 'server 1000']));
    expect(visitor.complaints).toEqual([]);
    expect([...visitor.hosts]).toEqual(['localhost']);
  });

  it('lists every message with its time, and frames that follow each other in one line', async () => {
    await using service = await startPageService();
    await using visitor = await visit(browser, service.session);
    const { page } = visitor;
    await page.click('#start');
    await expectText(page, '#stage', 'The simulation is ready.');
    await page.click('#play');
    await expectText(page, '#log', /\d+ frames, the last: application\/json:/);

    const [times, speakers, texts] = await Promise.all(
      ['.at', '.who', '.text'].map((column) => page.locator(`#log ${column}`).allTextContents()),
    );
    expect(texts?.filter((_text, index) => speakers?.[index]?.startsWith('page → '))).toEqual([
      `{"start":{"url":"${EXAMPLE_WORLD}"}}`,
      'w3d',
      'pause',
      'real-time:-1',
    ]);
    expect(texts?.filter((text) => text.includes('application/json'))).toHaveLength(1);
    for (const time of times ?? []) expect(time).toMatch(/^\d+\.\d{3} s$/);
  });

  it('takes the world from its address, and puts the started one there', async () => {
    const world = 'https://github.com/o/r/blob/main/worlds/w.wbt';
    await using service = await startPageService();
    await using visitor = await visit(browser, `${service.session}/?url=${encodeURIComponent(world)}`);
    const { page } = visitor;
    expect(await page.locator('#world').inputValue()).toBe(world);

    await page.fill('#world', `${world}?x`);
    await page.press('#world', 'Enter');
    await expectText(page, '#stage', 'The simulation is ready.');

    expect(new URL(page.url()).searchParams.get('url')).toBe(`${world}?x`);
    expect(service.asked).toEqual([`${world}?x`]);
  });

  it('shows the availability as it changes, and finds a server that was lost', async () => {
    await using service = await startPageService({ availability: '0' });
    await using visitor = await visit(browser, service.session);
    await expectText(visitor.page, '#availability', 'No simulation server is free');

    for (const socket of service.sockets.watchers) socket.send('1');
    await expectText(visitor.page, '#availability', 'A simulation can be started');
    for (const socket of service.sockets.watchers) socket.terminate();
    await expectText(visitor.page, '#availability', 'No simulation server is free');
  });

  it('says why a simulation could not be started, and can start the next', async () => {
    const refusal = '<img src=x onerror="document.title=1"> does not exist.';
    await using service = await startPageService({
      server: () => (_text, socket) => {
        sendAll(socket, [
          `loading: Error: ${refusal.replaceAll('<', '&lt;').replaceAll('>', '&gt;')}`,
          `error: ${refusal}`,
        ]);
      },
    });
    await using visitor = await visit(browser, service.session);
    const { page } = visitor;

    for (const _attempt of [1, 2]) {
      await page.click('#start');
      await expectText(page, '#outcome-title', 'The simulation could not be started');
      await expectText(page, '#outcome-text', refusal);
    }
    await expectText(page, '#outcome-advice', 'Check the address of the world');
    expect(await page.locator('#outcome img').count()).toBe(0);
    expect(visitor.complaints).toEqual([]);
  });

  it('tells the number of the post-mortem of a start that failed, and not to check the address', async () => {
    await using service = await startPageService({
      server: () => (_text, socket) =>
        sendAll(socket, [
          'post-mortem: 9f86d081884c7d659a2feaa0c55ad015',
          'loading: Error: The simulation was not ready within 60 seconds.',
          'error: The simulation was not ready within 60 seconds.',
        ]),
    });
    await using visitor = await visit(browser, service.session);

    await visitor.page.click('#start');

    await expectText(visitor.page, '#outcome-text', 'not ready within 60 seconds');
    await expectText(visitor.page, '#outcome-advice', 'Start again. If it stays so, tell who runs this server.');
    expect(await visitor.page.locator('#outcome-post-mortem').isVisible()).toBe(true);
    expect(await visitor.page.locator('#outcome-number').textContent()).toBe('9f86d081884c7d659a2feaa0c55ad015');
    expect(visitor.complaints).toEqual([]);
  });

  it('says what can be done about a refusal', async () => {
    let refusal = '';
    await using service = await startPageService({
      server: () => (_text, socket) => sendAll(socket, [`loading: Error: ${refusal}`, `error: ${refusal}`]),
    });
    await using visitor = await visit(browser, service.session);

    for (const [reason, advice] of ADVICE) {
      refusal = reason;
      await visitor.page.click('#start');

      await expectText(visitor.page, '#outcome-text', reason);
      await expectText(visitor.page, '#outcome-advice', advice);
      expect(await visitor.page.locator('#outcome-post-mortem').isHidden()).toBe(true);
    }
  });

  it('says where to see why there is no simulation server', async () => {
    await using service = await startPageService({
      answer: () => 'Error: no simulation server available at the moment.',
    });
    await using visitor = await visit(browser, service.session);

    await visitor.page.click('#start');

    await expectText(visitor.page, '#outcome-advice', 'its machine is busy; the monitor, below, shows which');
  });

  it('says why a simulation ended that was running', async () => {
    await using service = await startPageService();
    await using visitor = await visit(browser, service.session);
    await visitor.page.click('#start');
    await expectText(visitor.page, '#stage', 'The simulation is ready.');
    for (const socket of service.sockets.server) socket.send('error: Webots crashed: signal SIGSEGV');

    await expectText(visitor.page, '#outcome', /The simulation ended\s+Webots crashed: signal SIGSEGV/);
    expect(await visitor.page.locator('#simulation').isHidden()).toBe(true);
  });

  it('names the embedded engine', async () => {
    await using service = await startPageService({
      engine: (text, socket) => {
        if (text !== 'w3d') return;
        sendAll(socket, [
          'model:<W3D/>',
          'scene load completed',
          'stdout:This is the embedded engine of webots-hub, not Webots.',
        ]);
      },
    });
    await using visitor = await visit(browser, service.session);
    await visitor.page.click('#start');

    await expectText(visitor.page, '#engine', 'The embedded engine, which is not Webots');
  });

  it('lets a world of the project be chosen', async () => {
    await using service = await startPageService();
    await using visitor = await visit(browser, service.session);
    await visitor.page.click('#start');
    await expectText(visitor.page, '#stage', 'The simulation is ready.');
    await visitor.page.selectOption('#worlds', 'worlds/other.wbt');

    await vi.waitFor(() => expect(service.heard.engine).toContain('load:worlds/other.wbt'));
  });

  it('can be used by keyboard alone', async () => {
    await using service = await startPageService();
    await using visitor = await visit(browser, service.session);
    const { page } = visitor;
    await page.focus('#world');
    await page.keyboard.press('Enter');
    await expectText(page, '#stage', 'The simulation is ready.');
    expect(await page.evaluate('document.activeElement.id')).toBe('simulation-title');

    await page.locator('#picture canvas').waitFor();
    for (const _element of ['picture', 'play']) await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await expectText(page, '#state', 'Running in real time');
    for (const _button of ['run', 'pause']) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expectText(page, '#state', 'Paused');
    for (const _control of ['step', 'reset', 'viewpoint', 'worlds', 'leave']) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expectText(page, '#outcome', 'You left the simulation');

    expect(await page.evaluate('document.activeElement.id')).toBe('start');
  });

  it('works below a path, as behind a proxy that rewrites ports', async () => {
    await using service = await startPageService({}, '/1999');
    await using visitor = await visit(browser, `${service.session}/1999/`);
    await expectText(visitor.page, '#availability', 'A simulation can be started');
    await visitor.page.click('#start');

    await expectText(visitor.page, '#stage', 'The simulation is ready.');
    expect(visitor.complaints).toEqual([]);
  });

  it.each([
    { size: 'phone', viewport: { width: 320, height: 640 } },
    { size: 'wide', viewport: { width: 1600, height: 900 } },
  ])('fits a $size screen while a simulation runs', async ({ viewport }) => {
    await using service = await startPageService();
    await using visitor = await visit(browser, service.session, { viewport });
    await visitor.page.click('#start');
    await expectText(visitor.page, '#stage', 'The simulation is ready.');

    const overflow = await visitor.page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    expect(overflow).toBe(0);
  });

  it('is dark where the system is', async () => {
    await using service = await startPageService();
    const backgrounds = await Promise.all(
      (['light', 'dark'] as const).map(async (colorScheme) => {
        await using visitor = await visit(browser, service.session, { colorScheme });
        return await visitor.page.evaluate('getComputedStyle(document.body).backgroundColor');
      }),
    );

    expect(backgrounds).toEqual(['rgb(244, 245, 247)', 'rgb(18, 21, 26)']);
  });
});
