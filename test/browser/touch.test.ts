import type { Browser, CDPSession, Page } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { sendAll } from '../fixtures/scripted-service.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { isBuilt } from './hub.ts';
import { startPageService } from './page-service.ts';
import { expectColours } from './picture.ts';
import { expectText, visit } from './visit.ts';

const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** What a finger needs, in CSS pixels. */
const FINGER = 44;

const thing = (colour: string, place: string) => `<Solid translation='${place}'><Shape>
  <PBRAppearance baseColor='0 0 0' emissiveColor='${colour}' roughness='1' metalness='0'/><Sphere radius='0.5'/></Shape></Solid>`;

/** Seen along x from 5 m: a red ball in the middle, and a green one behind it to the left. */
const SCENE = `<W3D><Scene><Viewpoint id='n1' position='-5 0 0' orientation='0 0 1 0' fieldOfView='1.5707963' near='0.1' far='0'/>
  <Background id='n2' skyColor='0 0 0'/>${thing('1 0 0', '0 0 0')}${thing('0 1 0', '1 2 0')}</Scene></W3D>`;

type Point = readonly [number, number];

/** Fingers go from where they are put down to somewhere else, in parts of the picture's size. */
async function drag(page: Page, cdp: CDPSession, fingers: readonly { readonly from: Point; readonly to: Point }[]) {
  const box = await page.locator('#picture canvas').boundingBox();
  if (box === null) throw new Error('Expected a picture');
  const touchPoints = (share: number) =>
    fingers.map(({ from, to }, id) => ({
      id,
      x: box.x + box.width * (from[0] + share * (to[0] - from[0])),
      y: box.y + box.height * (from[1] + share * (to[1] - from[1])),
    }));
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: touchPoints(0) });
  for (const share of [0.25, 0.5, 0.75, 1]) {
    await cdp.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: touchPoints(share) });
  }
  await cdp.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
}

describe.skipIf(CHROMIUM === undefined || !isBuilt)(
  'the start page under fingers (needs a Chromium and the build)',
  { timeout: 120_000 },
  () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await sharedChromium();
    });

    it('turns by one finger, moves and zooms by two', async () => {
      await using service = await startPageService({
        engine: (text, socket) => {
          if (text !== 'w3d') return;
          sendAll(socket, ['world:worlds/w.wbt:worlds/w.wbt', `model:${SCENE}`, 'scene load completed', 'pause: 0']);
        },
      });
      await using visitor = await visit(browser, service.session, PHONE);
      const { page } = visitor;
      await page.click('#start');
      await page.locator('#picture canvas').waitFor();
      await page.locator('#picture').scrollIntoViewIfNeeded();
      const cdp = await page.context().newCDPSession(page);
      const middle = { at: [0.5, 0.5] as const, colour: 'red' };
      // 2 m to the left at a distance of 6 m, where the picture is 12 m wide.
      const behind = { at: [0.5 - 2 / 12, 0.5] as const, colour: 'green' };
      const aside = { at: [0.62, 0.5] as const, colour: 'black' };
      await expectColours(page, { middle, behind, aside });

      await drag(page, cdp, [{ from: [0.5, 0.8], to: [0.75, 0.8] }]);
      await expectColours(page, { middle, 'the other is elsewhere': { ...behind, colour: 'black' } });
      await page.click('#viewpoint');
      await expectColours(page, { middle, behind });

      await drag(page, cdp, [
        { from: [0.4, 0.8], to: [0.6, 0.8] },
        { from: [0.5, 0.8], to: [0.7, 0.8] },
      ]);
      await expectColours(page, {
        'the middle has gone to the right': { at: [0.7, 0.5], colour: 'red' },
        middle: { ...middle, colour: 'black' },
      });
      await page.click('#viewpoint');
      await expectColours(page, { middle, behind });

      await drag(page, cdp, [
        { from: [0.45, 0.8], to: [0.3, 0.8] },
        { from: [0.55, 0.8], to: [0.7, 0.8] },
      ]);
      await expectColours(page, { middle, 'it has grown': { ...aside, colour: 'red' } });
      expect(await page.evaluate('visualViewport.scale')).toBe(1);
      expect(visitor.complaints).toEqual([]);
    });

    it('has nothing to press that is smaller than a finger', async () => {
      await using service = await startPageService();
      await using visitor = await visit(browser, service.session, PHONE);
      const { page } = visitor;
      const small = `[...document.querySelectorAll('button, select, summary, input, footer a')]
        .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < ${FINGER})
        .map((element) => element.id || element.textContent)`;
      expect(await page.evaluate(small)).toEqual([]);

      await page.click('#start');
      await expectText(page, '#stage', 'The simulation is ready.');
      expect(await page.evaluate(small)).toEqual([]);
    });
  },
);
