import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EventStream, type EventStreamLimits } from '../../../src/operations/event-stream.ts';

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A stream behind a real server; `message` counts how often it was made. */
async function startStream(limits: Partial<EventStreamLimits> = {}, content: () => unknown = () => 'x') {
  const message = vi.fn(content);
  const errors: unknown[] = [];
  const stream = new EventStream(message, (error) => errors.push(error), { interval: 5, ...limits });
  const server = createServer((_, response) => stream.add(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    stream.close();
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function view(localAddress = '127.0.0.1') {
    const [response] = (await once(get(url, { localAddress }), 'response')) as [IncomingMessage];
    let text = '';
    response.on('error', () => {});
    const closed = new Promise((resolve) => response.once('close', resolve));
    const listen = () => response.setEncoding('utf8').on('data', (part: string) => (text += part));
    return { response, closed, listen, hears: (part: string) => vi.waitFor(() => expect(text).toContain(part)) };
  }
  return { stream, message, errors, view };
}

describe('EventStream', () => {
  it('makes nothing while nobody watches', async () => {
    const { stream, message, view } = await startStream();
    for (let count = 0; count < 10; count++) stream.changed();
    expect(message).not.toHaveBeenCalled();

    const viewer = await view();
    viewer.response.destroy();
    await vi.waitFor(() => expect(stream.size).toBe(0));
    message.mockClear();
    stream.changed();
    await new Promise(setImmediate);
    expect(message).not.toHaveBeenCalled();
  });

  it('makes one message for all viewers, however much has changed', async () => {
    let figure = 0;
    const { stream, message, view } = await startStream({}, () => figure);
    const viewers = await Promise.all(Array.from({ length: 5 }, () => view()));
    for (const viewer of viewers) {
      viewer.listen();
      await viewer.hears('data: 0\n\n');
    }
    expect(message).toHaveBeenCalledTimes(1);

    figure = 1;
    for (let count = 0; count < 100; count++) stream.changed();
    for (const viewer of viewers) await viewer.hears('data: 1\n\n');
    expect(message).toHaveBeenCalledTimes(2);
  });

  it('has room for so many viewers, and again when one has left', async () => {
    const { stream, view } = await startStream({ viewers: 2 });
    const first = await view();
    await view();
    expect([stream.size, stream.hasRoom]).toEqual([2, false]);

    first.response.destroy();
    await vi.waitFor(() => expect(stream.hasRoom).toBe(true));
  });

  it('takes the oldest viewer of the address that has most for one of another address, and for none of its own', async () => {
    const { stream, view } = await startStream({ viewers: 3 });
    const [first, second, third] = [await view(), await view(), await view()];
    const from = (remoteAddress: string) => stream.hasRoomFor({ socket: { remoteAddress }, headers: {} } as never);
    expect([from('127.0.0.1'), from('127.0.0.2')]).toEqual([false, true]);

    const other = await view('127.0.0.2');

    await first.closed;
    expect([second, third, other].map(({ response }) => response.destroyed)).toEqual([false, false, false]);
    expect([stream.size, from('127.0.0.2'), from('127.0.0.3')]).toEqual([3, false, true]);
  });

  it('cuts off who does not read, and serves the others on', async () => {
    let round = 0;
    const { stream, view } = await startStream({ backlog: 200_000 }, () => [round++, 'x'.repeat(100_000)]);
    const slow = await view();
    slow.response.pause();
    const other = await view();
    other.listen();

    await vi.waitFor(
      () => {
        stream.changed();
        expect(stream.size).toBe(1);
      },
      { timeout: 20_000, interval: 5 },
    );
    const next = round;
    stream.changed();
    await other.hears(`data: [${next},`);
  });

  it('shows that it lives while there is nothing to tell', async () => {
    const { view } = await startStream({ beatInterval: 10 });
    const viewer = await view();
    viewer.listen();
    await viewer.hears('event: beat\ndata:\n\n');
  });

  it('goes on after a bug in a message', async () => {
    let isBroken = false;
    const { stream, errors, view } = await startStream({}, () => {
      if (isBroken) throw new Error('a bug');
      return errors.length;
    });
    const viewer = await view();
    viewer.listen();
    await viewer.hears('data: 0');
    isBroken = true;
    stream.changed();
    await vi.waitFor(() => expect(errors).toHaveLength(1));
    isBroken = false;
    stream.changed();
    await viewer.hears('data: 1');
  });

  it('ends all streams when it is closed', async () => {
    const { stream, view } = await startStream();
    const viewer = await view();
    viewer.listen();
    stream.close();
    await viewer.closed;
    await vi.waitFor(() => expect(stream.size).toBe(0));
  });
});
