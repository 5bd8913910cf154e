import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createServerStatuses } from '../../../src/session/server-statuses.ts';

const STATUS = { version: '1.2.3', engine: 'stand-in', capacity: 10, running: 2, queued: 0, intake: 'open' };

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function watch(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const changes = vi.fn();
  const statuses = createServerStatuses(false, changes);
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
    statuses.ask(entry);
    await vi.waitFor(() => expect(statuses.of(entry)).toEqual(STATUS));
    running = 3;
    statuses.ask(entry);
    await vi.waitFor(() => expect(statuses.of(entry)?.running).toBe(3));

    statuses.forget(entry);

    expect(statuses.of(entry)).toBeUndefined();
    expect(changes).toHaveBeenCalledTimes(2);
  });

  it('are asked for once at a time, and seldom of a server that has none', async () => {
    let requests = 0;
    const { statuses, entry } = await watch((_, response) => {
      requests++;
      response.writeHead(404).end();
    });
    for (let times = 0; times < 5; times++) statuses.ask(entry);
    await vi.waitFor(() => expect(requests).toBe(1));
    // As many as there are load polls in five minutes.
    await vi.waitFor(() => {
      for (let times = 0; times < 60; times++) statuses.ask(entry);
      expect(requests).toBeGreaterThan(1);
    });
    expect(requests).toBeLessThan(5);
    expect(statuses.of(entry)).toBeUndefined();
  });

  it.each(['nonsense', '{"version":1}', 'x'.repeat(5_000)])('are not made of the answer %s', async (text) => {
    let requests = 0;
    const { statuses, changes, entry } = await watch((_, response) => {
      requests++;
      response.end(text);
    });
    // Asked again, it has told what to make of its first answer.
    await vi.waitFor(() => {
      for (let times = 0; times < 10; times++) statuses.ask(entry);
      expect(requests).toBe(2);
    });

    expect(statuses.of(entry)).toBeUndefined();
    expect(changes).not.toHaveBeenCalled();
  });
});
