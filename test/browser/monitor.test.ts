import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sessionDocument } from '../../src/monitor/session-view.ts';
import { type LoadAnswer, startLoadServer } from '../fixtures/load-server.ts';
import type { TestServer } from '../fixtures/simulation-server.ts';
import { CHROMIUM, sharedChromium } from './chromium.ts';
import { startSessionMonitor, startSimulationMonitor, WORLD } from './monitor-stand.ts';
import { startPrefixProxy } from './prefix-proxy.ts';
import { expectText, hindrances, visit } from './visit.ts';

const isBuilt = existsSync(new URL('../../dist/web/simulation-monitor.js', import.meta.url));

const TOKEN = 'correct-horse-battery';
const FORWARDED = { extraHTTPHeaders: { 'x-forwarded-for': '192.0.2.7' } };

/** The longest wait for something to appear on a page, in ms. */
const BOUND = { timeout: 15_000 };

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
});

async function startServers(...answers: LoadAnswer[]) {
  const servers = await Promise.all(answers.map((answer) => startLoadServer(answer)));
  opened.push(...servers);
  return servers;
}

async function openSession(entries: readonly string[], port = 0) {
  const session = await startSessionMonitor(entries, { port });
  opened.push(session);
  return { session, url: `http://localhost:${session.port}/monitor` };
}

async function openSimulation(options: Parameters<typeof startSimulationMonitor>[0] = {}) {
  const server = await startSimulationMonitor({ sampleInterval: 200, ...options });
  opened.push(server);
  return server;
}

async function startClient(server: TestServer) {
  const client = await server.connect();
  client.start(WORLD);
  await client.heard('webots:');
  return client;
}

/** In the page: words of tables that take more than one line, those of long addresses aside. */
const BROKEN_WORDS = `[...document.querySelectorAll('th, td.number, td > span')].flatMap((place) => {
  const texts = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  const broken = [];
  while (texts.nextNode()) {
    for (const { 0: word, index } of texts.currentNode.data.matchAll(/\\S+/g)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + word.length);
      if (range.getClientRects().length > 1) broken.push(word);
    }
  }
  return broken;
})`;

const isLive = (page: Page) => expectText(page, '#live', /^Live$/);
const rowsOf = (page: Page, id: string) => page.locator(`#${id} tr`);
const firstRow = (id: string) => `#${id} tr:first-child`;

