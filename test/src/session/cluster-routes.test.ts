import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { afterEach, describe, expect, it } from 'vitest';
import type { ClusterOrder } from '../../../src/operations/cluster-call.ts';
import { createSigner } from '../../../src/operations/cluster-signature.ts';
import { clusterRoutes, MOST_CALLS } from '../../../src/session/cluster-routes.ts';

const SECRET = 'correct-horse-battery';
const SERVER = { entry: 'host.example:2000', ssl: false };

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function startRoutes({
  problem = () => undefined as string | undefined,
  refusal = () => undefined as string | undefined,
  now = () => performance.now(),
} = {}) {
  const done: string[] = [];
  const app = new Koa();
  const routes = clusterRoutes({
    secret: SECRET,
    ssl: false,
    problem,
    now,
    onCall: (order, isTaken) => done.push(`${order} ${isTaken ? 'taken' : 'refused'}`),
    joined: {
      size: 0,
      has: () => false,
      refusal,
      async join(entry) {
        done.push(`joined ${entry}`);
        return refusal();
      },
      leave: (entry) => done.push(`left ${entry}`),
      lapse: () => {},
      ended: () => undefined,
    },
  });
  app.use(routes.routes());
  const server = createServer(app.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Sends a body with whatever header, e.g. one that was signed for another call. */
  async function send(order: string, body: string, authorization?: string) {
    const response = await fetch(`http://127.0.0.1:${port}/cluster/${order}`, {
      method: 'POST',
      headers: authorization === undefined ? {} : { Authorization: authorization },
      body,
    });
    return [response.status, await response.text()];
  }
  const sign = createSigner(SECRET);
  const call = (order: ClusterOrder, server: unknown = SERVER, signer = sign) => {
    const body = typeof server === 'string' ? server : JSON.stringify(server);
    return send(order, body, signer({ method: 'POST', path: `/cluster/${order}` }, body));
  };
  return { done, send, call, sign, url: `http://127.0.0.1:${port}` };
}

describe('/cluster', () => {
  it('takes servers that join and leave, and tells whether one could', async () => {
    const { call, done } = await startRoutes();

    expect([await call('check'), await call('join'), await call('leave')]).toEqual([
      [200, ''],
      [200, ''],
      [200, ''],
    ]);
    expect(done).toEqual([
      'check taken',
      'joined host.example:2000',
      'join taken',
      'left host.example:2000',
      'leave taken',
    ]);
  });

  it('tells nothing to who does not know the secret, and does not wait for what he sends', async () => {
    const { call, send, sign, done } = await startRoutes();
    const body = JSON.stringify(SERVER);
    const signed = sign({ method: 'POST', path: '/cluster/leave' }, body);

    expect([
      await send('join', body),
      await send('join', body, 'Bearer nonsense'),
      await send('join', body, signed),
      await call('join', SERVER, createSigner('another-horse-battery')),
      await send('leave', body.replace('2000', '2001'), signed),
    ]).toEqual(Array(5).fill([401, '']));
    expect(done).toEqual(['leave refused']);
    expect((await send('other', body))[0]).toBe(404);
  });

  it.each(['GET', 'OPTIONS', 'PUT'])(
    'knows no method but POST, and lets no page of another origin use it (%s)',
    async (method) => {
      const { url, done } = await startRoutes();
      const response = await fetch(`${url}/cluster/join`, { method });

      expect([response.status, response.headers.get('allow'), done]).toEqual([405, 'POST', []]);
    },
  );

  it('says by how much a clock is wrong', async () => {
    const { call } = await startRoutes();

    expect(
      await call(
        'join',
        SERVER,
        createSigner(SECRET, () => Date.now() + 3_600_000),
      ),
    ).toEqual([
      403,
      'Expected a clock that differs by at most 60 s from that of the session server, got one that is 3600 s ahead.',
    ]);
    expect(
      (
        await call(
          'join',
          SERVER,
          createSigner(SECRET, () => Date.now() - 3_600_000),
        )
      )[1],
    ).toContain('3600 s behind');
  });

  it('takes no call twice, and none that is older than the last one of the same server', async () => {
    const { send, sign, done } = await startRoutes();
    const body = JSON.stringify(SERVER);
    const join = sign({ method: 'POST', path: '/cluster/join' }, body);
    const leave = sign({ method: 'POST', path: '/cluster/leave' }, body);

    expect((await send('leave', body, leave))[0]).toBe(200);
    for (const [order, header] of [
      ['leave', leave],
      ['join', join],
    ] as const) {
      expect(await send(order, body, header)).toEqual([409, 'Expected a later time than that of the call before.']);
    }
    const other = JSON.stringify({ ...SERVER, entry: 'other.example:2000' });
    expect((await send('join', other, sign({ method: 'POST', path: '/cluster/join' }, other)))[0]).toBe(200);
    expect(done.filter((line) => line.startsWith('joined'))).toEqual(['joined other.example:2000']);
  });

  it.each([['hub.example:8443/2000'], ['host.example/2000'], ['10.0.0.1:65535'], ['[fd00::6]:2000'], ['a:1']])(
    'takes the entry %s',
    async (entry) => {
      const { call } = await startRoutes();

      expect(await call('join', { ...SERVER, entry })).toEqual([200, '']);
    },
  );

  it('takes names of hosts in any case for the same', async () => {
    const { call, done } = await startRoutes();
    await call('join', { ...SERVER, entry: 'Lab7.Example/2000' });

    expect(done).toContain('joined lab7.example/2000');
  });

  it.each<[string, unknown, string]>([
    ['no JSON', 'nonsense', 'Expected a body in JSON.'],
    ['null', null, 'Expected `entry` to be "host:port" or "host/port", got nothing.'],
    ['a host alone', { ...SERVER, entry: 'host' }, 'got "host".'],
    ['a scheme', { ...SERVER, entry: 'http://host:1' }, 'got "http://host:1".'],
    ['a path', { ...SERVER, entry: 'host:1/x' }, 'got "host:1/x".'],
    ['credentials', { ...SERVER, entry: 'user@host:1' }, 'got "user@host:1".'],
    ['markup', { ...SERVER, entry: '<b>:1' }, 'got "<b>:1".'],
    ['a port that is none', { ...SERVER, entry: 'host:65536' }, 'got "host:65536".'],
    ['a long name', { ...SERVER, entry: `${'x'.repeat(300)}:1` }, 'Expected `entry` to be'],
    ['no ssl', { entry: 'host:1' }, 'Expected `ssl` to be true or false, got nothing.'],
  ])('refuses %s', async (_, server, words) => {
    const { call, done } = await startRoutes();
    const [status, text] = await call('join', server);

    expect([status, text]).toEqual([400, expect.stringContaining(words)]);
    expect(done).toEqual(['join refused']);
  });

  it('refuses a server that clients reach otherwise than all others', async () => {
    const { call } = await startRoutes();

    expect(await call('join', { ...SERVER, ssl: true })).toEqual([
      409,
      'Expected `ssl` to be false, as the session server has it, got true.',
    ]);
  });

  it('refuses in words where nobody may join now', async () => {
    const stopping = await startRoutes({ problem: () => 'The session server is being stopped.' });
    const full = await startRoutes({ refusal: () => 'Full.' });

    for (const order of ['check', 'join'] as const) {
      expect(await stopping.call(order)).toEqual([503, 'The session server is being stopped.']);
      expect(await full.call(order)).toEqual([503, 'Full.']);
    }
    expect((await stopping.call('leave'))[0]).toBe(200);
  });

  it('reads no long body', async () => {
    const { call } = await startRoutes();

    expect(await call('join', { ...SERVER, more: 'x'.repeat(2_000) })).toEqual([
      413,
      'Expected at most 1024 bytes, got more.',
    ]);
  });

  it('looks at no more calls in a second than all servers need', async () => {
    let now = 0;
    const { call } = await startRoutes({ now: () => now });
    const statusesOf = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => call('check')));
      return answers.map(([status]) => status);
    };

    expect(await statusesOf(MOST_CALLS)).toEqual(Array(MOST_CALLS).fill(200));
    expect(await call('join')).toEqual([429, 'Expected at most 100 calls in a second.']);
    now = 1_000;
    expect(await statusesOf(1)).toEqual([200]);
  });
});
