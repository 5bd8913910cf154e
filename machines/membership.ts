/**
 * The place of this simulation server in the list of one session server: it
 * joins by itself, says again and again that it is there, and takes its leave.
 *
 * The `caller` actor asks the session server; it is provided in
 * `src/simulation/memberships.ts`, which also hears every `membership.changed`.
 */
import { assign, fromPromise, sendParent, setup } from 'xstate';

/** Durations in milliseconds; all are our choice. */
export interface MembershipTimings {
  /** Wait from one join to the next, and longest wait after a failed one: a third of the lease. */
  readonly joinInterval: number;
  /** Wait after the first failed join; it doubles with each that follows. */
  readonly firstRetry: number;
  /** Longest wait for an answer. */
  readonly callTimeout: number;
  /** Longest wait for an answer to the leave. */
  readonly partingTime: number;
}

export const MEMBERSHIP_TIMINGS: MembershipTimings = {
  joinInterval: 10_000,
  firstRetry: 1_000,
  callTimeout: 5_000,
  partingTime: 2_000,
};

export interface MembershipInput {
  /** URL of the session server. */
  readonly sessionServer: string;
  /** Whether the server takes clients now. */
  readonly isOpen: boolean;
  readonly timings?: MembershipTimings;
}

/** What the `caller` is to ask. */
export interface MembershipCall {
  readonly sessionServer: string;
  readonly order: 'join' | 'leave';
}

export type MembershipState = 'joining' | 'member' | 'retrying' | 'leaving' | 'away' | 'gone';

/** What the parent hears of each new state. */
export interface MembershipReport {
  readonly type: 'membership.changed';
  readonly sessionServer: string;
  readonly state: MembershipState;
  /** Why the last join failed, in words for the operator; undefined after one that did not. */
  readonly problem: string | undefined;
}

interface MembershipContext {
  readonly sessionServer: string;
  readonly isOpen: boolean;
  readonly timings: MembershipTimings;
  /** Failed joins in a row. */
  readonly failures: number;
  readonly problem: string | undefined;
  readonly isStopping: boolean;
}

export type MembershipEvent =
  /** The server takes no clients, or takes them again. */
  | { type: 'drain' | 'undrain' }
  /** Another process has taken this server's place, also in the list. */
  | { type: 'retire' }
  | { type: 'stop' };

export const membershipMachine = setup({
  types: {} as {
    input: MembershipInput;
    context: MembershipContext;
    events: MembershipEvent;
    children: { caller: 'caller' };
  },
  actors: {
    /** Resolves when the session server has agreed; rejects with why it has not. Breaks off when aborted. */
    caller: fromPromise<void, MembershipCall>(() => {
      throw new Error("membership: the actor 'caller' was not provided");
    }),
  },
  actions: {
    recordAgreement: assign({ failures: 0, problem: undefined }),
    recordFailure: assign({
      failures: ({ context }) => context.failures + 1,
      problem: (_, problem: string) => problem,
    }),
    recordOpen: assign({ isOpen: true }),
    recordClosed: assign({ isOpen: false }),
    recordStopping: assign({ isStopping: true }),
    report: sendParent(
      ({ context: { sessionServer, problem } }, state: MembershipState): MembershipReport => ({
        type: 'membership.changed',
        sessionServer,
        state,
        problem,
      }),
    ),
  },
  guards: {
    isOpen: ({ context }) => context.isOpen,
    isStopping: ({ context }) => context.isStopping,
  },
  delays: {
    joinInterval: ({ context }) => context.timings.joinInterval,
    retryPause: ({ context: { failures, timings } }) =>
      Math.min(timings.firstRetry * 2 ** Math.max(0, failures - 1), timings.joinInterval),
    callTimeout: ({ context }) => context.timings.callTimeout,
    partingTime: ({ context }) => context.timings.partingTime,
  },
}).createMachine({
  id: 'membership',
  description: 'The place of this simulation server in the list of one session server.',
  context: ({ input }) => ({
    sessionServer: input.sessionServer,
    isOpen: input.isOpen,
    timings: input.timings ?? MEMBERSHIP_TIMINGS,
    failures: 0,
    problem: undefined,
    isStopping: false,
  }),
  on: {
    drain: { actions: 'recordClosed' },
    undrain: { actions: 'recordOpen' },
    retire: '.gone',
  },
  initial: 'away',
  states: {
    away: {
      description: 'This server takes no clients, and does not ask to be listed.',
      always: { guard: 'isOpen', target: 'joining' },
      entry: { type: 'report', params: 'away' },
      on: { stop: 'gone' },
    },
    joining: {
      description: 'The session server is asked to list this server, and does not do so yet as far as is known.',
      entry: { type: 'report', params: 'joining' },
      invoke: {
        id: 'caller',
        src: 'caller',
        input: ({ context: { sessionServer } }) => ({ sessionServer, order: 'join' as const }),
        onDone: { target: 'member', actions: 'recordAgreement' },
        onError: {
          target: 'retrying',
          actions: { type: 'recordFailure', params: ({ event }) => problemOf(event.error) },
        },
      },
      after: { callTimeout: { target: 'retrying', actions: { type: 'recordFailure', params: noAnswer } } },
      on: {
        drain: { target: 'leaving', actions: 'recordClosed' },
        stop: { target: 'leaving', actions: 'recordStopping' },
      },
    },
    member: {
      description: 'The session server lists this server.',
      entry: { type: 'report', params: 'member' },
      on: {
        drain: { target: 'leaving', actions: 'recordClosed' },
        stop: { target: 'leaving', actions: 'recordStopping' },
      },
      initial: 'resting',
      states: {
        resting: {
          description: 'It has been told so less than joinInterval ago.',
          after: { joinInterval: 'renewing' },
        },
        renewing: {
          description: 'It is told again, for otherwise it would forget this server.',
          invoke: {
            id: 'caller',
            src: 'caller',
            input: ({ context: { sessionServer } }) => ({ sessionServer, order: 'join' as const }),
            onDone: 'resting',
            onError: {
              target: '#membership.retrying',
              actions: { type: 'recordFailure', params: ({ event }) => problemOf(event.error) },
            },
          },
          after: {
            callTimeout: { target: '#membership.retrying', actions: { type: 'recordFailure', params: noAnswer } },
          },
        },
      },
    },
    retrying: {
      description: 'The session server could not be asked, or has refused; it is asked again after retryPause.',
      entry: { type: 'report', params: 'retrying' },
      after: { retryPause: 'joining' },
      on: {
        drain: { target: 'leaving', actions: 'recordClosed' },
        stop: { target: 'leaving', actions: 'recordStopping' },
      },
    },
    leaving: {
      description: 'The session server is told that this server takes no clients; it has partingTime to answer.',
      entry: { type: 'report', params: 'leaving' },
      invoke: {
        id: 'caller',
        src: 'caller',
        input: ({ context: { sessionServer } }) => ({ sessionServer, order: 'leave' as const }),
        // One that cannot be told finds out by itself.
        onDone: [{ guard: 'isStopping', target: 'gone' }, { target: 'away' }],
        onError: [{ guard: 'isStopping', target: 'gone' }, { target: 'away' }],
      },
      after: { partingTime: [{ guard: 'isStopping', target: 'gone' }, { target: 'away' }] },
      on: { stop: { actions: 'recordStopping' } },
    },
    gone: {
      description: 'This server is being stopped, or another process has taken its place.',
      type: 'final',
      entry: { type: 'report', params: 'gone' },
    },
  },
});

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function noAnswer({ context }: { context: MembershipContext }): string {
  return `no answer within ${context.timings.callTimeout} ms`;
}
