import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import Router from 'koa-router';
import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { trustedProxies } from '../../../src/operations/client-address.ts';
import { EventStream } from '../../../src/operations/event-stream.ts';
import type { ServerView } from '../../../src/session/choose-server.ts';
import type { Pages } from '../../../src/session/pages.ts';
import { type SessionAppFacts, sessionApp } from '../../../src/session/session-app.ts';

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'x-requested-with',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
};
const server: ServerView = { entry: 'h.example/2000', state: 'available', load: 1, reserved: 0 };
const pages: Pages = {
  start: () => ({ body: '<h1>start</h1>', type: 'text/html; charset=UTF-8', headers: { 'x-page': 'start' } }),
  asset: (path) =>
    path === '/app.js'
      ? { body: Buffer.from('run()'), type: 'text/javascript', headers: { ETag: '"1"', 'Cache-Control': 'no-cache' } }
      : undefined,
};

describe('sessionApp', () => {
  it.each([
    { ssl: true, body: 'wss://h.example/2000' },
    { ssl: false, body: 'ws://h.example/2000' },
  ])('answers /session with exactly $body', async ({ ssl, body }) => {
    await using app = await startApp({ ssl });

    for (const path of ['/session', '/session?url=https://github.com/o/r/blob/main/worlds/w.wbt']) {
      const response = await app.get(path);
      expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
        200,
        'text/html; charset=UTF-8',
        body,
      ]);
    }
    expect(app.granted).toEqual([server, server]);
  });

  it('answers /session with status 200 and the words that clients show where no server is available', async () => {
    await using app = await startApp({ choose: () => ({ refusal: 'noneAvailable' }) });
    const response = await app.get('/session');

    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/html; charset=UTF-8',
      'Error: no simulation server available at the moment.',
    ]);
    expect(app.granted).toEqual([]);
  });

  it('tells a client whose world no server here runs that it is so', async () => {
    const asked: unknown[] = [];
    await using app = await startApp({
      choose: (world) => {
        asked.push(world);
        return { refusal: 'noneAllows' };
      },
    });
    const response = await app.get('/session?url=https://github.com/o/r/blob/main/worlds/w.wbt');

    expect([response.status, await response.text()]).toEqual([
      200,
      'Error: no simulation server here runs worlds of this repository.',
    ]);
    expect(asked).toEqual([expect.arrayContaining(['["github.com","o","r"]'])]);
    expect(app.refused).toHaveLength(1);
  });

  it('grants nothing to HEAD', async () => {
    await using app = await startApp();
    const response = await app.get('/session', { method: 'HEAD' });

    expect([response.status, response.headers.get('content-length'), await response.text()]).toEqual([200, '20', '']);
    expect(app.granted).toEqual([]);
  });

  it('answers /load with the mean load', async () => {
    await using app = await startApp({ loadText: () => '25.125' });
    const response = await app.get('/load');

    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      200,
      'text/html; charset=UTF-8',
      '25.125',
    ]);
  });

  it('answers /monitor with the page and its headers', async () => {
    await using app = await startApp({
      monitorPage: () => ({ body: 'monitor', type: 'text/html; charset=UTF-8', headers: { 'x-page': 'monitor' } }),
    });
    const response = await app.get('/monitor');

    expect([response.status, response.headers.get('x-page'), await response.text()]).toEqual([
      200,
      'monitor',
      'monitor',
    ]);
  });

  it('streams events of the monitor to as many viewers as it may, and refuses one more with 503', async () => {
    await using app = await startApp({ monitorEvents: new EventStream(() => 'news', fail, { viewers: 1 }) });
    const head = await app.get('/monitor/events', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=UTF-8']);

    const viewer = request({ host: '127.0.0.1', port: app.port, path: '/monitor/events', agent: false }).end();
    const [response] = (await once(viewer, 'response')) as [IncomingMessage];
    const [text] = await once(response.setEncoding('utf8'), 'data');
    expect([response.headers['access-control-allow-origin'], text]).toEqual(['*', 'data: "news"\n\n']);
    expect((await app.get('/monitor/events')).status).toBe(503);
  });

  it('counts those for whom there is no server, but not who only asks', async () => {
    await using app = await startApp({ choose: () => ({ refusal: 'noneAvailable' }) });
    await app.get('/session');
    await app.get('/session', { method: 'HEAD' });

    expect(app.refused).toHaveLength(1);
  });

  it.each([
    { accept: undefined, available: true, body: '1' },
    { accept: '*/*', available: false, body: '0' },
    { accept: 'text/plain, text/*;q=0.5', available: true, body: '1' },
    { accept: 'text/html;q=0, */*', available: true, body: '1' },
    { accept: 'text/html', available: true, body: '<h1>start</h1>' },
    { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', available: true, body: '<h1>start</h1>' },
    { accept: 'application/json, text/html;q=0.1', available: true, body: '<h1>start</h1>' },
  ])('answers / with $body to "Accept: $accept"', async ({ accept, available, body }) => {
    await using app = await startApp({ isAvailable: () => available });
    const response = await app.get('/', { accept });

    expect([response.status, response.headers.get('vary'), await response.text()]).toEqual([200, 'Accept', body]);
  });

  it('lets every page of every origin read everything, also what is not found', async () => {
    await using app = await startApp();

    for (const path of ['/', '/session', '/load', '/monitor', '/app.js', '/nowhere']) {
      const { headers } = await app.get(path);
      expect(Object.fromEntries([...headers].filter(([name]) => name in CORS))).toEqual(CORS);
    }
  });

  it.each(['/', '/session', '/load', '/monitor', '/monitor/events', '/app.js'])(
    'answers OPTIONS %s with 204, and POST with 405',
    async (path) => {
      await using app = await startApp();
      const options = await app.get(path, { method: 'OPTIONS' });
      const post = await app.get(path, { method: 'POST' });

      expect([options.status, options.headers.get('allow'), await options.text()]).toEqual([
        204,
        'GET, HEAD, OPTIONS',
        '',
      ]);
      expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
      expect(app.granted).toEqual([]);
    },
  );

  it.each(['/nowhere', '/Session', '/session/', '//', '/%', '/..%2f', '/session%00'])(
    'answers %s with 404',
    async (path) => {
      await using app = await startApp();

      expect((await app.get(path)).status).toBe(404);
    },
  );

  it('answers a URL that is too long with 414', async () => {
    await using app = await startApp();

    expect((await app.get(`/session?url=${'w'.repeat(8_192)}`)).status).toBe(414);
    expect(app.granted).toEqual([]);
  });

  it('answers with an asset, and with 304 to a browser that has it', async () => {
    await using app = await startApp();
    const fresh = await app.get('/app.js');
    const known = await app.get('/app.js', { 'if-none-match': '"1"' });

    expect([fresh.status, fresh.headers.get('content-type'), fresh.headers.get('cache-control')]).toEqual([
      200,
      'text/javascript',
      'no-cache',
    ]);
    expect(await fresh.text()).toBe('run()');
    expect(known.status).toBe(304);
  });

  it('answers an unexpected error with 500, without its words', async () => {
    const errors: unknown[] = [];
    await using app = await startApp({
      loadText: () => {
        throw new Error('secret');
      },
      onError: (error) => errors.push(error),
    });
    const response = await app.get('/load');

    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([500, '*']);
    expect(await response.text()).not.toContain('secret');
    expect(errors).toEqual([new Error('secret')]);
  });

  it('serves what pages name also where a router does something for all its routes', async () => {
    const inspect = new Router().use((_, next) => next());
    inspect.get('/inspect', (ctx) => {
      ctx.body = 'inspector';
    });
    await using app = await startApp({
      inspect,
      pages: { start: pages.start, asset: () => ({ body: 'x', type: 'text/css' }) },
    });

    expect((await app.get('/pages/web/start.css')).status).toBe(200);
    expect(await (await app.get('/inspect')).text()).toBe('inspector');
    expect((await app.get('/session', { method: 'POST' })).status).toBe(405);
  });
});

