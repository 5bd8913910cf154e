import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { EXAMPLE_WORLD } from '../../src/client/index.ts';
import { STARTS_AT_ONCE, sendAll } from '../fixtures/scripted-service.ts';
import { askFor } from '../fixtures/session-question.ts';
import type { TestClient } from '../fixtures/simulation-server.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { type Hub, isBuilt, startHub } from './hub.ts';
import { startPageService } from './page-service.ts';
import { expectText, violations, visit } from './visit.ts';

const BOUND = { timeout: 30_000 };

/** Longest time of a test in ms in which several polls of 5 s go by. */
const SLOW = 120_000;

/** Somebody who has the only place. */
async function occupy(hub: Hub): Promise<TestClient> {
  const client = await hub.simulationServer.connect();
  client.start(EXAMPLE_WORLD);
  await client.heard('webots:');
  return client;
}

async function isQueueLength(hub: Hub, length: number): Promise<void> {
  await vi.waitFor(async () => {
    const figures = await (await fetch(`${hub.session}/metrics`)).text();
    expect(figures).toContain(`webots_hub_queue_length{role="session"} ${length}`);
  }, BOUND);
}

describe.skipIf(CHROMIUM === undefined || !isBuilt)('the start page in line (needs a Chromium and the build)', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await sharedChromium();
  });

  it(
    'says the place and how it changes, and starts the world when its turn has come',
    async () => {
      await using hub = await startHub(undefined, {
        session: { queueLength: 5, queueTimeout: 600, grantTime: 1 },
        simulation: { maxConnections: 1 },
      });
      const first = await occupy(hub);
      await vi.waitFor(async () => expect(await (await fetch(`${hub.session}/load`)).text()).toBe('100'), BOUND);
      const other = askFor(`${hub.session}/session`);
      await isQueueLength(hub, 1);
      await using visitor = await visit(browser, hub.session);
      const { page } = visitor;
      await expectText(page, '#availability', 'A simulation can be started');

      await page.click('#start');
      await expectText(page, '#stage', /^You are 2nd of 2 in line\.$/);
      await expectText(page, '#steps [data-step="queue"] .detail', 'You are 2nd of 2 in line.');
      expect(await page.locator('#stage').getAttribute('role')).toBe('status');
      expect(await page.locator('#leave').isEnabled()).toBe(true);
      expect(await violations(page)).toEqual([]);
      await page.screenshot({
        path: fileURLToPath(new URL('../pictures/in-line.png', import.meta.url)),
        fullPage: true,
      });
      other.leave();
      await expectText(page, '#stage', /^You are next in line\.$/);
      first.socket.close();
      await expectText(page, '#stage', 'The simulation is ready.');

      expect(await page.locator('#steps .title').allTextContents()).toEqual([
        'Ask the session server',
        'Wait in line',
        'Connect to the simulation server',
        'Check out the project',
        'Launch the engine',
        'Load the world',
        'Stream',
      ]);
      await page.click('#leave');
      await hub.simulationServer.nothingLeft();
      expect(visitor.complaints).toEqual([]);
    },
    SLOW,
  );

  it(
    'gives up its place when it is left',
    async () => {
      await using hub = await startHub(undefined, {
        session: { queueLength: 5 },
        simulation: { maxConnections: 1 },
      });
      const first = await occupy(hub);
      await vi.waitFor(async () => expect(await (await fetch(`${hub.session}/load`)).text()).toBe('100'), BOUND);
      await using visitor = await visit(browser, hub.session);
      const { page } = visitor;
      await page.click('#start');
      await expectText(page, '#stage', /in line/);

      await page.click('#leave');
      await expectText(page, '#outcome', 'You left the simulation');

      await isQueueLength(hub, 0);
      first.socket.close();
      await hub.simulationServer.nothingLeft();
    },
    SLOW,
  );

  it('says the place at a simulation server that is full', async () => {
    let serve = () => {};
    await using service = await startPageService({
      server: (engineUrl) => (text, socket) => {
        if (!text.includes('start')) return;
        sendAll(socket, ['queue: 2', 'queue: 1']);
        serve = () => STARTS_AT_ONCE(engineUrl)(text, socket);
      },
    });
    await using visitor = await visit(browser, service.session);
    const { page } = visitor;

    await page.click('#start');
    await expectText(page, '#stage', /^You are next in line\.$/);
    expect(await page.locator('#steps .title').allTextContents()).toEqual([
      'Ask the session server',
      'Connect to the simulation server',
      'Wait in line',
    ]);
    serve();
    await expectText(page, '#stage', 'The simulation is ready.');

    expect(await page.locator('#steps [data-step="queue"]').getAttribute('data-state')).toBe('done');
    await page.click('#leave');
    expect(visitor.complaints).toEqual([]);
  });
});
