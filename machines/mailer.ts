/**
 * Tells the administrator by mail what becomes of the simulation servers:
 * changes that come in a burst are told in one digest, mails are spaced, and a
 * mail host that fails is asked again, ever more slowly.
 *
 * What waits is one line for each simulation server, however often it changes.
 * The `sender` actor is provided in `src/mail/mailer-child.ts`.
 */
import { assertEvent, assign, fromPromise, setup } from 'xstate';
import type { ServerState } from './simulation-server.ts';

/** Durations in milliseconds; all are our choice. */
export interface MailerTimings {
  /** From the first change until a mail tells of it: what fails together is told together. */
  readonly digestWindow: number;
  /** Shortest time between the end of one mail and the next. */
  readonly mailInterval: number;
  /** Longest time that one attempt may take: a mail host may greet as slowly as 10 s on purpose. */
  readonly sendTimeout: number;
  /** Wait after the first failed attempt; it doubles with each that follows. */
  readonly firstRetry: number;
  readonly longestRetry: number;
  /** Longest time for each of the last two mails at the stop: what was on its way, and what waits. */
  readonly partingTime: number;
}

export const MAILER_TIMINGS: MailerTimings = {
  digestWindow: 30_000,
  mailInterval: 60_000,
  sendTimeout: 20_000,
  firstRetry: 30_000,
  longestRetry: 900_000,
  partingTime: 5_000,
};

export type ToldState = Exclude<ServerState, 'probing'>;

/** A state of a simulation server, as the session server has found it. */
export interface ServerFinding {
  /** As in `simulationServers` of the configuration, e.g. `localhost:2000`. */
  readonly entry: string;
  readonly state: ToldState;
  /** Time of the day, in ms since 1970. */
  readonly at: number;
  /** In percent, where it is known. */
  readonly load?: number | undefined;
  /** Why it is unreachable, in words for the operator. */
  readonly problem?: string | undefined;
}

/** What became of one server since the last mail: its latest state, and how often it entered each. */
export interface ServerDigest extends ServerFinding {
  /** The state that was told before. */
  readonly before: ToldState;
  /** Since when it had that state, where that is known. */
  readonly beforeSince: number | undefined;
  /** Time of the first change, in ms since 1970. */
  readonly firstAt: number;
  readonly entered: Readonly<Record<ToldState, number>>;
}

/** What one mail tells; it stays the same however often it is tried. */
export interface MailDigest {
  /** Counts the mails of this mailer. */
  readonly number: number;
  readonly servers: readonly ServerDigest[];
  /** Servers that are available now, and all. */
  readonly available: number;
  readonly all: number;
}

export interface MailerInput {
  /** The servers, with the state that the administrator takes for granted: `available` where nothing was told. */
  readonly servers: Readonly<Record<string, ToldState>>;
  readonly timings?: MailerTimings;
}

interface MailerContext {
  readonly known: Readonly<Record<string, { readonly state: ToldState; readonly at?: number }>>;
  /** What no mail tells yet; one for each server at most. */
  readonly waiting: readonly ServerDigest[];
  /** What is being told. */
  readonly mail: MailDigest | undefined;
  readonly mails: number;
  /** Failed attempts in a row. */
  readonly failures: number;
  readonly isParting: boolean;
  readonly timings: MailerTimings;
}

export type MailerEvent =
  | ({ readonly type: 'server.found' } & ServerFinding)
  /** The server is watched no more; what waits to be told of it is told all the same. */
  | { readonly type: 'server.forgotten'; readonly entry: string }
  | { readonly type: 'stop' };

/** Servers of which something waits, however many come and go: our choice, several times those watched at once. */
const MOST_WAITING = 1_000;

const NEVER_ENTERED: ServerDigest['entered'] = { available: 0, overloaded: 0, draining: 0, unreachable: 0 };

