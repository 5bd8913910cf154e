import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { fakeEngine } from '../fixtures/fake-engine.ts';
import { startFaultyServer, WORLD } from '../fixtures/faulty-server.ts';
import { startLoadServer } from '../fixtures/load-server.ts';
import { startSession } from '../fixtures/session-server.ts';

/** Longest wait for a figure to change, in ms. */
const BOUND = { timeout: 15_000, interval: 20 };

const DASHBOARD = new URL('../../docs/deployment/grafana.json', import.meta.url);
const DOCUMENT = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');

/** Figures by their names with labels, without those of the role. */
async function figures(url: string): Promise<ReadonlyMap<string, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new Map(
    [...text.matchAll(/^(\w+(?:\{.*\})?) (\S+)$/gm)].map(([, name = '', value]) => [
      name
        .replace(/role="\w+",?/, '')
        .replace(/,?\}$/, '}')
        .replace('{}', ''),
      Number(value),
    ]),
  );
}

const namesOf = (found: ReadonlyMap<string, number>) =>
  new Set(
    [...found.keys()]
      .filter((name) => name.startsWith('webots_hub_'))
      .map((name) => name.replace(/(_bucket|_sum|_count)?(\{.*)?$/, '')),
  );

describe('/metrics of a simulation server', () => {
  it('counts sessions by stage, ends by reason, and the time of each stage', async () => {
    await using server = await startFaultyServer({ engine: fakeEngine('crashLater') });
    const client = await server.connect();
    expect(await figures(server.url)).toMatchObject({ size: expect.any(Number) });
    await vi.waitFor(
      async () => expect((await figures(server.url)).get('webots_hub_sessions{stage="waiting"}')).toBe(1),
      BOUND,
    );
    client.start(WORLD);
    await client.heard('webots:');
    const streaming = await figures(server.url);
    expect(streaming.get('webots_hub_sessions{stage="streaming"}')).toBe(1);
    expect(streaming.get('webots_hub_accepting')).toBe(1);
    expect(streaming.get('webots_hub_load_ratio{part="cpu"}')).toBe(0.125);

    await server.say('');
    await client.closed;
    await vi.waitFor(async () => {
      const found = await figures(server.url);
      expect(found.get('webots_hub_sessions_ended_total{reason="engineCrashed",streamed="true"}')).toBe(1);
      expect(found.get('webots_hub_session_stage_seconds_count{stage="fetching"}')).toBe(1);
      expect(found.get('webots_hub_session_stage_seconds_bucket{le="+Inf",stage="streaming"}')).toBe(1);
      expect(found.get('webots_hub_sessions{stage="streaming"}')).toBe(0);
    }, BOUND);
  });

  it('is for whom the monitor is', async () => {
    await using closed = await startFaultyServer({ config: { monitor: 'off' } });
    expect((await fetch(`${closed.url}/metrics`)).status).toBe(404);
    await using guarded = await startFaultyServer({ config: { monitor: 'token', adminToken: '0123456789abcdef' } });
    const headers = { 'X-Forwarded-For': '192.0.2.1' };
    expect((await fetch(`${guarded.url}/metrics`, { headers })).status).toBe(401);
    const known = { ...headers, Authorization: 'Bearer 0123456789abcdef' };
    expect((await fetch(`${guarded.url}/metrics`, { headers: known })).status).toBe(200);
  });

  it('is documented figure by figure, with the session server’s', async () => {
    await using server = await startFaultyServer();
    await using session = await startSession(['localhost:9']);
    const url = `http://localhost:${session.port}`;
    const names = new Set([...namesOf(await figures(server.url)), ...namesOf(await figures(url))]);
    const documented = [...DOCUMENT.matchAll(/^\| `(webots_hub_\w+)` /gm)].map(([, name]) => name);
    // Those with labels that have not come yet are not told.
    expect(documented).toEqual(expect.arrayContaining([...names]));
    expect(new Set(documented).size).toBe(documented.length);
    expect(existsSync(DASHBOARD)).toBe(true);
    const used = [...readFileSync(DASHBOARD, 'utf8').matchAll(/webots_hub_\w+?(?=_bucket|_sum|_count|\W)/g)].map(
      ([name]) => name,
    );
    expect(used.length).toBeGreaterThan(5);
    expect(documented).toEqual(expect.arrayContaining(used));
  });
});

describe('/metrics of a session server', () => {
  it('counts servers by state, clients by outcome, and answers', async () => {
    await using up = await startLoadServer(5);
    await using session = await startSession([up.entry, 'localhost:9']);
    const url = `http://localhost:${session.port}`;
    await vi.waitFor(async () => {
      const found = await figures(url);
      expect(found.get('webots_hub_simulation_servers{state="available"}')).toBe(1);
      expect(found.get('webots_hub_simulation_servers{state="unreachable"}')).toBe(1);
    }, BOUND);
    await fetch(`${url}/session`);

    const found = await figures(url);
    expect(found.get('webots_hub_clients_total{outcome="granted"}')).toBe(1);
    expect(found.get('webots_hub_clients_total{outcome="refused"}')).toBe(0);
    expect(found.get('webots_hub_load_poll_seconds_count')).toBeGreaterThan(0);
    expect(found.get('webots_hub_load_polls_failed_total')).toBeGreaterThan(0);
  });
});

describe('/health', () => {
  it('is live and ready while clients are taken, and not ready while they are not', async () => {
    await using server = await startFaultyServer();
    const ask = async (path: string) => {
      const response = await fetch(`${server.url}/health/${path}`);
      return [response.status, await response.text()];
    };
    expect([await ask('live'), await ask('ready')]).toEqual([
      [200, 'ok'],
      [200, 'ok'],
    ]);
    await fetch(`${server.url}/monitor/drain`, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'Sec-Fetch-Site': 'same-origin' },
    });

    expect([await ask('live'), await ask('ready')]).toEqual([
      [200, 'ok'],
      [503, 'The simulation server takes no new simulations at the moment.'],
    ]);
  });
});
