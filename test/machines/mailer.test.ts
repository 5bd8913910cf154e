import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor, fromCallback, fromPromise, SimulatedClock } from 'xstate';
import {
  MAILER_TIMINGS,
  type MailAttempt,
  type MailDigest,
  type MailerEvent,
  type MailRecord,
  mailerMachine,
  type RecordChange,
  type ServerFinding,
  type ToldState,
} from '../../machines/mailer.ts';

const { digestWindow, mailInterval, sendTimeout, firstRetry, longestRetry, partingTime } = MAILER_TIMINGS;
const STATES = ['available', 'overloaded', 'unreachable'] as const;

const found = (entry: string, state: ToldState, at = 0): MailerEvent => ({ type: 'server.found', entry, state, at });

describe('mailer machine', () => {
  it('tells of a failure when digestWindow is over, with all that it knows', async () => {
    const { actor, clock, taken } = startMailer();
    const finding = { entry: 'a', state: 'unreachable', at: 1_000, problem: 'no answer' } as const;

    actor.send({ type: 'server.found', ...finding });
    clock.increment(digestWindow - 1);
    await turn();
    expect(taken).toEqual([]);

    clock.increment(1);
    await turn();
    expect(taken).toEqual([
      {
        number: 1,
        servers: [
          {
            ...finding,
            before: 'available',
            beforeSince: undefined,
            firstAt: 1_000,
            entered: { available: 0, overloaded: 0, draining: 0, unreachable: 1 },
          },
        ],
        available: 1,
        all: 2,
      },
    ]);
    expect(actor.getSnapshot().value).toBe('resting');
  });

  it('says nothing of servers that are found as they were, nor of one that is well at first', async () => {
    const { actor, clock, taken } = startMailer();

    actor.send(found('a', 'available'));
    actor.send(found('never heard of', 'available'));
    expect(actor.getSnapshot().value).toBe('idle');
    actor.send(found('a', 'overloaded'));
    actor.send(found('a', 'overloaded'));
    clock.increment(digestWindow);
    await turn();

    expect(changesIn(taken)).toBe(1);
  });

  it('counts a server no more that is watched no more, but tells what has become of it before', async () => {
    const { actor, clock, taken } = startMailer();

    actor.send(found('b', 'unreachable'));
    actor.send({ type: 'server.forgotten', entry: 'b' });
    clock.increment(digestWindow);
    await turn();

    expect(taken).toMatchObject([{ servers: [{ entry: 'b', state: 'unreachable' }], available: 1, all: 1 }]);
  });

  it('sends at most one mail in mailInterval, and tells then what has changed meanwhile', async () => {
    const { actor, clock, taken } = startMailer();
    await send(actor, clock, found('a', 'unreachable', 1_000));

    actor.send(found('a', 'available', 61_000));
    clock.increment(mailInterval - 1);
    await turn();
    expect(taken).toHaveLength(1);
    clock.increment(1);
    await turn();

    expect(taken[1]).toMatchObject({ number: 2, servers: [{ before: 'unreachable', beforeSince: 1_000 }] });
  });

  it('is idle again where nothing has changed in mailInterval', async () => {
    const { actor, clock } = startMailer();
    await send(actor, clock, found('a', 'unreachable'));

    clock.increment(mailInterval);

    expect(actor.getSnapshot().value).toBe('idle');
  });

  it('tries the same mail again after a failure, ever more slowly, and tells the rest in the next one', async () => {
    const host = failingHost();
    const { actor, clock, tried, taken } = startMailer({ host });
    await send(actor, clock, found('a', 'unreachable'));
    actor.send(found('b', 'unreachable'));

    for (let wait = firstRetry; wait < 2 * longestRetry; wait *= 2) {
      const tries = tried.length;
      clock.increment(Math.min(wait, longestRetry) - 1);
      await turn();
      expect(tried).toHaveLength(tries);
      clock.increment(1);
      await turn();
      expect(tried).toHaveLength(tries + 1);
    }
    host.isWell = true;
    clock.increment(longestRetry);
    await turn();
    clock.increment(mailInterval);
    await turn();

    expect(new Set(tried.slice(0, -1).map((mail) => JSON.stringify(mail))).size).toBe(1);
    expect(taken.map(({ servers }) => servers.map(({ entry }) => entry))).toEqual([['a'], ['b']]);
  });

  it('tries at once again when the mail host is asked otherwise, but not before it has failed', async () => {
    const { actor, clock, tried } = startMailer({ host: failingHost() });
    actor.send(found('a', 'unreachable'));
    actor.send({ type: 'retry' });
    await turn();
    expect(tried).toEqual([]);

    clock.increment(digestWindow);
    await turn();
    actor.send({ type: 'retry' });
    await turn();

    expect(tried).toHaveLength(2);
  });

  it('begins with the first wait again after a mail that was taken', async () => {
    const host = failingHost();
    const { actor, clock, tried, failed } = startMailer({ host });
    await send(actor, clock, found('a', 'unreachable'));
    host.isWell = true;
    clock.increment(firstRetry);
    await turn();
    clock.increment(mailInterval);
    host.isWell = false;
    await send(actor, clock, found('a', 'available'));
    clock.increment(firstRetry);
    await turn();

    expect(tried.map(({ number }) => number)).toEqual([1, 1, 2, 2]);
    expect(failed).toEqual([0, 1, 0, 1]);
  });

  it('breaks off an attempt that takes longer than sendTimeout, and tries again', async () => {
    const host = hangingHost();
    const { actor, clock, tried } = startMailer({ host });
    await send(actor, clock, found('a', 'unreachable'));

    clock.increment(sendTimeout);
    expect(actor.getSnapshot().value).toBe('waiting');
    expect(host.aborted).toBe(1);
    clock.increment(firstRetry);
    await turn();

    expect(tried).toHaveLength(2);
  });

  describe('when it is told to stop', () => {
    it('ends at once where there is nothing to tell', async () => {
      const idle = startMailer();
      const resting = startMailer();
      await send(resting.actor, resting.clock, found('a', 'unreachable'));

      idle.actor.send({ type: 'stop' });
      resting.actor.send({ type: 'stop' });

      expect([idle, resting].map(({ actor }) => actor.getSnapshot().status)).toEqual(['done', 'done']);
    });

    it('tells what waits for the window, or for mailInterval, first', async () => {
      const collecting = startMailer();
      collecting.actor.send(found('a', 'unreachable'));
      const resting = startMailer();
      await send(resting.actor, resting.clock, found('a', 'unreachable'));
      resting.actor.send(found('b', 'unreachable'));

      for (const { actor, taken } of [collecting, resting]) {
        actor.send({ type: 'stop' });
        await turn();
        expect(changesIn(taken)).toBe(actor === collecting.actor ? 1 : 2);
        expect(actor.getSnapshot().status).toBe('done');
      }
    });

    it('lets a mail that is on its way arrive, and sends what waits after it', async () => {
      const host = slowHost();
      const { actor, clock, taken } = startMailer({ host });
      await send(actor, clock, found('a', 'unreachable'));
      actor.send(found('b', 'unreachable'));

      actor.send({ type: 'stop' });
      actor.send({ type: 'stop' });
      host.answer();
      await turn();
      expect(taken).toHaveLength(1);
      host.answer();
      await turn();

      expect(taken.map(({ servers }) => servers.map(({ entry }) => entry))).toEqual([['a'], ['b']]);
      expect(actor.getSnapshot().status).toBe('done');
    });

    it('tries once more what has failed, and gives up then', async () => {
      const host = failingHost();
      const { actor, clock, tried } = startMailer({ host });
      await send(actor, clock, found('a', 'unreachable'));

      actor.send({ type: 'stop' });
      await turn();

      expect(tried).toHaveLength(2);
      expect(actor.getSnapshot().status).toBe('done');
    });

    it('waits no longer than partingTime for a mail host that hangs', async () => {
      const host = hangingHost();
      const { actor, clock } = startMailer({ host });
      await send(actor, clock, found('a', 'unreachable'));

      actor.send({ type: 'stop' });
      clock.increment(partingTime - 1);
      expect(actor.getSnapshot().status).toBe('active');
      clock.increment(1);

      expect(actor.getSnapshot().status).toBe('done');
      expect(host.aborted).toBe(1);
    });
  });

  describe('when it is started anew by what another one has left', () => {
    it('tells nothing again, and what has changed meanwhile', async () => {
      const first = startMailer();
      await send(first.actor, first.clock, found('a', 'unreachable', 1_000));
      first.actor.send(found('b', 'unreachable', 2_000));

      const next = startMailer({
        record: first.left(),
        findings: [
          { entry: 'a', state: 'unreachable', at: 9_000 },
          { entry: 'b', state: 'available', at: 9_000 },
        ],
      });
      next.clock.increment(digestWindow);
      await turn();

      expect(first.taken.map(({ number }) => number)).toEqual([1]);
      expect(next.taken).toMatchObject([{ number: 2, servers: [{ entry: 'b', firstAt: 2_000, at: 9_000 }] }]);
      expect(changesIn(next.taken)).toBe(2);
    });

    it('goes on with the waits where that one was, and counts the attempts of both', async () => {
      const first = startMailer({ host: failingHost() });
      await send(first.actor, first.clock, found('a', 'unreachable'));
      first.clock.increment(firstRetry);
      await turn();

      const next = startMailer({ host: failingHost(), record: first.left() });
      next.clock.increment(digestWindow);
      await turn();
      next.clock.increment(4 * firstRetry - 1);
      await turn();
      expect(next.tried).toHaveLength(1);
      next.clock.increment(1);
      await turn();

      expect([...first.failed, ...next.failed]).toEqual([0, 1, 2, 3]);
    });

    it('tries the same mail again that may have arrived, and then tells the rest', async () => {
      const first = startMailer({ host: hangingHost() });
      await send(first.actor, first.clock, found('a', 'unreachable', 1_000));
      first.actor.send(found('b', 'unreachable', 2_000));

      const next = startMailer({ record: first.left() });
      next.clock.increment(digestWindow);
      await turn();
      next.clock.increment(mailInterval);
      await turn();

      expect(next.taken[0]).toEqual(JSON.parse(JSON.stringify(first.tried[0])));
      expect(next.taken.slice(1)).toMatchObject([{ number: 2, servers: [{ entry: 'b' }] }]);
      expect(next.left()).toMatchObject({ waiting: [], mails: 2 });
      expect(next.left()).not.toHaveProperty('mail');
    });
  });

  describe('when another one goes on', () => {
    it('leaves what waits to that one, whichever wait it is in', async () => {
      const idle = startMailer();
      const collecting = startMailer();
      collecting.actor.send(found('a', 'unreachable'));
      const resting = startMailer();
      await send(resting.actor, resting.clock, found('a', 'unreachable'));
      resting.actor.send(found('b', 'unreachable'));
      const waiting = startMailer({ host: failingHost() });
      await send(waiting.actor, waiting.clock, found('a', 'unreachable'));

      for (const { actor } of [idle, collecting, resting, waiting]) {
        actor.send({ type: 'handOver' });
        actor.send({ type: 'stop' });
        await turn();
        expect(actor.getSnapshot().status).toBe('done');
      }
      expect([idle, collecting, waiting].map(({ taken }) => taken.length)).toEqual([0, 0, 0]);
      expect(collecting.left().waiting).toMatchObject([{ entry: 'a' }]);
      expect(resting.left().waiting).toMatchObject([{ entry: 'b' }]);
      expect(waiting.left().mail).toMatchObject({ servers: [{ entry: 'a' }] });
      expect(waiting.tried).toHaveLength(1);
    });

    it('lets a mail that is on its way arrive, and leaves the rest', async () => {
      const host = slowHost();
      const { actor, clock, taken, left } = startMailer({ host });
      await send(actor, clock, found('a', 'unreachable'));
      actor.send(found('b', 'unreachable'));

      actor.send({ type: 'handOver' });
      actor.send({ type: 'stop' });
      expect(actor.getSnapshot().status).toBe('active');
      host.answer();
      await turn();

      expect(actor.getSnapshot().status).toBe('done');
      expect(changesIn(taken)).toBe(1);
      expect(left()).toMatchObject({ waiting: [{ entry: 'b' }], mails: 1 });
      expect(left()).not.toHaveProperty('mail');
    });
  });

  it('tells each change of any day exactly once, in mails that are mailInterval apart unless it is started anew', async () => {
    const step = fc.record({
      wait: fc.integer({ min: 0, max: 2 * mailInterval }),
      entry: fc.constantFrom('a', 'b'),
      state: fc.constantFrom(...STATES),
      isWell: fc.boolean(),
      end: fc.constantFrom('none', 'none', 'none', 'kill', 'stop'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (day) => {
        const host = failingHost();
        const clock = new SimulatedClock();
        let mailer = startMailer({ host, clock });
        const earlier: MailDigest[] = [];
        const gaps: number[] = [];
        const noteGaps = () => gaps.push(...mailer.times.slice(1).map((time, index) => time - mailer.times[index]!));
        const states = new Map<string, ToldState>();
        let changes = 0;
        for (const { wait, entry, state, isWell, end } of day) {
          host.isWell = isWell;
          if (state !== (states.get(entry) ?? 'available')) changes++;
          states.set(entry, state);
          mailer.actor.send(found(entry, state, clock.now()));
          clock.increment(wait);
          await turn();
          if (end === 'none') continue;
          // Those of a stop follow at once.
          noteGaps();
          if (end === 'kill') mailer.actor.stop();
          else mailer.actor.send({ type: 'stop' });
          // What the host has taken meanwhile is known.
          await turn();
          earlier.push(...mailer.taken);
          mailer = startMailer({ host, clock, record: mailer.left() });
        }
        host.isWell = true;
        for (let round = 0; round < 4; round++) {
          clock.increment(longestRetry);
          await turn();
        }

        noteGaps();
        expect(changesIn([...earlier, ...mailer.taken])).toBe(changes);
        expect(mailer.left()).toMatchObject({ waiting: [] });
        expect(mailer.left()).not.toHaveProperty('mail');
        expect(gaps.filter((gap) => gap < mailInterval)).toEqual([]);
      }),
      { numRuns: 50 },
    );
  });
});

/** What stands for a mail host. */
interface Host {
  send(mail: MailDigest, signal: AbortSignal): Promise<void>;
}

const wellHost: Host = { send: async () => {} };

function failingHost() {
  const host = {
    isWell: false,
    send: async () => {
      if (!host.isWell) throw new Error('refused');
    },
  };
  return host;
}

function hangingHost() {
  const host = {
    aborted: 0,
    send: (_: MailDigest, signal: AbortSignal) =>
      new Promise<void>(() => signal.addEventListener('abort', () => host.aborted++)),
  };
  return host;
}

function slowHost() {
  let resolve = () => {};
  return {
    answer: () => resolve(),
    send: () =>
      new Promise<void>((taken) => {
        resolve = taken;
      }),
  };
}

function startMailer({
  host = wellHost,
  entries = ['a', 'b'],
  findings = [],
  record,
  clock = new SimulatedClock(),
}: {
  host?: Host;
  entries?: readonly string[];
  findings?: readonly ServerFinding[];
  record?: MailRecord;
  clock?: SimulatedClock;
} = {}) {
  const tried: MailDigest[] = [];
  const failed: number[] = [];
  const taken: MailDigest[] = [];
  const times: number[] = [];
  const sender = fromPromise<void, MailAttempt>(async ({ input: { mail, failures }, signal }) => {
    tried.push(mail);
    failed.push(failures);
    await host.send(mail, signal);
    taken.push(mail);
    times.push(clock.now());
  });
  const kept: MailRecord[] = [];
  const keeper = fromCallback<RecordChange>(({ receive }) => receive((change) => kept.push(change.record)));
  const machine = mailerMachine.provide({ actors: { sender, keeper } });
  const actor = createActor(machine, { clock, input: { entries, findings, ...(record && { record }) } }).start();
  /** What a mailer after this one, ended in whichever way, begins with: as it comes out of a file. */
  const left = (): MailRecord => JSON.parse(JSON.stringify(kept.at(-1)));
  return { actor, clock, tried, failed, taken, times, left };
}

/** Has a change told of. */
async function send(actor: ReturnType<typeof startMailer>['actor'], clock: SimulatedClock, event: MailerEvent) {
  actor.send(event);
  clock.increment(digestWindow);
  await turn();
}

/** Changes that mails tell of, those that are counted too. */
function changesIn(mails: readonly Pick<MailDigest, 'servers'>[]): number {
  const counts = mails.flatMap(({ servers }) => servers.flatMap(({ entered }) => Object.values(entered)));
  return counts.reduce((sum, count) => sum + count, 0);
}

function turn(): Promise<void> {
  return new Promise(setImmediate);
}
