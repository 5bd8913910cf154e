import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Report } from '../../src/client/try/report.ts';
import { canSeeProcesses } from '../../src/client/try/traces.ts';
import { Trail } from '../../src/client/try/trail.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { type Hub, isBuilt, startHub } from './hub.ts';
import { clock, expectText, SMALL, visit } from './visit.ts';

const TRY = fileURLToPath(new URL('../../dist/src/client/try.js', import.meta.url));
const run = promisify(execFile);

/** The engine's address, as the page's list of messages has it. */
async function streamUrl(page: Page): Promise<string> {
  const text = await page.locator('#log .text', { hasText: /^streaming: / }).textContent();
  return text?.slice('streaming: '.length) ?? '';
}

describe.skipIf(!isBuilt)('a newcomer (needs the build)', { timeout: 90_000 }, () => {
  let hub: Hub;

  beforeAll(async () => {
    hub = await startHub();
  });

  afterAll(() => hub?.[Symbol.asyncDispose]());

  /** The engine's port and process tree, and all that the simulation server held for the session. */
  async function expectGone(trail: Trail): Promise<void> {
    const told: string[] = [];
    await trail.expectGone(new Report((line) => told.push(line)));
    if (canSeeProcesses) expect(told.at(-1)).toContain('no process of session');
    await hub.simulationServer.nothingLeft();
  }

  it('tries the bundled example from the terminal, and nothing is left', async () => {
    const { stdout } = await run(process.execPath, [TRY, '--session', hub.session, '--seconds', '5']);

    expect(stdout).toMatch(/^ .*movement +[1-9]\d* nodes moved$/m);
    expect(stdout).toMatch(/^ .*stdout +This is the embedded engine of webots-hub, not Webots\.$/m);
    if (canSeeProcesses) expect(stdout).toMatch(/^ .*nothing left +no process of session \w+, and no \/.+$/m);
    expect(stdout).toMatch(/success +all went well\n$/);
    await hub.simulationServer.nothingLeft();
  });

  describe.skipIf(CHROMIUM === undefined)('with a browser (needs a Chromium)', () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await sharedChromium();
    });

    it('starts the bundled example, plays, pauses, steps, resets and leaves it, and nothing is left', async () => {
      await using visitor = await visit(browser, hub.session, SMALL);
      const { page } = visitor;
      await expectText(page, '#availability', 'A simulation can be started');

      await page.click('#start');
      await expectText(page, '#stage', 'The simulation is ready.');
      await expectText(page, '#engine', 'The embedded engine, which is not Webots');
      const trail = await Trail.follow(await streamUrl(page));
      await page.click('#play');
      await expectText(page, '#state', 'Running in real time');
      await expect.poll(() => clock(page)).toBeGreaterThan(100);
      await page.click('#pause');
      await expectText(page, '#state', 'Paused');
      const time = await clock(page);
      await page.click('#step');
      await expect.poll(() => clock(page)).toBeGreaterThan(time);
      await page.click('#reset');
      await expect.poll(() => clock(page)).toBe(0);
      await page.click('#leave');
      await expectText(page, '#outcome', 'You left the simulation');

      await expectGone(trail);
      expect(visitor.complaints).toEqual([]);
      expect([...visitor.hosts]).toEqual(['localhost']);
    });

    it('closes the page, and nothing is left', async () => {
      let trail: Trail;
      {
        await using visitor = await visit(browser, hub.session, SMALL);
        const { page } = visitor;
        await expectText(page, '#availability', 'A simulation can be started');
        await page.click('#start');
        await expectText(page, '#stage', 'The simulation is ready.');
        trail = await Trail.follow(await streamUrl(page));
      }
      await expectGone(trail);
    });

    it('is told what is wrong with a world that does not exist', async () => {
      await using visitor = await visit(browser, hub.session, SMALL);
      const { page } = visitor;
      await expectText(page, '#availability', 'A simulation can be started');
      await page.fill('#world', 'https://github.com/webots-hub/examples/blob/main/worlds/nowhere.wbt');
      await page.click('#start');

      await expectText(page, '#outcome-title', 'The simulation could not be started');
      await expectText(page, '#outcome-text', 'nowhere.wbt does not exist.');
    });
  });
});