describe.skipIf(CHROMIUM === undefined || !isBuilt)('the monitor pages (need a Chromium and the build)', () => {
  let browser: Browser;

  beforeAll(async () => {
    browser = await sharedChromium();
  });

  describe('of the session server', () => {
    it('shows within the page that a server is lost, first of all rows, and that it is back', async () => {
      const [first, second] = await startServers(10, 20);
      const { url } = await openSession([first!.entry, second!.entry]);
      await using visitor = await visit(browser, url);
      const { page } = visitor;
      await isLive(page);
      await expectText(page, '#summary', 'All 2 servers are available.');
      await page.evaluate('window.isSamePage = true');

      second!.answer = 'status500';
      await expectText(page, firstRow('servers'), `${second!.entry}unreachable: not responding`);
      await expectText(page, '#summary', 'Of 2 servers: 1 not responding.');
      await expectText(page, firstRow('transitions'), 'available → unreachable');
      second!.answer = 97;
      await expectText(page, firstRow('servers'), /overloaded: its machine is busy .* below 95%97%/);
      second!.answer = 5;
      await expectText(page, '#summary', 'All 2 servers are available.');
      expect(await page.locator('#servers svg path[d^="M"]').count()).toBe(4);

      expect(await page.evaluate('window.isSamePage')).toBe(true);
      expect(visitor.complaints).toEqual([]);
      expect([...visitor.hosts]).toEqual(['localhost']);
    });

    it('says that its stream is broken, and goes on when the server is back', async () => {
      const [server] = await startServers(10);
      const { session, url } = await openSession([server!.entry]);
      await using visitor = await visit(browser, url);
      const { page } = visitor;
      await isLive(page);
      expect(await page.locator('#banner').isVisible()).toBe(false);

      await session.system.stop();
      await expectText(page, '#banner', 'The connection to the server is lost');
      expect(await page.locator('#banner').isVisible()).toBe(true);
      server!.answer = 42;
      await openSession([server!.entry], session.port);
      await isLive(page);
      await expectText(page, '#mean-load', '42%');
      expect(await page.locator('#banner').isVisible()).toBe(false);
    });

    it.each([0, 1, 50])('has %i rows for as many servers', async (number) => {
      const servers = await startServers(...Array<LoadAnswer>(number).fill(3));
      const { url } = await openSession(servers.map(({ entry }) => entry));
      await using visitor = await visit(browser, url);
      await isLive(visitor.page);

      await expect.poll(() => rowsOf(visitor.page, 'servers').count(), BOUND).toBe(number);
      expect(visitor.complaints).toEqual([]);
    });

    it('breaks no word of a heading, a state or a figure at 1280 px', async () => {
      await using visitor = await visit(browser, 'about:blank', { viewport: { width: 1280, height: 720 } });
      const { page } = visitor;
      const status = {
        version: '10.20.30',
        platform: '',
        capacity: 100,
        running: 17,
        queued: 2,
        intake: 'open' as const,
      };
      const engine = 'embedded engine (not Webots: a small stand-in; controllers are not run)';
      const line = { entry: 'simulation-1.robots.example.org/2000', load: 97.5, reserved: 12.5, isJoined: true };
      const times = { answeredAt: 0, latency: 12, history: [97.5], status: { ...status, engine, repositories: null } };
      const message = {
        ...{ now: 60_000, time: '2025-03-04T06:07:08.000Z', meanLoad: 97.5, loadThreshold: 95, ssl: true, watchers: 1 },
        ...{ queued: 0, grants: 0, refusals: 0, transitions: [] },
        servers: [
          ...(['overloaded', 'unreachable'] as const).map((state) => ({ ...line, ...times, state })),
          { ...line, ...times, state: 'available' as const, entry: 'localhost:2000' },
        ],
      };
      await page.setContent(sessionDocument(message, '2025-03-04T05:06:07.000Z'));
      await page.addStyleTag({ path: fileURLToPath(new URL('../../src/web/monitor.css', import.meta.url)) });

      expect(await page.evaluate(BROKEN_WORDS)).toEqual([]);
      const name = page.getByRole('link', { name: 'localhost:2000' });
      expect(await name.evaluate((link) => link.getClientRects().length)).toBe(1);
    });

    it('keeps the focus while figures change', async () => {
      const [first, second] = await startServers(10, 20);
      const { url } = await openSession([first!.entry, second!.entry]);
      await using visitor = await visit(browser, url);
      const { page } = visitor;
      await isLive(page);
      await page.locator('#servers a', { hasText: second!.entry }).focus();

      second!.answer = 99;
      await expectText(page, firstRow('servers'), `${second!.entry}overloaded`);
      expect(await page.evaluate('document.activeElement.textContent')).toBe(second!.entry);
    });

    it('is live behind a path of a proxy, and complete without scripts', async () => {
      const [server] = await startServers(10);
      const { session } = await openSession([server!.entry]);
      const proxy = await startPrefixProxy(session.port, '/hub');
      opened.push(proxy);
      await using visitor = await visit(browser, `${proxy.url}/monitor`);
      await isLive(visitor.page);
      expect(visitor.complaints).toEqual([]);

      await using plain = await visit(browser, `${proxy.url}/monitor`, { javaScriptEnabled: false });
      await expectText(plain.page, '#live', /^As of \d\d:\d\d:\d\d UTC$/);
      expect(await rowsOf(plain.page, 'servers').textContent()).toContain('available10%');
    });
  });

  describe('of the simulation server', () => {
    it('fills its charts, and shows sessions as they come and go', async () => {
      const server = await openSimulation({ cpu: 50 });
      await using visitor = await visit(browser, `${server.url.replace('127.0.0.1', 'localhost')}/monitor`);
      const { page } = visitor;
      await isLive(page);
      await expect.poll(() => page.evaluate(CHART_HAS_LOAD), BOUND).toBe(true);
      expect(await page.locator('#static-chart').isVisible()).toBe(false);
      expect(await page.locator('.u-legend th').allTextContents()).toHaveLength(8 + 2 + 2);

      const client = await startClient(server);
      await expectText(page, firstRow('sessions'), /Session 1marbles\.wbtsimulating\.streaming/);
      await expectText(page, '#seated', '1 of 39');
      client.socket.close();
      await expect.poll(() => rowsOf(page, 'sessions').count(), BOUND).toBe(0);
      expect(visitor.complaints).toEqual([]);
      expect([...visitor.hosts]).toEqual(['localhost']);
    });

    it('ends a session by its button, from the list and from its own page; the client hears the reason', async () => {
      const server = await openSimulation();
      const [first, second] = [await startClient(server), await startClient(server)];
      await using visitor = await visit(browser, `${server.url}/monitor`);
      const { page } = visitor;
      await isLive(page);

      await page.getByRole('button', { name: 'End session 1' }).click();
      expect(await first.heard('error: ')).toBe('error: The operator of the simulation server ended the session.');
      expect(await first.closed).toBe(1000);
      await isLive(page);
      await page.getByRole('link', { name: 'Session 2' }).click();
      await expectText(page, '#timeline', 'connected.simulating.launching');
      await page.getByRole('button', { name: 'End this session' }).click();
      expect(await second.closed).toBe(1000);
      await isLive(page);
      expect(new URL(page.url()).pathname).toBe('/monitor');
      expect(visitor.complaints).toEqual([]);
    });

    it('drains and undrains by button', async () => {
      const server = await openSimulation();
      await using visitor = await visit(browser, `${server.url}/monitor`);
      const { page } = visitor;
      await page.getByRole('button', { name: 'Take no new simulations' }).click();
      await expectText(page, '#summary', 'The server is drained; it takes no new simulations.');
      expect(await server.load()).toBe('100');
      await page.getByRole('button', { name: 'Take simulations again' }).click();
      await expectText(page, '#summary', 'Simulations can be started.');
      expect(await server.load()).toBe('12.5');
      expect(visitor.complaints).toEqual([]);
    });

    it('shows a stranger no address and no order, until he signs in', async () => {
      const server = await openSimulation({ config: { adminToken: TOKEN } });
      const client = await startClient(server);
      await using visitor = await visit(browser, `${server.url}/monitor`, {
        ...FORWARDED,
        httpCredentials: { username: 'anybody', password: TOKEN, send: 'unauthorized' },
      });
      const { page } = visitor;
      await isLive(page);
      await expectText(page, firstRow('sessions'), /^1simulating\.streaming/);
      const html = await page.content();
      for (const secret of ['github.com', 'marbles', '127.0.0.', '<form']) expect(html).not.toContain(secret);

      await page.getByRole('link', { name: 'Sign in as operator' }).click();
      await isLive(page);
      await page.getByRole('button', { name: 'End session 1' }).click();
      expect(await client.closed).toBe(1000);
    });
  });

  it('have nothing in the way of anybody', { timeout: 120_000 }, async () => {
    const [first, second, third] = await startServers(10, 99, 'status500');
    const { url } = await openSession([first!.entry, second!.entry, third!.entry]);
    const server = await openSimulation({ config: { adminToken: TOKEN, title: 'Room', description: 'For all.' } });
    const client = await startClient(server);
    const [id = ''] = [...server.role.held().keys()];
    const monitor = `${server.url}/monitor`;

    const pages = [
      { url, options: {} },
      { url: monitor, options: {} },
      { url: monitor, options: FORWARDED },
      { url: `${monitor}/sessions/${id}`, options: {} },
    ];
    for (const [index, page] of pages.entries()) {
      await using visitor = await visit(browser, page.url, page.options);
      if (index < 3) await isLive(visitor.page);
      expect(await hindrances(visitor.page), page.url).toEqual([]);
      expect(visitor.complaints).toEqual([]);
    }
    client.socket.terminate();
  });
});

/** Whether the first chart has a point in the colour of its first line. */
const CHART_HAS_LOAD = `(() => {
  const canvas = document.querySelector('#charts canvas');
  const probe = document.createElement('canvas').getContext('2d');
  probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--series-1');
  probe.fillRect(0, 0, 1, 1);
  const wanted = probe.getImageData(0, 0, 1, 1).data;
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  for (let at = 0; at < data.length; at += 4) {
    if ([0, 1, 2, 3].every((part) => data[at + part] === wanted[part])) return true;
  }
  return false;
})()`;
