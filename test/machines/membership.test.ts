import { describe, expect, it } from 'vitest';
import { createActor, createMachine, fromPromise, SimulatedClock } from 'xstate';
import { getShortestPaths } from 'xstate/graph';
import {
  MEMBERSHIP_TIMINGS,
  type MembershipCall,
  type MembershipReport,
  membershipMachine,
} from '../../machines/membership.ts';

const { joinInterval, firstRetry, callTimeout, partingTime } = MEMBERSHIP_TIMINGS;
const SESSION_SERVER = 'http://hub.example.org:1999';

describe('membership machine', () => {
  it('joins at once, and again joinInterval after each answer', async () => {
    const membership = startMembership();
    await membership.answer();
    expect(membership.state()).toEqual({ member: 'resting' });

    membership.clock.increment(joinInterval - 1);
    expect(membership.orders).toEqual(['join']);
    membership.clock.increment(1);
    await membership.answer();
    membership.clock.increment(joinInterval);

    expect(membership.orders).toEqual(['join', 'join', 'join']);
    expect(membership.reports).toEqual(['away', 'joining', 'member']);
  });

  it('tries ever more slowly to join, up to joinInterval, and tells why it could not', async () => {
    const membership = startMembership();
    const pauses: number[] = [];
    for (let count = 0; count < 6; count++) {
      await membership.fail('connect ECONNREFUSED');
      const begin = membership.clock.now();
      while (membership.state() === 'retrying') membership.clock.increment(firstRetry);
      pauses.push(membership.clock.now() - begin);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, joinInterval, joinInterval]);
    expect(membership.problem()).toBe('connect ECONNREFUSED');

    await membership.answer();
    expect([membership.state(), membership.problem()]).toEqual([{ member: 'resting' }, undefined]);
  });

  it('is gone at once, and takes no leave, where another process has taken its place', async () => {
    const membership = startMembership();
    await membership.answer();

    membership.actor.send({ type: 'retire' });

    expect(membership.orders).toEqual(['join']);
    expect(membership.reports).toEqual(['away', 'joining', 'member', 'gone']);
  });

  it.each([
    ['a join', 0],
    ['a renewal', joinInterval],
  ])('gives up on %s that is not answered within callTimeout, and tries again', async (_, wait) => {
    const membership = startMembership();
    if (wait > 0) await membership.answer();
    membership.clock.increment(wait);

    membership.clock.increment(callTimeout);
    expect([membership.state(), membership.problem(), membership.aborted()]).toEqual([
      'retrying',
      `no answer within ${callTimeout} ms`,
      true,
    ]);
    membership.clock.increment(firstRetry);
    expect(membership.state()).toBe('joining');
  });

  it('tries again soon after a renewal that was refused', async () => {
    const membership = startMembership();
    await membership.answer();
    membership.clock.increment(joinInterval);

    await membership.fail('no');

    expect([membership.state(), membership.problem()]).toEqual(['retrying', 'no']);
  });

  it.each(['answer', 'fail', 'silence'] as const)(
    'leaves when the server is drained, whatever the session server says (%s), and joins when it is not any more',
    async (how) => {
      const membership = startMembership();
      await membership.answer();

      membership.actor.send({ type: 'drain' });
      expect(membership.orders).toEqual(['join', 'leave']);
      await membership.hear(how);
      expect(membership.state()).toBe('away');

      membership.actor.send({ type: 'undrain' });
      expect([membership.state(), membership.orders]).toEqual(['joining', ['join', 'leave', 'join']]);
    },
  );

  it('leaves a session server that it is about to join, or to ask again, when the server is drained', async () => {
    const joining = startMembership();
    joining.actor.send({ type: 'drain' });
    const retrying = startMembership();
    await retrying.fail('no');
    retrying.actor.send({ type: 'drain' });

    expect([joining.state(), retrying.state()]).toEqual(['leaving', 'leaving']);
  });

  it('joins once it has left where the server was drained for a moment only, and stays away where it was not', async () => {
    const membership = startMembership();
    await membership.answer();
    membership.actor.send({ type: 'drain' });
    membership.actor.send({ type: 'undrain' });
    expect(membership.state()).toBe('leaving');
    await membership.answer();
    expect(membership.state()).toBe('joining');

    membership.actor.send({ type: 'drain' });
    membership.actor.send({ type: 'undrain' });
    membership.actor.send({ type: 'drain' });
    await membership.answer();
    expect(membership.state()).toBe('away');
  });

  it.each(['answer', 'fail', 'silence'] as const)(
    'is gone when it was told to stop and has left, whatever the session server says (%s)',
    async (how) => {
      const membership = startMembership();
      await membership.answer();

      membership.actor.send({ type: 'stop' });
      expect(membership.state()).toBe('leaving');
      await membership.hear(how);

      expect([membership.reports.at(-1), membership.orders.at(-1)]).toEqual(['gone', 'leave']);
    },
  );

  it('is gone from every state when it is told to stop', async () => {
    const joining = startMembership();
    const retrying = startMembership();
    await retrying.fail('no');
    const leaving = startMembership();
    leaving.actor.send({ type: 'drain' });
    for (const membership of [joining, retrying, leaving]) {
      membership.actor.send({ type: 'stop' });
      await membership.answer();
    }
    const away = startMembership(false);
    away.actor.send({ type: 'stop' });

    for (const membership of [joining, retrying, leaving, away]) expect(membership.reports.at(-1)).toBe('gone');
    expect(away.orders).toEqual([]);
  });

  it('stays away where the server takes no clients when it starts', () => {
    const membership = startMembership(false);

    expect([membership.state(), membership.orders]).toEqual(['away', []]);
  });

  it('can reach every declared state', () => {
    const paths = getShortestPaths(membershipMachine.provide({ actions: { report: () => {} } }), {
      input: { sessionServer: SESSION_SERVER, isOpen: true },
      serializeState: ({ value, context }) => JSON.stringify([value, context.isOpen, context.isStopping]),
      events: [
        { type: 'drain' },
        { type: 'undrain' },
        { type: 'stop' },
        { type: 'xstate.done.actor.caller' } as never,
        { type: 'xstate.error.actor.caller' } as never,
        { type: 'xstate.after.joinInterval.membership.member.resting' } as never,
        { type: 'xstate.after.retryPause.membership.retrying' } as never,
      ],
      limit: 1_000,
    });
    const reached = paths.map(({ state }) => (typeof state.value === 'string' ? state.value : 'member'));

    expect([...new Set(reached)].sort()).toEqual(Object.keys(membershipMachine.states).sort());
  });
});

