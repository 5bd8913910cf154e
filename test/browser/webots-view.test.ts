import type { Browser, BrowserContext, Page, Route } from 'playwright-core';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type Script, sendAll } from '../fixtures/scripted-service.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { isBuilt } from './hub.ts';
import { startPageService } from './page-service.ts';
import { expectText, SMALL, visit } from './visit.ts';

/** A fake of Cyberbotics' web component: it writes a script into its page, as theirs does, and shows how it was used. */
const FAKE_COMPONENT = `
customElements.define('webots-view', class extends HTMLElement {
  connectedCallback() {
    const script = document.createElement('script');
    script.textContent = 'var Module = new Function("return []")();';
    document.head.append(script);
  }
  connect(stream, mode, isBroadcast, isMobile) {
    if (!Array.isArray(Module)) return;
    const socket = new WebSocket(stream + '/');
    socket.onopen = () => socket.send(isBroadcast ? mode + ';broadcast' : mode);
    socket.onmessage = ({ data }) => {
      if (!data.startsWith('model:')) return;
      socket.send('pause');
      this.textContent = [stream, mode, isBroadcast, isMobile, this.showWorldSelection].join(' ');
      this.onready();
    };
  }
});`;

/** An engine whose scene is that of a release, and which runs without that anything moves. */
const engineOf = (head: string, lines: readonly string[] = []): Script => {
  return (text, socket) => {
    if (/^[wx]3d/.test(text)) {
      const model = `model:<W3D>${head}<Scene/></W3D>`;
      sendAll(socket, ['world:worlds/w.wbt:worlds/w.wbt', model, 'scene load completed', 'pause: 0', ...lines]);
    } else if (text === 'pause') socket.send('paused by client');
    else if (text.startsWith('real-time')) socket.send('real-time');
  };
};

const head = (release: string) => `<head><meta name='version' content='${release}'/></head>`;

/** Stands in for cyberbotics.com; @returns the addresses that were asked for. */
async function fakeCyberbotics(context: BrowserContext, answer: 'component' | 'nothing'): Promise<string[]> {
  const asked: string[] = [];
  await context.route(
    (url) => url.hostname === 'cyberbotics.com',
    (route) => {
      asked.push(route.request().url());
      if (answer === 'nothing') return route.abort('internetdisconnected');
      const headers = { 'Access-Control-Allow-Origin': '*' };
      return route.fulfill({ contentType: 'text/javascript', headers, body: FAKE_COMPONENT });
    },
  );
  return asked;
}

async function start(page: Page): Promise<void> {
  await page.click('#start');
  await expectText(page, '#stage', 'The simulation is ready.');
}

