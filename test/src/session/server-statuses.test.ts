import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createServerStatuses } from '../../../src/session/server-statuses.ts';

const STATUS = {
  version: '1.2.3',
  platform: 'linux x64',
  engine: 'stand-in',
  capacity: 10,
  running: 2,
  queued: 0,
  intake: 'open',
  repositories: { allowed: ['https://github.com/team'], blocked: [], shareIdleTime: 50, docker: false },
};

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function watch(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const changes = vi.fn();
  const statuses = createServerStatuses({ isTls: false, headers: () => ({ 'x-who': 'me' }), onChange: changes });
  closers.push(() => {
    statuses.close();
    server.closeAllConnections();
    server.close();
  });
  return { statuses, changes, entry: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('the statuses of simulation servers', () => {
  it('are what each said last, until it is forgotten', async () => {
    let running = 2;
    const { statuses, changes, entry } = await watch((_, response) =>
      response.end(JSON.stringify({ ...STATUS, running })),
    );
    void statuses.ask(entry);
    await vi.waitFor(() => expect(statuses.of(entry)).toEqual(STATUS));
    running = 3;
    void statuses.ask(entry);
    await vi.waitFor(() => expect(statuses.of(entry)?.running).toBe(3));

    statuses.forget(entry);

    expect([statuses.of(entry), statuses.rulesOf(entry)]).toEqual([undefined, undefined]);
    expect(changes.mock.calls).toEqual([[entry], [entry]]);
  });

  it('are not waited for where there is no time left', async () => {
    const { statuses, entry } = await watch(() => {});
    await statuses.ask(entry, 0);

    expect(statuses.of(entry)).toBeUndefined();
  });

  it('have their prefixes read, and are asked for with the headers that say who asks', async () => {
    const seen: unknown[] = [];
    const { statuses, entry } = await watch(({ headers }, response) => {
      seen.push(headers['x-who']);
      response.end(JSON.stringify(STATUS));
    });
    await statuses.ask(entry);

    expect(statuses.rulesOf(entry)).toEqual({
      allowed: new Set(['["github.com","team"]']),
      blocked: new Set(),
      shareIdleTime: 0,
    });
    expect(seen).toEqual(['me']);
  });

  it('are waited for once, and a server that says nothing has a second then', async () => {
    const { statuses, entry } = await watch(() => {});

    await statuses.ask(entry);
    await statuses.ask(entry);

    expect(statuses.of(entry)).toBeUndefined();
  });

  it('are gone when a server has none any more, which is told', async () => {
    let isThere = true;
    const { statuses, changes, entry } = await watch((_, response) =>
      isThere ? response.end(JSON.stringify(STATUS)) : response.writeHead(404).end(),
    );
    await statuses.ask(entry);
    expect(statuses.of(entry)).toEqual(STATUS);
    isThere = false;
    await statuses.ask(entry);

    await vi.waitFor(() => expect(changes).toHaveBeenCalledTimes(2));
    expect(statuses.of(entry)).toBeUndefined();
  });

  it('are not heard any more of a server that was forgotten while it was asked', async () => {
    let answer: () => void = () => {};
    const asked = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { statuses, changes, entry } = await watch((_, response) => {
      answer();
      setImmediate(() => response.end(JSON.stringify(STATUS)));
    });
    const answered = statuses.ask(entry);
    await asked;
    statuses.forget(entry);
    await answered;

    expect(statuses.of(entry)).toBeUndefined();
    expect(changes).not.toHaveBeenCalled();
  });

  it('are asked for once at a time, and seldom of a server that has none', async () => {
    let requests = 0;
    const { statuses, entry } = await watch((_, response) => {
      requests++;
      response.writeHead(404).end();
    });
    for (let times = 0; times < 5; times++) void statuses.ask(entry);
    await vi.waitFor(() => expect(requests).toBe(1));
    // As many as there are load polls in five minutes.
    await vi.waitFor(() => {
      for (let times = 0; times < 60; times++) void statuses.ask(entry);
      expect(requests).toBeGreaterThan(1);
    });
    expect(requests).toBeLessThan(5);
    expect(statuses.of(entry)).toBeUndefined();
  });

  it.each([
    ['words', 'nonsense'],
    ['something else in JSON', '{"version":1}'],
    ['more than is read', 'x'.repeat(150_000)],
  ])('are not made of %s', async (_, text) => {
    let requests = 0;
    const { statuses, changes, entry } = await watch((_, response) => {
      requests++;
      response.end(text);
    });
    // Asked again, it has told what to make of its first answer.
    await vi.waitFor(() => {
      for (let times = 0; times < 10; times++) void statuses.ask(entry);
      expect(requests).toBe(2);
    });

    expect(statuses.of(entry)).toBeUndefined();
    expect(changes).not.toHaveBeenCalled();
  });
});