/** The machine below a parent that hears its reports. */
function startMembership(isOpen = true) {
  const clock = new SimulatedClock();
  const reported: MembershipReport[] = [];
  const orders: string[] = [];
  const calls: { signal: AbortSignal; resolve: () => void; reject: (error: Error) => void }[] = [];
  const caller = fromPromise<void, MembershipCall>(({ input: { order, sessionServer }, signal }) => {
    expect(sessionServer).toBe(SESSION_SERVER);
    orders.push(order);
    return new Promise((resolve, reject) => calls.push({ signal, resolve, reject }));
  });
  const parent = createActor(
    createMachine({
      invoke: {
        id: 'membership',
        src: membershipMachine.provide({ actors: { caller } }),
        input: { sessionServer: SESSION_SERVER, isOpen },
      },
      on: {
        'membership.changed': { actions: ({ event }) => void reported.push(event as unknown as MembershipReport) },
      },
    }),
    { clock },
  ).start();
  const actor = parent.getSnapshot().children.membership!;
  const turn = () => new Promise(setImmediate);
  const answer = async () => {
    calls.at(-1)?.resolve();
    await turn();
  };
  const fail = async (problem: string) => {
    calls.at(-1)?.reject(new Error(problem));
    await turn();
  };

  return {
    actor,
    clock,
    orders,
    get reports() {
      return reported.map(({ state }) => state);
    },
    problem: () => reported.at(-1)?.problem,
    aborted: () => calls.at(-1)?.signal.aborted,
    state: () => (actor.getSnapshot() as { value: unknown }).value,
    answer,
    fail,
    async hear(how: 'answer' | 'fail' | 'silence') {
      if (how === 'answer') await answer();
      else if (how === 'fail') await fail('no');
      else clock.increment(partingTime);
    },
  };
}