describe.skipIf(CHROMIUM === undefined || !isBuilt)(
  "the switch to Cyberbotics' viewer (needs a Chromium and the build)",
  { timeout: 60_000 },
  () => {
    let browser: Browser;

    beforeAll(async () => {
      browser = await sharedChromium();
    });

    it.each([
      { release: 'R2025a', mode: 'w3d' },
      { release: 'R2023b', mode: 'x3d' },
    ])('fetches the viewer of $release only when it is asked for, and goes back', async ({ release, mode }) => {
      await using service = await startPageService({ engine: engineOf(head(release)) });
      await using visitor = await visit(browser, service.session, SMALL);
      const { page } = visitor;
      const asked = await fakeCyberbotics(page.context(), 'component');
      await start(page);
      await page.locator('#picture canvas').waitFor();
      await page.click('#play');
      await expectText(page, '#state', 'Running in real time');
      await page.locator('#webots-view-switch').waitFor();
      expect(asked).toEqual([]);
      expect([...visitor.hosts]).toEqual(['localhost']);

      await page.click('#webots-view-switch');
      await expectText(page, '#webots-view-note', `the viewer of ${release}, which comes from cyberbotics.com`);
      const view = page.frameLocator('.webots-view').locator('webots-view');
      expect(await view.textContent()).toBe(`${service.engineUrl} ${mode} true false false`);
      expect(asked).toEqual([`https://cyberbotics.com/wwi/${release}/WebotsView.js`]);
      expect(await page.locator('#picture canvas').isHidden()).toBe(true);
      // It has paused the engine; the page has it go on.
      await vi.waitFor(() => expect(service.heard.engine.slice(-2)).toEqual(['pause', 'real-time:-1']));

      await page.click('#webots-view-switch');
      await page.locator('#picture canvas').waitFor();
      expect(await page.locator('.webots-view').count()).toBe(0);
      await vi.waitFor(() => expect(service.sockets.engine.size).toBe(1));
      expect(await page.locator('#webots-view-note').isHidden()).toBe(true);
      expect(visitor.complaints).toEqual([]);
    });

    it('takes the place of the page’s own viewer, also where that is still being fetched', async () => {
      await using service = await startPageService({ engine: engineOf(head('R2025a')) });
      await using visitor = await visit(browser, service.session, SMALL);
      const { page } = visitor;
      await fakeCyberbotics(page.context(), 'component');
      const held: Route[] = [];
      await page.route(/\/viewer-\w+\.js$/, (route) => {
        held.push(route);
      });
      await start(page);
      await page.click('#webots-view-switch');
      await expectText(page, '#webots-view-note', 'comes from cyberbotics.com');
      expect([held.length, await page.locator('#picture canvas').count()]).toEqual([1, 0]);

      await held[0]?.continue();
      await page.locator('#picture canvas').waitFor({ state: 'attached' });

      expect(await page.locator('#picture canvas').isHidden()).toBe(true);
      await page.click('#webots-view-switch');
      await page.locator('#picture canvas').waitFor();
      expect(visitor.complaints).toEqual([]);
    });

    it('takes the release from the world file where the scene does not say it', async () => {
      await using service = await startPageService({
        engine: engineOf('<head/>'),
        files: { '/worlds/w.wbt': '#VRML_SIM R2023a utf8\n' },
      });
      await using visitor = await visit(browser, service.session, SMALL);
      const asked = await fakeCyberbotics(visitor.page.context(), 'component');
      await start(visitor.page);

      await visitor.page.click('#webots-view-switch');

      await vi.waitFor(() => expect(asked).toEqual(['https://cyberbotics.com/wwi/R2023a/WebotsView.js']));
    });

    it('says that the viewer cannot be loaded, and goes back to its own', async () => {
      await using service = await startPageService({ engine: engineOf(head('R2025a')) });
      await using visitor = await visit(browser, service.session, SMALL);
      const { page } = visitor;
      await fakeCyberbotics(page.context(), 'nothing');
      await start(page);
      await page.click('#webots-view-switch');

      await expectText(page, '#webots-view-note', /Cyberbotics’ viewer cannot be shown: .*WebotsView\.js could not be/);
      await page.locator('#picture canvas').waitFor();
      expect(await page.locator('.webots-view').count()).toBe(0);
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
      await page.setViewportSize({ width: 360, height: 740 });
      expect(await page.evaluate(overflow)).toBe(0);
      await expectText(page, '#webots-view-switch', 'Show in Cyberbotics’ viewer');
    });

    it('can reach nothing of the page, nor what its server keeps in the browser', async () => {
      await using service = await startPageService({ engine: engineOf(head('R2025a')) });
      await using visitor = await visit(browser, service.session, SMALL);
      const { page } = visitor;
      await fakeCyberbotics(page.context(), 'component');
      await start(page);
      await page.click('#webots-view-switch');
      await expectText(page, '#webots-view-note', 'comes from cyberbotics.com');

      const frame = page.frames().find((one) => one.url().includes('webots-view.html'));
      expect(await frame?.evaluate('origin')).toBe('null');
      await expect(frame?.evaluate('localStorage.length')).rejects.toThrow('sandboxed');
      await expect(frame?.evaluate('parent.document.title')).rejects.toThrow(/cross-origin/);
    });

    it('is not offered with the embedded engine', async () => {
      const lines = ['stdout:This is the embedded engine of webots-hub, not Webots.'];
      await using service = await startPageService({ engine: engineOf(head('R2025a'), lines) });
      await using visitor = await visit(browser, service.session, SMALL);
      await start(visitor.page);
      await expectText(visitor.page, '#engine', 'not Webots');

      expect(await visitor.page.locator('#webots-view-switch').isHidden()).toBe(true);
    });

    it('ends with the session', async () => {
      await using service = await startPageService({ engine: engineOf(head('R2025a')) });
      await using visitor = await visit(browser, service.session, SMALL);
      const { page } = visitor;
      await fakeCyberbotics(page.context(), 'component');
      await start(page);
      await page.click('#webots-view-switch');
      await expectText(page, '#webots-view-note', 'comes from cyberbotics.com');
      await page.click('#leave');

      await expectText(page, '#outcome', 'You left the simulation');
      expect(await page.locator('.webots-view').count()).toBe(0);
      await vi.waitFor(() => expect(service.sockets.engine.size).toBe(0));
      expect(visitor.complaints).toEqual([]);
    });
  },
);
