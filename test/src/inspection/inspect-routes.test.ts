import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterEach, describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { type SupervisorRef, supervisor } from '../../../machines/supervisor.ts';
import { inspectRoutes, pageOf } from '../../../src/inspection/inspect-routes.ts';
import { createInspector } from '../../../src/inspection/inspector.ts';
import { MOST_ENTRIES, recordedSource } from '../../../src/inspection/parts.ts';
import type { Recording, RecordingPart } from '../../../src/inspection/recording.ts';
import { createLogger } from '../../../src/log.ts';

const assets = {
  asset: (path: string) => (path.endsWith('inspect.html') ? { body: '<p>page', type: 'text/html' } : undefined),
};
const log = createLogger({ level: 'silent' });
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that, like the session server, lets every page read what it answers. */
async function serve(routes: ReturnType<typeof inspectRoutes>) {
  const app = new Koa();
  app.use((ctx, next) => {
    ctx.set('Access-Control-Allow-Origin', '*');
    return next();
  });
  app.use(routes.routes());
  const server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return (path: string, init: RequestInit = {}) => fetch(`${base}${path}`, { redirect: 'manual', ...init });
}

async function serveLive(adminToken?: string) {
  const root = createActor(supervisor({ now: () => 0 }), { id: 'root' }).start() as unknown as SupervisorRef;
  closers.push(() => root.send({ type: 'stop' }));
  const inspector = createInspector('1.2.3');
  inspector.attach(root);
  const ask = await serve(pageOf(inspector, { assets, adminToken, log })!);
  const part = async (query: string) => (await (await ask(`/inspect/part?${query}`)).json()) as RecordingPart;
  return { root, inspector, ask, part };
}

const STRANGER = { headers: { 'X-Forwarded-For': '192.0.2.1' } };
const PATHS = ['/inspect', '/inspect/part', '/inspect/recording', '/inspect/charts/clientSession'];

describe('/inspect', () => {
  it.each(PATHS)('shows %s to who is on this machine, and to no page of another server', async (path) => {
    const { ask } = await serveLive();
    const response = await ask(path);

    expect(response.status).toBe(200);
    expect(response.headers.get('Access-Control-Allow-Origin')).toBeNull();
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(response.headers.get('Content-Security-Policy')).toContain("default-src 'none'");
  });

  it.each(PATHS)('hides %s from strangers', async (path) => {
    const withToken = await serveLive('0123456789abcdef');
    const without = await serveLive();

    const asked = await withToken.ask(path, STRANGER);
    expect([asked.status, asked.headers.get('WWW-Authenticate')]).toEqual([401, expect.stringContaining('Basic')]);
    expect((await without.ask(path, STRANGER)).status).toBe(403);
    const headers = { ...STRANGER.headers, Authorization: 'Bearer 0123456789abcdef' };
    expect((await withToken.ask(path, { headers })).status).toBe(200);
  });

  it('tells what happened since, and everything anew where that is not known', async () => {
    const { inspector, part, root } = await serveLive();
    expect(await part('after=0')).toMatchObject({ isOn: false, entries: [] });
    inspector.turnOn();

    const first = await part('after=0');
    expect(first).toMatchObject({ isOn: true, isAnew: true, hasMore: false, version: '1.2.3' });
    expect(first.entries.map(({ n }) => n)).toEqual([1, 2]);
    root.send({ type: 'unknown' } as never);
    const known = `of=${encodeURIComponent(first.startedOn)}`;
    const next = await part(`after=2&${known}`);
    expect([next.isAnew, next.entries.map(({ n }) => n)]).toEqual([false, [3, 4]]);
    expect((await part(`after=99&${known}`)).isAnew).toBe(true);
    expect((await part(`after=nonsense&${known}`)).entries).toHaveLength(4);
  });

  it('gives large recordings in parts', async () => {
    const { inspector, part, root } = await serveLive();
    inspector.turnOn();
    for (let index = 0; index < MOST_ENTRIES; index++) root.send({ type: 'unknown' } as never);

    const first = await part('after=0');
    const second = await part(`after=${MOST_ENTRIES}&of=${encodeURIComponent(first.startedOn)}`);

    expect([first.entries.length, first.hasMore]).toEqual([MOST_ENTRIES, true]);
    expect(second.entries[0]?.n).toBe(MOST_ENTRIES + 1);
  });

  it('is switched by operators on this server’s own pages only', async () => {
    const { inspector, ask } = await serveLive();
    const order = (path: string, headers: Record<string, string>) => ask(path, { method: 'POST', headers });
    const own = { 'Sec-Fetch-Site': 'same-origin' };

    expect((await order('/inspect/on', { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await order('/inspect/on', { ...own, ...STRANGER.headers })).status).toBe(403);
    expect(inspector.isOn).toBe(false);
    const answer = await order('/inspect/on', own);
    expect([answer.status, answer.headers.get('Location'), inspector.isOn]).toEqual([303, '../inspect', true]);
    await order('/inspect/off', own);
    expect(inspector.isOn).toBe(false);
  });

  it('has drawings of the machines, and of nothing else', async () => {
    const { ask } = await serveLive();

    expect(await (await ask('/inspect/charts/webotsProcess')).text()).toContain('<svg');
    for (const name of ['nothing', '..%2fREADME', 'client-session']) {
      expect((await ask(`/inspect/charts/${name}`)).status).toBe(404);
    }
  });

  it('shows what was exported as it was live', async () => {
    const { inspector, ask, part, root } = await serveLive();
    inspector.turnOn();
    root.send({ type: 'unknown' } as never);
    const live = await part('after=0');
    const response = await ask('/inspect/recording');
    expect(response.headers.get('Content-Disposition')).toContain('webots-hub-recording.json');
    const recording = (await response.json()) as Recording;

    const replayed = await serve(inspectRoutes({ source: recordedSource(recording), assets, adminToken: undefined }));
    const shown = (await (await replayed('/inspect/part?after=0')).json()) as RecordingPart;

    expect(shown.entries).toEqual(live.entries);
    expect(shown).toMatchObject({ isOn: false, isAnew: true, startedOn: live.startedOn });
    const own = { 'Sec-Fetch-Site': 'same-origin' };
    expect((await replayed('/inspect/on', { method: 'POST', headers: own })).status).toBe(404);
  });

  it('shows an excerpt, between whose numbers there are gaps', async () => {
    const numbers = Array.from({ length: MOST_ENTRIES + 10 }, (_, index) => 100 + 7 * index);
    const entries = numbers.map((n) => ({ n, at: n, type: 'event', to: 'x:0', event: 'look' }) as const);
    const recording: Recording = { format: 1, startedOn: 'once', version: '1.2.3', baseline: [], entries };
    const ask = await serve(inspectRoutes({ source: recordedSource(recording), assets, adminToken: undefined }));
    const part = async (query: string) => (await (await ask(`/inspect/part?${query}`)).json()) as RecordingPart;

    const first = await part('after=0');
    expect([first.isAnew, first.hasMore, first.entries]).toEqual([true, true, entries.slice(0, MOST_ENTRIES)]);
    const next = await part(`after=${first.entries.at(-1)?.n}&of=once`);
    expect([next.isAnew, next.hasMore, next.entries]).toEqual([false, false, entries.slice(MOST_ENTRIES)]);
    const last = await part(`after=${numbers.at(-1)}&of=once`);
    expect([last.isAnew, last.hasMore, last.entries]).toEqual([false, false, []]);
  });
});
