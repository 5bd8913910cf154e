import { existsSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { hasProcessTable } from '../../src/reaper/process-table.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { startSimulationMonitor, WORLD } from './monitor-stand.ts';
import { expectText, hindrances, visit } from './visit.ts';

const isBuilt = existsSync(new URL('../../dist/web/session-page-monitor.js', import.meta.url));

/** The longest wait for something to appear on a page, in ms. */
const BOUND = { timeout: 15_000 };

/** Paths of the states that are lit so. */
const litStates = (page: Page, chart: 'session' | 'engine', light: 'active' | 'visited') =>
  page
    .locator(`#chart-${chart} [data-light="${light}"]`)
    .evaluateAll((boxes) => boxes.map((box) => box.getAttribute('data-state')));

describe.skipIf(CHROMIUM === undefined || !isBuilt)('the page of a session (needs a Chromium and the build)', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await sharedChromium();
  });

  it('lights the states as they are entered, shows messages as they pass, and says why the session ended', {
    timeout: 60_000,
  }, async () => {
    await using server = await startSimulationMonitor();
    const client = await server.connect();
    await expect.poll(() => server.role.held().size, BOUND).toBe(1);
    const [id = ''] = [...server.role.held().keys()];
    await using visitor = await visit(browser, `${server.url}/monitor/sessions/${id}`);
    const { page } = visitor;
    await expectText(page, '#live', /^Live$/);
    await page.evaluate('window.isSamePage = true');
    expect(await litStates(page, 'session', 'active')).toEqual(['connected', 'connected.waiting']);
    expect(await litStates(page, 'engine', 'active')).toEqual([]);

    client.start(WORLD);
    await client.heard('webots:');
    await expectText(page, '#summary', 'connected.simulating.streaming.steady');
    const steady = page.locator('[data-state="connected.simulating.streaming.steady"]');
    expect(await steady.getAttribute('data-light')).toBe('active');
    expect(await litStates(page, 'session', 'visited')).toContain('connected.fetching');
    expect(await litStates(page, 'engine', 'active')).toContain('alive.ready.heartbeat.responsive');
    expect(await page.locator('#chart-engine svg').getAttribute('aria-label')).toContain('now in alive.ready');
    await expectText(page, '#messages', /to the clientwebots:ws:/);
    await expectText(page, '#messages', WORLD);
    if (hasProcessTable) {
      await expectText(page, '#memory', /MiB$/);
      await expectText(page, '#cpu', /%$/);
    }

    client.send({ start: '<img src=x onerror="window.isBroken = true">' });
    await expectText(page, '#messages', '<img src=x onerror=');
    expect(await page.locator('main img').count()).toBe(0);

    client.socket.close();
    await expectText(page, '#summary', 'The session has ended: clientLeft.');
    await expectText(page, '#live', /^Ended$/);
    expect(await litStates(page, 'session', 'active')).toEqual(['gone']);
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await page.evaluate('window.isSamePage')).toBe(true);
    expect(await page.locator('#banner').isVisible()).toBe(false);
    await page.getByRole('link', { name: 'Monitor' }).click();
    await expectText(page, '#live', /^Live$/);
    expect(visitor.complaints).toEqual([]);
    expect([...visitor.hosts]).toEqual(['127.0.0.1']);
  });

  it.each(['with scripts', 'without scripts'])('has all of it, %s', { timeout: 60_000 }, async (title) => {
    const javaScriptEnabled = title === 'with scripts';
    await using server = await startSimulationMonitor();
    const client = await server.connect();
    client.start(WORLD);
    await client.heard('webots:');
    const [id = ''] = [...server.role.held().keys()];
    const options = { javaScriptEnabled, viewport: { width: 1400, height: 1000 } };
    await using visitor = await visit(browser, `${server.url}/monitor/sessions/${id}`, options);
    const { page } = visitor;

    await expectText(page, '#live', javaScriptEnabled ? /^Live$/ : /^As of \d\d:/);
    expect(await litStates(page, 'session', 'active')).toContain('connected.simulating.streaming.steady');
    await expectText(page, '#messages', 'webots:');
    if (javaScriptEnabled) {
      expect(await hindrances(page)).toEqual([]);
    } else {
      await expect
        .poll(async () => {
          await page.getByRole('link', { name: 'Look again' }).click();
          return page.locator('#cpu').textContent();
        }, BOUND)
        .toMatch(hasProcessTable ? /%$/ : /^–$/);
    }
    expect(visitor.complaints).toEqual([]);
    client.socket.terminate();
  });
});
