import { describe, expect, it } from 'vitest';
import { getShortestPaths } from 'xstate/graph';
import { clientSessionMachine } from '../../machines/client-session.ts';
import type { End } from '../../machines/end-reason.ts';
import type { WebotsOutcome } from '../../machines/webots-process-types.ts';
import { finished, SESSION_TEST_TIMINGS, started, startSession, turn } from '../fixtures/session-machine.ts';

const crashed: WebotsOutcome = {
  reason: 'engineCrashed',
  text: 'The simulation ended with exit code 3: <no world>',
  exitCode: 3,
  signal: null,
  reaped: true,
};

describe('clientSession machine', () => {
  it('tells the client the time limit and the address of its engine, in this order', async () => {
    const session = startSession();

    await session.stream();

    expect(session.sent).toEqual(['shutdownTimeout: 7200', 'webots:ws://localhost:2001']);
    expect(session.value()).toEqual({ connected: { simulating: { streaming: 'steady' } } });
  });

  it('relays progress of the checkout, escaped for the clients that show it as HTML', async () => {
    const session = startSession();
    await session.start();

    session.report({ type: 'checkout.progressed', line: 'Step 1/4 : 50 % of <b>1 MB</b>' });

    expect(session.sent).toEqual(['loading: Step 1/4 : 50 % of &lt;b&gt;1 MB&lt;/b&gt;']);
  });

  it('relays heartbeats while the client streams', async () => {
    const session = startSession();
    await session.stream();
    session.sent.length = 0;

    session.report({ type: 'engine.beat' });

    expect(session.sent).toEqual(['.']);
  });

  it('announces that its engine is unresponsive, and responsive again, without a word to the client', async () => {
    const session = startSession();
    await session.stream();
    session.sent.length = 0;
    const announced: string[] = [];
    session.actor.on('*', ({ type }) => announced.push(type));

    session.report({ type: 'engine.unresponsive' });
    session.report({ type: 'engine.responsive' });

    expect(announced).toEqual(['engine.unresponsive', 'engine.responsive']);
    expect(session.sent).toEqual([]);
  });

  it('tells the client why its engine ended, twice, before it closes the socket', async () => {
    const session = startSession();
    await session.stream();
    session.sent.length = 0;

    session.report({ type: 'engine.gone', outcome: crashed });
    await session.leave();

    expect(session.sent).toEqual([
      'post-mortem: a1',
      'loading: Error: The simulation ended with exit code 3: &lt;no world&gt;',
      'error: The simulation ended with exit code 3: <no world>',
    ]);
    expect(session.log).toEqual(['engineStop', 'resourceRelease', 'socketClose']);
    expect(session.actor.getSnapshot().output).toMatchObject({ reason: 'engineCrashed' });
  });

  it('says nothing to a client that has left', async () => {
    const session = startSession();
    await session.start();

    session.report({ type: 'socket.closed', reason: 'clientLeft' });
    await session.leave();

    expect(session.sent).toEqual([]);
    expect(session.actor.getSnapshot().output).toEqual({ reason: 'clientLeft', text: '' });
  });

  it('ends with the refusal of the admission', async () => {
    const refusal: End = { reason: 'repositoryRefused', text: 'Not here.' };
    const session = startSession({ refusal });

    await session.start();
    await session.leave();

    expect(session.sent).toEqual(['loading: Error: Not here.', 'error: Not here.']);
    expect(session.actor.getSnapshot().output).toEqual(refusal);
  });

  it('tells a client that waits its place, and fetches its world once it has one', async () => {
    const session = startSession({ isFull: true });
    await session.start();
    session.report({ type: 'place.changed', place: 2 });
    session.report({ type: 'place.changed', place: 1 });
    expect(session.value()).toEqual({ connected: 'queued' });

    session.report({ type: 'seat.given' });

    expect(session.sent).toEqual(['queue: 2', 'queue: 1']);
    expect(session.value()).toEqual({ connected: 'fetching' });
  });

  it('ends as on a full server when no place has become free in time', async () => {
    const session = startSession({ isFull: true });
    await session.start();

    session.clock.increment(60_000);
    await session.leave();

    expect(session.sent.at(-1)).toBe('error: The simulation server is full: no place became free within 60 seconds.');
    expect(session.actor.getSnapshot().output).toMatchObject({ reason: 'serverFull' });
  });

  it('ends a client that waits for the reason for which it gets no place', async () => {
    const end: End = { reason: 'drained', text: 'No more today.' };
    const session = startSession({ isFull: true });
    await session.start();

    session.report({ type: 'seat.refused', end });
    await session.leave();

    expect(session.sent).toEqual(['loading: Error: No more today.', 'error: No more today.']);
    expect(session.actor.getSnapshot().output).toEqual(end);
  });

  it('leaves a client that waits when the server drains', async () => {
    const session = startSession({ isFull: true });
    await session.start();

    session.actor.send({ type: 'drain', seconds: 60 });
    await session.leave();

    expect(session.actor.getSnapshot().output).toMatchObject({ reason: 'drained' });
  });

  it.each([
    ['the checkout', { type: 'checkout.failed' }],
    ['the engine', { type: 'engine.refused' }],
    ['the operator', { type: 'end' }],
  ] as const)('ends with the reason of %s, and tells it to the client', async (_, event) => {
    const end: End = { reason: 'diskFull', text: 'No room.' };
    const session = startSession();
    await session.start();
    if (event.type === 'engine.refused') session.report(finished);

    session.report({ ...event, end });
    await session.leave();

    expect(session.sent).toEqual(['post-mortem: a1', 'loading: Error: No room.', 'error: No room.']);
    expect(session.actor.getSnapshot().output).toEqual(end);
  });

  it('knows whether the simulation runs', async () => {
    const session = startSession();
    await session.stream();
    expect(session.actor.getSnapshot().context.simulation).toBe('paused');

    session.report({ type: 'engine.stateChanged', state: 'running' });

    expect(session.actor.getSnapshot().context.simulation).toBe('running');
  });

  it('goes on after three mistakes and leaves after the fourth', async () => {
    const session = startSession();
    for (const number of [1, 2, 3]) {
      session.report({ type: 'client.mistaken', text: `mistake ${number}` });
      expect(session.value()).toEqual({ connected: 'waiting' });
    }

    session.report({ type: 'client.mistaken', text: 'mistake 4' });
    await session.leave();

    expect(session.sent).toEqual([
      'loading: Error: mistake 1',
      'loading: Error: mistake 2',
      'loading: Error: mistake 3',
      'loading: Error: mistake 4',
      'error: mistake 4',
    ]);
    expect(session.actor.getSnapshot().output).toMatchObject({ reason: 'clientMisbehaved' });
  });

  it('answers a second start as a mistake and goes on with the first run', async () => {
    const session = startSession();
    await session.stream();
    session.sent.length = 0;

    session.report(started);

    expect(session.sent).toEqual(['loading: Error: A simulation was already started on this connection.']);
    expect(session.value()).toEqual({ connected: { simulating: { streaming: 'steady' } } });
  });

  it('refuses to reset a controller before the simulation runs', () => {
    const session = startSession();

    session.report({ type: 'client.controllerReset', file: 'a/a.py' });

    expect(session.sent).toEqual(['loading: Error: Expected a running simulation before `reset controller`.']);
  });

  it('answers the reset of a controller', async () => {
    const session = startSession();
    await session.stream();
    session.sent.length = 0;

    session.report({ type: 'client.controllerReset', file: 'a/a.py' });
    await turn();

    expect(session.sent).toEqual(['reset controller: a/a.py']);
  });

  it('answers a second reset before the first one is done as a mistake', async () => {
    const session = startSession();
    await session.stream();
    session.sent.length = 0;

    session.report({ type: 'client.controllerReset', file: 'a/a.py' });
    session.report({ type: 'client.controllerReset', file: 'b/b.py' });
    await turn();

    expect(session.sent).toEqual([
      'loading: Error: Expected the answer to the last `reset controller` first.',
      'reset controller: a/a.py',
    ]);
  });

  it('leaves a client that sends no start message', async () => {
    const session = startSession();

    session.clock.increment(1_000);
    await session.leave();

    expect(session.actor.getSnapshot().output).toMatchObject({ reason: 'clientSilent' });
  });

  it('counts the time limit from readiness, not from the launch', async () => {
    const session = startSession();
    await session.start();
    session.report(finished);
    session.clock.increment(7_000_000);
    session.report({ type: 'engine.ready', port: 2001 });

    session.clock.increment(7_199_999);
    expect(session.value()).toEqual({ connected: { simulating: { streaming: 'steady' } } });
    session.clock.increment(1);
    await session.leave();

    expect(session.actor.getSnapshot().output).toMatchObject({ reason: 'timeLimitReached' });
  });

  it('tells the client that the server is stopped', async () => {
    const session = startSession();
    await session.stream();

    session.actor.send({ type: 'stop' });
    await session.leave();

    expect(session.sent.slice(-2)).toEqual([
      'loading: Error: The simulation server is being stopped.',
      'error: The simulation server is being stopped.',
    ]);
    expect(session.actor.getSnapshot().output).toMatchObject({ reason: 'drained' });
  });

  it('tells a client that runs until when the server drains, and goes on', async () => {
    const session = startSession();
    await session.start();
    session.actor.send({ type: 'drain', seconds: 60 });

    expect(session.sent).toEqual(['shutdownTimeout: 60']);
    expect(session.value()).toEqual({ connected: 'fetching' });
  });

  it('leaves a client that has started nothing when the server drains', async () => {
    const session = startSession();
    session.actor.send({ type: 'drain', seconds: 60 });
    await session.leave();

    expect(session.sent).toEqual([
      'loading: Error: The simulation server is being stopped.',
      'error: The simulation server is being stopped.',
    ]);
    expect(session.actor.getSnapshot().output).toMatchObject({ reason: 'drained' });
  });

  it('keeps the first reason when more follow', async () => {
    const session = startSession();
    await session.stream();

    session.report({ type: 'engine.gone', outcome: crashed });
    session.actor.send({ type: 'stop' });
    session.report({ type: 'socket.closed', reason: 'clientLeft' });
    await session.leave();

    expect(session.actor.getSnapshot().output).toMatchObject({ reason: 'engineCrashed' });
  });

  it('goes on leaving when one step of it hangs', async () => {
    const session = startSession({ hanging: true });
    session.actor.send({ type: 'stop' });

    for (const state of ['stoppingEngine', 'releasing', 'closingSocket']) {
      expect(session.value()).toEqual({ leaving: state });
      session.clock.increment(500);
    }

    expect(session.value()).toBe('gone');
  });

  it('can reach every declared state', () => {
    const done = (actor: string, output?: unknown) => ({ type: `xstate.done.actor.${actor}`, output }) as never;
    const paths = getShortestPaths(clientSessionMachine, {
      input: { id: 'a1', streamBase: 'ws://localhost:', timings: SESSION_TEST_TIMINGS },
      serializeState: ({ value }) => JSON.stringify(value),
      events: [
        started,
        { type: 'client.controllerReset', file: 'a/a.py' },
        finished,
        { type: 'engine.ready', port: 2001 },
        { type: 'stop' },
        done('admission'),
        done('admission', 'queued'),
        done('engineStop'),
        done('resourceRelease'),
        done('socketClose'),
      ],
    });

    expect(new Set(paths.map(({ state }) => JSON.stringify(state.value)))).toEqual(
      new Set([
        '{"connected":"waiting"}',
        '{"connected":"checking"}',
        '{"connected":"queued"}',
        '{"connected":"fetching"}',
        '{"connected":{"simulating":"launching"}}',
        '{"connected":{"simulating":{"streaming":"steady"}}}',
        '{"connected":{"simulating":{"streaming":"resettingController"}}}',
        '{"leaving":"stoppingEngine"}',
        '{"leaving":"releasing"}',
        '{"leaving":"closingSocket"}',
        '"gone"',
      ]),
    );
  });
});
