import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { connect, placeInWords } from '../../../src/client/index.ts';
import { newTicket, readPlace } from '../../../src/client/queue.ts';
import { sendAll, startScriptedService } from '../../fixtures/scripted-service.ts';

const WORLD = 'https://github.com/o/r/blob/main/worlds/demo.wbt';
const BOUND = { timeout: 20_000 };

/** A session server that holds `/session` until it is told where the simulation server is, and tells `place`. */
async function startLine(place: unknown) {
  const held: ServerResponse[] = [];
  const asked: string[] = [];
  const line = { place };
  const service = await startScriptedService({
    serve(request, response) {
      const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
      if (pathname === '/session' && searchParams.has('ticket')) {
        asked.push(request.url ?? '');
        held.push(response);
        return true;
      }
      const ticket = /^\/queue\/(.+)$/.exec(pathname)?.[1];
      if (ticket === undefined) return false;
      const isKnown = asked.some((url) => url.includes(`ticket=${ticket}&`));
      response.writeHead(isKnown && line.place !== undefined ? 200 : 404).end(JSON.stringify(line.place));
      return true;
    },
  });
  /** Answers as the service does to whom it does not hold. */
  async function release(): Promise<void> {
    const answer = await (await fetch(`${service.session}/session`)).text();
    for (const response of held) response.end(answer);
  }
  return Object.assign(line, { service, held, asked, release });
}

describe('connect, where the session server has a line', () => {
  it('asks with a ticket before the world, tells its place, and goes on when its turn has come', async () => {
    const line = await startLine({ place: 2, length: 3, expectedWait: 70, more: true });
    await using service = line.service;
    const session = connect({ session: service.session, world: WORLD });

    const { elapsed: _, ...first } = await session.until('queue');
    expect(first).toEqual({ place: 2, length: 3, expectedWait: 70 });
    expect(session.stage).toBe('choosing');
    line.place = { place: 1, length: 2 };
    await session.until('queue', ({ place }) => place === 1);
    await line.release();
    await session.until('stage', ({ stage }) => stage === 'streaming');

    expect(line.asked).toEqual([
      expect.stringMatching(/^\/session\?ticket=[\da-f]{32}&url=https%3A%2F%2Fgithub\.com%2F.*\.wbt$/),
    ]);
    await session.leave();
  });

  it('leaves the line when it is left', async () => {
    const line = await startLine({ place: 1, length: 1 });
    await using service = line.service;
    const session = connect({ session: service.session, world: WORLD });
    await session.until('queue');

    expect(await session.leave()).toMatchObject({ reason: 'left' });

    await vi.waitFor(() => expect(line.held.map(({ destroyed }) => destroyed)).toEqual([true]), BOUND);
  });

  it('waits for longer than for an answer as long as it is told its place, and no longer than for the line', async () => {
    const line = await startLine({ place: 1, length: 1 });
    await using service = line.service;
    const timeouts = { choice: 2_500, queue: 4_000 };
    const session = connect({ session: service.session, world: WORLD, timeouts });
    const places: number[] = [];
    session.on('queue', ({ place }) => places.push(place));

    expect(await session.ended).toEqual({
      reason: 'timedOut',
      text: 'The wait in line has lasted for 4000 ms.',
    });
    expect(places.length).toBeGreaterThan(1);
  });

  it('gives up on a session server that is heard of no more', async () => {
    const line = await startLine({ place: 1, length: 1 });
    await using service = line.service;
    const session = connect({ session: service.session, world: WORLD, timeouts: { choice: 2_500 } });
    await session.until('queue');

    line.place = undefined;

    expect(await session.ended).toMatchObject({
      reason: 'timedOut',
      text: expect.stringContaining('Expected the session server at'),
    });
  });

  it('ends with the words of a server that has none for it', async () => {
    const line = await startLine({ place: 1, length: 1 });
    await using service = line.service;
    const session = connect({ session: service.session, world: WORLD });
    await session.until('queue');

    line.held[0]?.end('Error: no simulation server available at the moment.');

    expect(await session.ended).toEqual({
      reason: 'unavailable',
      text: 'No simulation server available at the moment.',
    });
  });
});

describe('connect, where the simulation server has a line', () => {
  it('tells its place, and starts the wait for the engine when its turn has come', async () => {
    await using service = await startScriptedService({
      server: (engineUrl) => (_, socket) => {
        sendAll(socket, ['queue: 2', 'queue: 1']);
        // Later than the engine may take from the start message, if it were not for the line.
        setTimeout(() => sendAll(socket, ['loading: Creating network', `webots:${engineUrl}`]), 800);
      },
    });
    const session = connect({ session: service.session, world: WORLD, timeouts: { start: 500 } });
    const places: number[] = [];
    session.on('queue', ({ place }) => places.push(place));

    await session.until('stage', ({ stage }) => stage === 'streaming');

    expect(places).toEqual([2, 1]);
    await session.leave();
  });

  it('waits for the engine no longer than usual once its turn has come', async () => {
    await using service = await startScriptedService({
      server: () => (_, socket) => sendAll(socket, ['queue: 1', 'loading: Creating network']),
    });

    expect(await connect({ session: service.session, world: WORLD, timeouts: { start: 300 } }).ended).toMatchObject({
      reason: 'timedOut',
      text: expect.stringContaining('the simulation server to start the engine'),
    });
  });
});

describe('readPlace', () => {
  it.each([
    ['{"place":3,"length":5,"expectedWait":120}', { place: 3, length: 5, expectedWait: 120 }],
    ['{"place":3}', { place: 3 }],
    ['{"place":3,"length":2,"expectedWait":"soon"}', { place: 3 }],
    ['{"place":0}', undefined],
    ['{"place":1.5}', undefined],
    ['{"error":"Nobody with this ticket waits here."}', undefined],
    ['null', undefined],
    ['Not Found', undefined],
  ])('reads %s as %j', (answer, place) => {
    expect(readPlace(answer)).toEqual(place);
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (answer) => void readPlace(answer)));
  });
});

describe('placeInWords', () => {
  it.each([
    [{ place: 1 }, 'You are next in line.'],
    [{ place: 1, length: 4, expectedWait: 20 }, 'You are next in line, less than a minute.'],
    [{ place: 2, length: 2 }, 'You are 2nd of 2 in line.'],
    [{ place: 3, length: 5, expectedWait: 120 }, 'You are 3rd of 5 in line, about 2 minutes.'],
    [{ place: 11, expectedWait: 60 }, 'You are 11th in line, about a minute.'],
    [{ place: 21, expectedWait: 7_300 }, 'You are 21st in line, about 2 hours.'],
    [{ place: 112 }, 'You are 112th in line.'],
  ])('says %j as %s', (place, words) => {
    expect(placeInWords(place)).toBe(words);
  });
});

describe('newTicket', () => {
  it('is another one each time', () => {
    expect(new Set(Array.from({ length: 100 }, newTicket)).size).toBe(100);
  });
});