export const mailerMachine = setup({
  types: {} as {
    input: MailerInput;
    context: MailerContext;
    events: MailerEvent;
    children: { sender: 'sender' };
  },
  actors: {
    /** Resolves when the mail host has taken the mail; rejects if it has not. Breaks off when aborted. */
    sender: fromPromise<void, MailDigest>(() => {
      throw new Error("mailer: the actor 'sender' was not provided");
    }),
  },
  actions: {
    recordChange: assign(({ context, event }) => {
      assertEvent(event, 'server.found');
      const { type: _, ...finding } = event;
      const { entry, state, at } = finding;
      const before = context.known[entry];
      const earlier = context.waiting.find((digest) => digest.entry === entry);
      const entered = earlier?.entered ?? NEVER_ENTERED;
      const digest: ServerDigest = {
        ...finding,
        before: earlier?.before ?? before?.state ?? 'available',
        beforeSince: earlier ? earlier.beforeSince : before?.at,
        firstAt: earlier?.firstAt ?? at,
        entered: { ...entered, [state]: entered[state] + 1 },
      };
      return {
        known: { ...context.known, [entry]: { state, at } },
        waiting: [...context.waiting.filter((other) => other !== earlier), digest].slice(-MOST_WAITING),
      };
    }),
    recordForgotten: assign(({ context, event }) => {
      assertEvent(event, 'server.forgotten');
      const { [event.entry]: _, ...known } = context.known;
      return { known };
    }),
    /** Unless one that failed is to be tried again. */
    recordMail: assign(({ context }) => {
      if (context.mail) return {};
      const states = Object.values(context.known).map(({ state }) => state);
      return {
        mail: {
          number: context.mails + 1,
          servers: context.waiting,
          available: states.filter((state) => state === 'available').length,
          all: states.length,
        },
        mails: context.mails + 1,
        waiting: [],
      };
    }),
    recordSent: assign({ mail: undefined, failures: 0 }),
    recordFailure: assign({ failures: ({ context }) => context.failures + 1 }),
    recordParting: assign({ isParting: true }),
  },
  guards: {
    isNews: ({ context, event }) =>
      event.type === 'server.found' && (context.known[event.entry]?.state ?? 'available') !== event.state,
    hasNews: ({ context }) => context.waiting.length > 0,
    isParting: ({ context }) => context.isParting,
    isPartingWithNews: ({ context }) => context.isParting && context.waiting.length > 0,
  },
  delays: {
    digestWindow: ({ context }) => context.timings.digestWindow,
    mailInterval: ({ context }) => context.timings.mailInterval,
    sendTimeout: ({ context }) => context.timings.sendTimeout,
    partingTime: ({ context }) => context.timings.partingTime,
    retryWait: ({ context: { failures, timings } }) =>
      Math.min(timings.firstRetry * 2 ** Math.max(0, failures - 1), timings.longestRetry),
  },
}).createMachine({
  id: 'mailer',
  description: 'Tells the administrator by mail what becomes of the simulation servers.',
  context: ({ input }) => ({
    known: Object.fromEntries(Object.entries(input.servers).map(([entry, state]) => [entry, { state }])),
    waiting: [],
    mail: undefined,
    mails: 0,
    failures: 0,
    isParting: false,
    timings: input.timings ?? MAILER_TIMINGS,
  }),
  initial: 'idle',
  on: {
    'server.found': { guard: 'isNews', actions: 'recordChange' },
    'server.forgotten': { actions: 'recordForgotten' },
  },
  states: {
    idle: {
      description: 'There is nothing to tell.',
      on: {
        'server.found': { guard: 'isNews', target: 'collecting', actions: 'recordChange' },
        stop: 'gone',
      },
    },
    collecting: {
      description: 'Something has changed; what changes within digestWindow is told with it.',
      after: { digestWindow: 'sending' },
      on: { stop: { target: 'sending', actions: 'recordParting' } },
    },
    sending: {
      description: 'A mail is on its way to the mail host.',
      entry: 'recordMail',
      invoke: {
        id: 'sender',
        src: 'sender',
        input: ({ context }) => context.mail as MailDigest,
        onDone: [
          { guard: 'isPartingWithNews', target: 'sending', reenter: true, actions: 'recordSent' },
          { guard: 'isParting', target: 'gone', actions: 'recordSent' },
          { target: 'resting', actions: 'recordSent' },
        ],
        onError: [
          { guard: 'isParting', target: 'gone' },
          { target: 'waiting', actions: 'recordFailure' },
        ],
      },
      initial: 'patient',
      states: {
        patient: {
          description: 'The mail host has sendTimeout.',
          always: { guard: 'isParting', target: 'parting' },
          after: { sendTimeout: { target: '#mailer.waiting', actions: 'recordFailure' } },
          on: { stop: { target: 'parting', actions: 'recordParting' } },
        },
        parting: {
          description: 'The session server is being stopped; the mail host has partingTime.',
          after: { partingTime: '#mailer.gone' },
        },
      },
    },
    resting: {
      description: 'A mail was sent less than mailInterval ago; what changes meanwhile is told after it.',
      after: { mailInterval: [{ guard: 'hasNews', target: 'sending' }, { target: 'idle' }] },
      on: { stop: [{ guard: 'hasNews', target: 'sending', actions: 'recordParting' }, { target: 'gone' }] },
    },
    waiting: {
      description: 'The mail host has failed; the same mail is tried again after retryWait.',
      after: { retryWait: 'sending' },
      on: { stop: { target: 'sending', actions: 'recordParting' } },
    },
    gone: { description: 'Nobody is told anything any more.', type: 'final' },
  },
});
