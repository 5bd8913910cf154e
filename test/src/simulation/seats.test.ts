import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SeatReport } from '../../../machines/client-session-types.ts';
import { createSeats, PLACE_INTERVAL, type SeatsOptions } from '../../../src/simulation/seats.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const FULL = { reason: 'serverFull', text: 'The simulation server is full: it serves 1 at most.' };

/** A server with one place and a line of three, unless told otherwise. */
function startSeats(options: Partial<SeatsOptions> = {}) {
  const seats = createSeats({
    maxConnections: 1,
    queueLength: 3,
    maxSessionsPerAddress: 0,
    maxSessionsPerRepository: 0,
    ...options,
  });
  const heard: (readonly [string, SeatReport])[] = [];
  return {
    seats,
    /** What was reported since the last look. */
    heard: () => heard.splice(0),
    claim: (id: string, address = id, repository = 'github.com/o/r') => seats.claim(id, { address, repository }),
    wait: (id: string) => seats.wait(id, (event) => heard.push([id, event])),
  };
}

describe('the places of a simulation server', () => {
  it('refuses who comes when all are taken, where there is no line', () => {
    const { claim, seats } = startSeats({ queueLength: 0 });

    expect([claim('a'), claim('b')]).toEqual([undefined, FULL]);
    expect([seats.taken, seats.queued]).toEqual([1, 0]);
  });

  it('let so many wait as the line has room for, and tell each its place', () => {
    const { claim, wait, heard, seats } = startSeats();

    expect(['a', 'b', 'c', 'd', 'e'].map((id) => claim(id))).toEqual([undefined, 'queued', 'queued', 'queued', FULL]);
    wait('c');
    wait('b');

    expect(heard()).toEqual([
      ['c', { type: 'place.changed', place: 2 }],
      ['b', { type: 'place.changed', place: 1 }],
    ]);
    expect([seats.taken, seats.queued]).toEqual([1, 3]);
  });

  it('give the place of a session of which nothing is left to who is next', () => {
    const { claim, wait, heard, seats } = startSeats();
    for (const id of ['a', 'b', 'c']) claim(id);
    for (const id of ['b', 'c']) wait(id);
    heard();

    seats.release('a');
    expect(heard()).toEqual([['b', { type: 'seat.given' }]]);
    vi.advanceTimersByTime(PLACE_INTERVAL);

    expect(heard()).toEqual([['c', { type: 'place.changed', place: 1 }]]);
    expect([seats.taken, seats.queued]).toEqual([1, 1]);
  });

  it('tell who is given a place before it asks', () => {
    const { claim, wait, heard, seats } = startSeats();
    for (const id of ['a', 'b']) claim(id);

    seats.release('a');
    wait('b');

    expect(heard()).toEqual([['b', { type: 'seat.given' }]]);
  });

  it('are given in turn by address', () => {
    const { claim, wait, heard, seats } = startSeats({ queueLength: 4 });
    claim('first', 'x');
    for (const id of ['a1', 'a2', 'a3']) claim(id, 'a');
    claim('b1', 'b');
    for (const id of ['a1', 'a2', 'a3', 'b1']) wait(id);
    heard();

    const served = ['first', 'a1', 'b1', 'a2'].map((id) => {
      seats.release(id);
      return heard()[0]?.[0];
    });

    expect(served).toEqual(['a1', 'b1', 'a2', 'a3']);
  });

  it('have the last one of an address that fills the line make room for another address', () => {
    const { claim, wait, heard, seats } = startSeats();
    claim('first', 'x');
    for (const id of ['a1', 'a2', 'a3']) claim(id, 'a');
    for (const id of ['a1', 'a2', 'a3']) wait(id);
    heard();

    expect(seats.refusal('a')).toEqual(FULL);
    expect(seats.refusal('b')).toBeUndefined();
    expect(claim('b1', 'b')).toBe('queued');

    expect(heard()).toEqual([['a3', { type: 'seat.refused', end: FULL }]]);
    expect(seats.queued).toBe(3);
  });

  it('forget who stops waiting, and tell those behind it their new places', () => {
    const { claim, wait, heard, seats } = startSeats();
    for (const id of ['a', 'b', 'c']) claim(id);
    const leave = wait('b');
    wait('c');
    heard();

    leave();
    vi.advanceTimersByTime(PLACE_INTERVAL);
    expect(heard()).toEqual([['c', { type: 'place.changed', place: 1 }]]);
    seats.release('b');
    seats.release('a');

    expect(heard()).toEqual([['c', { type: 'seat.given' }]]);
  });

  it('tell places no more often than once in an interval, and only where they have changed', () => {
    const { claim, wait, heard, seats } = startSeats();
    for (const id of ['a', 'b', 'c', 'd']) claim(id);
    const leave = wait('c');
    wait('b');
    wait('d');
    heard();

    leave();
    seats.release('c');
    claim('e', 'b');
    wait('e');
    heard();
    vi.advanceTimersByTime(PLACE_INTERVAL);

    expect(heard()).toEqual([['d', { type: 'place.changed', place: 2 }]]);
  });

  it('are given to nobody who waited when the server takes no more', () => {
    const { claim, wait, heard, seats } = startSeats();
    for (const id of ['a', 'b', 'c']) claim(id);
    wait('b');
    heard();
    const end = { reason: 'drained', text: 'No more.' } as const;

    seats.refuseWaiting(end);
    wait('c');
    seats.release('a');

    expect(heard()).toEqual([
      ['b', { type: 'seat.refused', end }],
      ['c', { type: 'seat.refused', end }],
    ]);
    expect([seats.taken, seats.queued]).toEqual([0, 0]);
  });
});

describe('limits', () => {
  it('count by address those that have a place and those that wait, until nothing is left of them', () => {
    const { claim, seats } = startSeats({ maxSessionsPerAddress: 2 });
    const tooMany = {
      reason: 'addressLimitReached',
      text: 'Too many simulations of one address: the simulation server serves 2 at most.',
    };

    expect(['a1', 'a2', 'a3'].map((id) => claim(id, 'a'))).toEqual([undefined, 'queued', tooMany]);
    expect(claim('b1', 'b')).toBe('queued');
    seats.release('a1');

    expect(claim('a4', 'a')).toBe('queued');
  });

  it('count by repository', () => {
    const { claim } = startSeats({ maxConnections: 5, maxSessionsPerRepository: 1 });

    expect(claim('a', 'x', 'github.com/o/one')).toBeUndefined();
    expect(claim('b', 'y', 'github.com/o/two')).toBeUndefined();
    expect(claim('c', 'z', 'github.com/o/one')).toEqual({
      reason: 'repositoryLimitReached',
      text: 'Too many simulations of one repository: the simulation server serves 1 at most.',
    });
  });
});
