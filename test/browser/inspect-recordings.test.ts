import { existsSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { createInspector } from '../../src/inspection/inspector.ts';
import { type Entry, RECORDING_FORMAT, type RecordingPart } from '../../src/inspection/recording.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { startSimulationMonitor } from './monitor-stand.ts';
import { expectText, visit } from './visit.ts';

const isBuilt = existsSync(new URL('../../dist/web/inspect.js', import.meta.url));

const treeButton = (page: Page, name: string) => page.locator('#tree button', { hasText: name });

/** Has the page told of a recording that no server made. */
async function tell(page: Page, startedOn: string, entries: readonly Entry[]): Promise<void> {
  await page.unroute('**/inspect/part?*');
  await page.route('**/inspect/part?*', (route) => {
    const query = new URL(route.request().url()).searchParams;
    const isAnew = query.get('of') !== startedOn;
    const part: RecordingPart = {
      format: RECORDING_FORMAT,
      startedOn,
      version: '1.2.3',
      isOn: true,
      isFile: false,
      isAnew,
      now: entries.at(-1)?.at ?? 0,
      hasMore: false,
      baseline: [],
      entries: isAnew ? entries : [],
    };
    return route.fulfill({ json: part });
  });
}

const created = (n: number, id: string, name: string): Entry => ({
  n,
  at: 100 * n,
  type: 'actor',
  actor: { id, name, kind: 'machine' },
});
const sent = (n: number, from: string, to: string, event: string): Entry => ({
  n,
  at: 100 * n,
  type: 'event',
  from,
  to,
  event,
});
const entered = (n: number, actor: string, state: string): Entry => ({
  n,
  at: 100 * n,
  type: 'step',
  actor,
  event: 'any',
  status: 'active',
  states: [state],
});

describe.skipIf(CHROMIUM === undefined || !isBuilt)(
  'the page /inspect, told of recordings that no server made (needs a Chromium and the build)',
  { timeout: 90_000 },
  () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await sharedChromium();
    });

    it('begins anew with another recording, though numbers and ids are the same', async () => {
      await using server = await startSimulationMonitor({ inspector: createInspector('1.2.3') });
      await using visitor = await visit(browser, `${server.url.replace('127.0.0.1', 'localhost')}/inspect`);
      const { page } = visitor;
      const story = (name: string) => [
        created(1, 'x:0', `${name} root`),
        created(2, 'x:1', `${name} child`),
        sent(3, 'x:0', 'x:1', `${name}.call`),
      ];
      await tell(page, '2025-06-01T12:30:05.000Z', story('former'));
      await expectText(page, '#sequence', 'former.call');
      await treeButton(page, 'former child').click();
      await expectText(page, '#actor-heading', 'former child');

      await tell(page, '2025-06-01T12:31:05.000Z', story('latter'));

      await expectText(page, '#sequence', 'latter.call');
      await expectText(page, '#log', 'latter.call');
      await expectText(page, '#tree', 'latter child');
      for (const place of ['#sequence', '#log', '#tree'])
        expect(await page.locator(place).textContent()).not.toContain('former');
      await expectText(page, '#actor-heading', 'No actor is chosen');
    });

    it('travels through an excerpt, between whose numbers there are gaps', async () => {
      await using server = await startSimulationMonitor({ inspector: createInspector('1.2.3') });
      await using visitor = await visit(browser, `${server.url.replace('127.0.0.1', 'localhost')}/inspect`);
      const { page } = visitor;
      const entries = [
        created(10, 'a', 'lamp'),
        entered(50, 'a', 'one'),
        entered(60, 'a', 'two'),
        entered(90, 'a', 'three'),
      ];
      await tell(page, '2025-06-01T12:30:05.000Z', entries);
      await treeButton(page, 'lamp').click();
      const expectMoment = async (moment: string, state: string) => {
        await expectText(page, '#moment', moment);
        await expectText(page, '#actor-summary', `: ${state}.`);
      };
      await expectMoment('9.000 s, entry 90 of 90', 'three');

      await page.click('#earlier');
      await expectMoment('6.000 s, entry 60 of 90', 'two');
      await expectText(page, '#state-rows', /one1\d\.000 s/);
      await page.click('#earlier');
      await expectMoment('5.000 s, entry 50 of 90', 'one');
      await page.click('#later');
      await expectMoment('6.000 s, entry 60 of 90', 'two');
      await page.focus('#position');
      await page.keyboard.press('ArrowRight');
      await expectMoment('9.000 s, entry 90 of 90', 'three');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('ArrowLeft');
      await expectMoment('5.000 s, entry 50 of 90', 'one');
      await page.keyboard.press('Home');
      await expectText(page, '#moment', '1.000 s, entry 9 of 90');
    });
  },
);
