import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, sharedChromium } from '../browser/chromium.ts';
import { clock, expectText, SMALL, visit } from '../browser/visit.ts';
import { isBuilt } from '../fixtures/hub-program.ts';
import { isInstalled, NGINX } from '../fixtures/reverse-proxy.ts';
import { type PublicHub, startPublicHub } from './public-hub.ts';

const isReady = isBuilt && isInstalled(NGINX) && CHROMIUM !== undefined;
if (!isReady) {
  process.stdout.write(
    'skipped: the start page through nginx, because nginx or a Chromium is not installed, or there is no build\n',
  );
}

describe.skipIf(!isReady)('the start page through nginx (needs the build)', { timeout: 120_000 }, () => {
  let hub: PublicHub;
  let browser: Browser;

  beforeAll(async () => {
    hub = await startPublicHub(NGINX);
    browser = await sharedChromium();
  }, 120_000);

  afterAll(async () => {
    await hub?.[Symbol.asyncDispose]();
  });

  it('shows a simulation that moves, from one host and one port', async () => {
    await using visitor = await visit(browser, hub.url, { ...SMALL, ignoreHTTPSErrors: true });
    const { page, hosts, complaints } = visitor;
    const ports = new Set<string>();
    page.on('request', (request) => ports.add(new URL(request.url()).port));
    page.on('websocket', (socket) => ports.add(new URL(socket.url()).port));
    await expectText(page, '#availability', 'A simulation can be started');

    await page.click('#start');
    await expectText(page, '#stage', 'The simulation is ready.');
    // Told to the button itself: a picture without a graphics card keeps a busy machine from clicking in time.
    await page.dispatchEvent('#play', 'click');
    await expect.poll(() => clock(page), { timeout: 30_000 }).toBeGreaterThan(0);

    expect([...hosts]).toEqual(['localhost']);
    expect([...ports]).toEqual([String(hub.proxy.port)]);
    expect(complaints).toEqual([]);
  });
});
