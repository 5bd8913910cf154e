import type { Browser } from 'playwright-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Script, sendAll } from '../fixtures/scripted-service.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { isBuilt, startHub } from './hub.ts';
import { startPageService } from './page-service.ts';
import { expectColours, picture } from './picture.ts';
import { FILES, placeOf, SKY_FILES, shapesScene, skyScene, THINGS } from './shapes-scene.ts';
import { clock, expectText, SMALL, visit } from './visit.ts';

/** An engine that shows one scene, and runs without that anything moves. */
const stillEngine =
  (xml: string): Script =>
  (text, socket) => {
    if (/^[wx]3d/.test(text)) {
      sendAll(socket, [
        'world:worlds/shapes.wbt:worlds/shapes.wbt',
        `model:${xml}`,
        'scene load completed',
        'pause: 0',
      ]);
    } else if (text === 'pause') socket.send('paused by client');
    else if (text.startsWith('real-time')) socket.send('real-time');
  };

describe.skipIf(CHROMIUM === undefined || !isBuilt)(
  'the viewer (needs a Chromium and the build)',
  { timeout: 120_000 },
  () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await sharedChromium();
    });

    it.each(['W3D', 'X3D'] as const)('draws every geometry of a scene in %s where it is', async (dialect) => {
      await using service = await startPageService({ engine: stillEngine(shapesScene(dialect)), files: FILES });
      await using visitor = await visit(browser, service.session, SMALL);
      const { page } = visitor;
      await page.click('#start');
      await page.locator('#picture canvas').waitFor();

      await expectColours(page, {
        ...Object.fromEntries(
          Object.entries(THINGS).map(([name, thing]) => [
            name,
            {
              // The corner of a grid is where it is, not its middle.
              at: placeOf(name === 'grid' ? { x: thing.x + 0.5, y: thing.y + 0.5 } : thing),
              colour: thing.colour,
            },
          ]),
        ),
        'between them': { at: placeOf({ x: 1.25, y: 3 }), colour: 'black' },
        'a file with its own material': { at: placeOf({ x: 1.25, y: -3 }), colour: 'green' },
        'a copy': { at: placeOf({ x: 0, y: 0 }), colour: 'red' },
        'the upper half of a picture': { at: placeOf({ x: -2.25, y: -4.5 }), colour: 'red' },
        'the lower half of a picture': { at: placeOf({ x: -2.75, y: -4.5 }), colour: 'blue' },
      });
      await expectText(page, '#console', /^Not shown: 2 × Teapot$/);
      expect(visitor.complaints).toEqual([]);
      expect([...visitor.hosts]).toEqual(['localhost']);
    });

    it.each([
      { direction: 'x', orientation: '0 0 1 0', colour: 'red' },
      { direction: 'y', orientation: '0 0 1 1.5707963', colour: 'blue' },
    ])('shows the pictures of a sky around the scene, upright, along $direction', async ({ orientation, colour }) => {
      await using service = await startPageService({ engine: stillEngine(skyScene(orientation)), files: SKY_FILES });
      await using visitor = await visit(browser, service.session, SMALL);
      await visitor.page.click('#start');
      await visitor.page.locator('#picture canvas').waitFor();

      await expectColours(visitor.page, {
        'upper left': { at: [0.3, 0.3], colour: 'green' },
        'upper right': { at: [0.7, 0.3], colour },
        'lower left': { at: [0.3, 0.7], colour },
        'lower right': { at: [0.7, 0.7], colour },
      });
      expect(visitor.complaints).toEqual([]);
    });

    it('follows what moves, changes, comes and goes', async () => {
      await using service = await startPageService({ engine: stillEngine(shapesScene('W3D')), files: FILES });
      await using visitor = await visit(browser, service.session, SMALL);
      const { page } = visitor;
      await page.click('#start');
      await expectColours(page, { box: { at: placeOf(THINGS.box!), colour: 'red' } });

      const box = { id: 100, translation: '1.25 3 0' };
      const look = { id: 301, emissiveColor: '1 0 0' };
      const size = { id: 209, castShadows: 'FALSE' };
      const label = { id: 0, font: 'Arial', rgba: '255,255,255,1', size: 0.1, x: 0.1, y: 0.1, text: '<b>hello</b>' };
      const shape = "<Shape id='n701'><PBRAppearance id='n702' emissiveColor='0 0 1'/><Box size='1 1 1'/></Shape>";
      for (const socket of service.sockets.engine) {
        sendAll(socket, [
          `application/json:${JSON.stringify({ time: 32, updates: [box, look, size], labels: [label] })}`,
          `node:0:<nodes><Pose id='n700' translation='1.25 0 0'>${shape}</Pose></nodes>`,
          'delete:102',
          'visibility:103:0',
        ]);
      }

      await expectColours(page, {
        'where the box was': { at: placeOf(THINGS.box!), colour: 'black' },
        'where the box is': { at: placeOf({ x: 1.25, y: 3 }), colour: 'red' },
        'the sphere': { at: placeOf(THINGS.sphere!), colour: 'red' },
        'what was added': { at: placeOf({ x: 1.25, y: 0 }), colour: 'blue' },
        'what was hidden': { at: placeOf(THINGS.cone!), colour: 'black' },
        'what was deleted': { at: placeOf(THINGS.cylinder!), colour: 'black' },
      });
      expect(await page.locator('.picture-label').textContent()).toBe('<b>hello</b>');
      expect(visitor.complaints).toEqual([]);
    });

    it('draws nothing while nothing changes, and turns by mouse and keys until the viewpoint is reset', async () => {
      await using service = await startPageService({ engine: stillEngine(shapesScene('W3D')), files: FILES });
      await using visitor = await visit(browser, service.session, SMALL);
      const { page } = visitor;
      await page.evaluate(`{
      globalThis.drawn = 0;
      const draw = WebGL2RenderingContext.prototype.drawElements;
      WebGL2RenderingContext.prototype.drawElements = function (...all) { globalThis.drawn += 1; return draw.apply(this, all); };
    }`);
      await page.click('#start');
      const reached = { at: placeOf(THINGS.dae!), colour: 'green' };
      await expectColours(page, { mesh: reached, texture: { at: placeOf({ x: -2.25, y: -4.5 }), colour: 'red' } });
      const before = await picture(page);
      const drawn = await page.evaluate('globalThis.drawn');
      // Two pictures of the browser's own lie between the counts.
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      expect(await page.evaluate('globalThis.drawn')).toBe(drawn);

      await page.focus('#picture canvas');
      await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('+');
      await expect.poll(async () => (await picture(page)).equals(before)).toBe(false);
      await page.keyboard.press('v');
      await page.keyboard.press('Escape');
      expect(await page.evaluate('document.activeElement.id')).toBe('play');
      await expect.poll(async () => (await picture(page)).equals(before)).toBe(true);

      await page.hover('#picture canvas');
      await page.mouse.down();
      await page.mouse.move(200, 200);
      await page.mouse.up();
      await expect.poll(async () => (await picture(page)).equals(before)).toBe(false);
      await page.click('#viewpoint');
      await page.focus('#play');
      await expect.poll(async () => (await picture(page)).equals(before)).toBe(true);
      expect(visitor.complaints).toEqual([]);
    });

    it('shows the bundled example as it moves, stands still, starts anew and is left', async () => {
      await using hub = await startHub();
      await using visitor = await visit(browser, hub.session, SMALL);
      const { page } = visitor;
      await expectText(page, '#availability', 'A simulation can be started');
      await page.click('#start');
      await page.locator('#picture canvas').waitFor();
      await page.focus('#play');
      const first = await picture(page);
      await page.keyboard.press('Space');
      await expect.poll(async () => (await picture(page)).equals(first)).toBe(false);
      await expect.poll(() => clock(page)).toBeGreaterThan(1000);
      await page.click('#pause');
      await expectText(page, '#state', 'Paused');
      // The last move may still have to be drawn.
      await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
      const paused = await picture(page);
      expect(paused.equals(await picture(page))).toBe(true);

      await page.click('#reset');
      await expect.poll(() => clock(page)).toBe(0);
      await expect.poll(async () => (await picture(page)).equals(paused)).toBe(false);
      await page.click('#leave');
      await expectText(page, '#outcome', 'You left the simulation');
      expect(await page.locator('#picture canvas').count()).toBe(0);
      await hub.simulationServer.nothingLeft();
      expect(visitor.complaints).toEqual([]);
      expect([...visitor.hosts]).toEqual(['localhost']);
    });

    it('leaves no picture behind, however many sessions there were', async () => {
      await using service = await startPageService();
      await using visitor = await visit(browser, service.session, SMALL);
      const { page } = visitor;
      for (let session = 0; session < 10; session += 1) {
        await page.click('#start');
        await page.locator('#picture canvas').waitFor();
        await page.click('#leave');
        await expectText(page, '#outcome', 'You left the simulation');
        await page.locator('#picture canvas').waitFor({ state: 'detached' });
      }

      expect(visitor.complaints).toEqual([]);
    });

    it('says that there is no picture where the browser has no WebGL, and the rest works', async () => {
      await using service = await startPageService();
      await using visitor = await visit(browser, service.session, SMALL);
      const { page } = visitor;
      await page.evaluate('HTMLCanvasElement.prototype.getContext = () => null');
      await page.click('#start');

      await expectText(page, '#picture', 'This browser shows no 3D picture');
      await page.click('#play');
      await expect.poll(() => clock(page)).toBeGreaterThan(100);
      expect(await page.locator('#picture canvas').count()).toBe(0);
      expect(visitor.complaints).toEqual([]);
    });
  },
);
