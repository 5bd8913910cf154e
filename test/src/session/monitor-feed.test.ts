import { describe, expect, it } from 'vitest';
import { CHART_POINTS } from '../../../src/monitor/messages.ts';
import type { ServerStatus } from '../../../src/monitor/server-status.ts';
import { LoadHistory } from '../../../src/session/load-history.ts';
import { MinuteCount } from '../../../src/session/minute-count.ts';
import { MOST_TRANSITIONS, MonitorFeed } from '../../../src/session/monitor-feed.ts';

const STATUS: ServerStatus = {
  version: '1.2.3',
  platform: 'linux x64',
  engine: 'stand-in',
  capacity: 10,
  running: 2,
  queued: 0,
  intake: 'open',
  repositories: null,
};

function startFeed() {
  const clock = { now: 5_000 };
  const feed = new MonitorFeed(
    {
      loadThreshold: 95,
      ssl: false,
      servers: () => [{ entry: 'a:1', state: 'available', load: 4, reserved: 5 }],
      meanLoad: () => undefined,
      watchers: () => 2,
      queued: () => 3,
      status: () => STATUS,
    },
    () => clock.now,
  );
  return { clock, feed };
}

describe('MonitorFeed', () => {
  it('tells when a server last answered and how fast, and the loads of late', () => {
    const { clock, feed } = startFeed();
    feed.recordLatency('a:1', 3);
    feed.recordLoad('a:1', 4);
    clock.now = 12_000;

    const { servers, ...rest } = feed.message();
    expect(servers).toEqual([
      {
        entry: 'a:1',
        state: 'available',
        load: 4,
        reserved: 5,
        isJoined: false,
        answeredAt: 5_000,
        latency: 3,
        history: [...Array(CHART_POINTS - 2).fill(null), 4, null],
        status: STATUS,
      },
    ]);
    expect(rest).toMatchObject({ now: 12_000, meanLoad: null, watchers: 2, grants: 0, refusals: 0, transitions: [] });
  });

  it('forgets the loads and answers of a server that is watched no more', () => {
    const { feed } = startFeed();
    feed.recordLatency('a:1', 3);
    feed.recordLoad('a:1', 4);
    feed.forget('a:1');

    expect(feed.message().servers[0]).toMatchObject({ answeredAt: null, latency: null });
  });

  it('keeps the latest changes, the last one first, and no more than it may', () => {
    const { feed } = startFeed();
    for (let count = 0; count < MOST_TRANSITIONS + 5; count++)
      feed.recordTransition(`s${count}:1`, 'probing', 'available');
    feed.recordTransition('s0:1', 'available', 'available');

    const { transitions } = feed.message();
    expect(transitions).toHaveLength(MOST_TRANSITIONS);
    expect(transitions[0]).toMatchObject({
      entry: `s${MOST_TRANSITIONS + 4}:1`,
      before: 'probing',
      state: 'available',
    });
    expect(transitions.at(-1)?.entry).toBe('s5:1');
  });

  it('counts grants and refusals of the last minute', () => {
    const { clock, feed } = startFeed();
    feed.recordGrant();
    feed.recordGrant();
    feed.recordRefusal();
    expect(feed.message()).toMatchObject({ grants: 2, refusals: 1 });

    clock.now += 60_000;
    expect(feed.message()).toMatchObject({ grants: 0, refusals: 0 });
  });
});

describe('LoadHistory', () => {
  it('keeps the highest load of each step, and forgets what is older than the chart', () => {
    const history = new LoadHistory();
    history.record(1_000_000, 3);
    history.record(1_009_999, 7);
    history.record(1_005_000, 5);
    expect(history.points(1_010_000).slice(-2)).toEqual([7, null]);
    expect(history.points(1_590_000)[0]).toBe(7);
    expect(history.points(1_600_000)).toEqual(Array(CHART_POINTS).fill(null));
    expect(history.points(9_999_999)).toHaveLength(CHART_POINTS);
  });
});

describe('MinuteCount', () => {
  it('forgets each second after a minute', () => {
    const count = new MinuteCount();
    count.add(1_500);
    count.add(2_500);
    count.add(2_600);
    expect(count.count(60_999)).toBe(3);
    expect(count.count(61_000)).toBe(2);
    expect(count.count(62_000)).toBe(0);
    expect(count.count(1e9)).toBe(0);
  });
});
