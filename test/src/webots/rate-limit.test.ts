import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { limitRate } from '../../../src/webots/rate-limit.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('limitRate', () => {
  it('reads 2 MB, then waits for the next tenth of a second', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { stream, read } = endless();
    limitRate(stream);

    await turns();
    const first = read();
    vi.advanceTimersByTime(99);
    await turns();
    expect([first >= 2e6, first < 3e6, read() - first]).toEqual([true, true, 0]);

    vi.advanceTimersByTime(1);
    await turns();
    expect(read() - first).toBeGreaterThanOrEqual(2e6);
    stream.destroy();
  });

  it('leaves no timer when the stream has ended', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { stream } = endless();
    limitRate(stream);
    await turns();

    stream.destroy();
    await turns();

    expect(vi.getTimerCount()).toBe(0);
  });
});

/** A stream that always has more, in pieces of 64 KiB. */
function endless() {
  const stream = new Readable({
    read() {
      setImmediate(() => this.push(Buffer.alloc(65_536)));
    },
  });
  let count = 0;
  stream.on('data', (chunk: Buffer) => {
    count += chunk.length;
  });
  return { stream, read: () => count };
}

/** Enough turns of the event loop for more than a budget. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
}
