import { Readable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { relayOutput } from '../../../src/reaper/relay-output.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('relayOutput', () => {
  it('hands on 2 MB, then waits for the next tenth of a second', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    const { stream, hand, count } = endless();
    void relayOutput(stream, hand);

    await turns();
    const first = count();
    vi.advanceTimersByTime(99);
    await turns();
    expect([first >= 2e6, first < 3e6, count() - first]).toEqual([true, true, 0]);

    vi.advanceTimersByTime(1);
    await turns();
    expect(count() - first).toBeGreaterThanOrEqual(2e6);
    stream.destroy();
  });

  it('hands on nothing while a piece is being taken', async () => {
    const { stream, count } = endless();
    let take = () => {};
    let handed = 0;
    void relayOutput(stream, () => {
      handed++;
      return new Promise((resolve) => {
        take = resolve;
      });
    });

    await turns();
    expect([handed, count()]).toEqual([1, 0]);
    take();
    await turns();
    expect(handed).toBe(2);
    stream.destroy();
  });

  it('is over when the stream has ended, and when it is destroyed', async () => {
    await relayOutput(Readable.from([Buffer.from('x')]), () => {});
    const { stream, hand } = endless();
    const relayed = relayOutput(stream, hand);

    stream.destroy();

    await relayed;
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
  const hand = (chunk: Buffer) => {
    count += chunk.length;
  };
  return { stream, hand, count: () => count };
}

/** Enough turns of the event loop for more than a budget. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
}