/** As `fetch`, which adds an `Accept` header and tidies paths. */
async function send(port: number, path: string, method: string, given: Record<string, string | undefined>) {
  const named = Object.entries(given).filter((header): header is [string, string] => header[1] !== undefined);
  const outgoing = request({ host: '127.0.0.1', port, path, method, headers: Object.fromEntries(named), agent: false });
  outgoing.end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const body = (await response.toArray()).join('');
  const headers = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
  return { status: response.statusCode, headers, text: async () => body };
}

function fail(error: unknown): never {
  throw error;
}

async function startApp(facts: Partial<SessionAppFacts> = {}) {
  const granted: ServerView[] = [];
  const refused: ServerView[] = [];
  const monitorEvents = facts.monitorEvents ?? new EventStream(() => 'news', fail);
  const app = sessionApp({
    ssl: true,
    isAvailable: () => true,
    choose: () => ({ server }),
    grant: (view) => granted.push(view),
    refuse: () => refused.push(server),
    loadText: () => '1',
    monitorPage: () => ({ body: '', type: 'text/html' }),
    metrics: new Registry(),
    problem: () => undefined,
    trusted: trustedProxies([]),
    pages,
    monitorEvents,
    onError: fail,
    ...facts,
  });
  const http = createServer(app.callback());
  http.listen(0, '127.0.0.1');
  await once(http, 'listening');
  const { port } = http.address() as AddressInfo;
  return {
    granted,
    refused,
    port,
    /** `method` and headers by name; what is undefined is left out. */
    get: (path: string, { method = 'GET', ...headers }: Record<string, string | undefined> = {}) =>
      send(port, path, method, headers),
    async [Symbol.asyncDispose]() {
      monitorEvents.close();
      const closed = once(http, 'close');
      http.close();
      http.closeAllConnections();
      await closed;
    },
  };
}
