/**
 * Tells the administrator by mail what becomes of the simulation servers:
 * changes that come in a burst are told in one digest, mails are spaced, and a
 * mail host that fails is asked again, ever more slowly. Whether it has failed
 * for now or for good, the `sender` says.
 *
 * What waits is one line for each simulation server, however often it changes.
 * The `sender` and `keeper` actors are provided in `src/mail/mail-care.ts`.
 */
import { assertEvent, assign, fromCallback, fromPromise, sendTo, setup } from 'xstate';
import {
  failuresOf,
  type MailDigest,
  type MailRecord,
  recordOf,
  type ServerFinding,
  withFailure,
  withFinding,
  withMail,
  withoutMail,
  withoutServer,
} from './mail-record.ts';

export type * from './mail-record.ts';

/** Durations in milliseconds; all are our choice. */
export interface MailerTimings {
  /** From the first change until a mail tells of it: what fails together is told together. */
  readonly digestWindow: number;
  /** Shortest time between the end of one mail and the next. */
  readonly mailInterval: number;
  /** Longest time that one attempt may take, with the 10 min that a mail host has for its last answer (RFC 5321, 4.5.3.2.6). */
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
  sendTimeout: 660_000,
  firstRetry: 30_000,
  longestRetry: 900_000,
  partingTime: 5_000,
};

export interface MailerInput {
  /** The servers that are watched. */
  readonly entries: readonly string[];
  /** What was found of them so far; each state other than in `record`, or other than `available`, is news. */
  readonly findings?: readonly ServerFinding[];
  /** What the mailer before has left. */
  readonly record?: MailRecord | undefined;
  readonly timings?: MailerTimings;
}

/** What the `keeper` hears of each change. */
export interface RecordChange {
  readonly type: 'record.changed';
  readonly record: MailRecord;
}

/** What the `sender` is to do. */
export interface MailAttempt {
  readonly mail: MailDigest;
  /** Attempts at this mail that have failed before, also those of mailers before this one. */
  readonly failures: number;
}

interface MailerContext {
  readonly record: MailRecord;
  readonly isParting: boolean;
  readonly isHandedOver: boolean;
  readonly timings: MailerTimings;
}

export type MailerEvent =
  | ({ readonly type: 'server.found' } & ServerFinding)
  /** The server is watched no more; what waits to be told of it is told all the same. */
  | { readonly type: 'server.forgotten'; readonly entry: string }
  /** The mail host may take now what it has not taken, since it is another one, or asked otherwise. */
  | { readonly type: 'retry' }
  /** Another mailer goes on by the record: when told to stop, this one begins no other mail. */
  | { readonly type: 'handOver' }
  | { readonly type: 'stop' };

export const mailerMachine = setup({
  types: {} as {
    input: MailerInput;
    context: MailerContext;
    events: MailerEvent;
    children: { sender: 'sender'; keeper: 'keeper' };
  },
  actors: {
    /** Resolves when the mail host has taken the mail, or it is to be dropped; rejects if it is to be tried again. Breaks off when aborted. */
    sender: fromPromise<void, MailAttempt>(() => {
      throw new Error("mailer: the actor 'sender' was not provided");
    }),
    /** Hears what a mailer after this one is to begin with: of each mail before it is sent, and after. */
    keeper: fromCallback<RecordChange>(() => {
      throw new Error("mailer: the actor 'keeper' was not provided");
    }),
  },
  actions: {
    recordFinding: assign(({ context, event }) => {
      assertEvent(event, 'server.found');
      const { type: _, ...finding } = event;
      return { record: withFinding(context.record, finding) };
    }),
    recordForgotten: assign(({ context, event }) => {
      assertEvent(event, 'server.forgotten');
      return { record: withoutServer(context.record, event.entry) };
    }),
    recordMail: assign({ record: ({ context }) => withMail(context.record) }),
    recordEnd: assign({ record: ({ context }) => withoutMail(context.record) }),
    recordFailure: assign({ record: ({ context }) => withFailure(context.record) }),
    recordParting: assign({ isParting: true }),
    recordHandOver: assign({ isHandedOver: true }),
    tellKeeper: sendTo('keeper', ({ context: { record } }): RecordChange => ({ type: 'record.changed', record })),
  },
  guards: {
    hasNews: ({ context: { record } }) => record.waiting.length > 0 || record.mail !== undefined,
    isParting: ({ context }) => context.isParting,
    isPartingWithNews: ({ context: { isParting, isHandedOver, record } }) =>
      isParting && !isHandedOver && record.waiting.length > 0,
    isHandedOver: ({ context }) => context.isHandedOver,
  },
  delays: {
    digestWindow: ({ context }) => context.timings.digestWindow,
    mailInterval: ({ context }) => context.timings.mailInterval,
    sendTimeout: ({ context }) => context.timings.sendTimeout,
    partingTime: ({ context }) => context.timings.partingTime,
    retryWait: ({ context: { record, timings } }) =>
      Math.min(timings.firstRetry * 2 ** Math.max(0, failuresOf(record) - 1), timings.longestRetry),
  },
}).createMachine({
  id: 'mailer',
  description: 'Tells the administrator by mail what becomes of the simulation servers.',
  context: ({ input: { entries, findings = [], record, timings = MAILER_TIMINGS } }) => ({
    record: recordOf(entries, findings, record),
    isParting: false,
    isHandedOver: false,
    timings,
  }),
  invoke: { id: 'keeper', src: 'keeper' },
  initial: 'idle',
  on: {
    'server.found': { actions: ['recordFinding', 'tellKeeper'] },
    'server.forgotten': { actions: ['recordForgotten', 'tellKeeper'] },
    handOver: { actions: 'recordHandOver' },
  },
  states: {
    idle: {
      description: 'There is nothing to tell.',
      entry: 'tellKeeper',
      always: { guard: 'hasNews', target: 'collecting' },
      on: { stop: 'gone' },
    },
    collecting: {
      description: 'Something has changed; what changes within digestWindow is told with it.',
      after: { digestWindow: 'sending' },
      on: {
        stop: [
          { guard: 'isHandedOver', target: 'gone' },
          { target: 'sending', actions: 'recordParting' },
        ],
      },
    },
    sending: {
      description: 'A mail is on its way to the mail host.',
      entry: ['recordMail', 'tellKeeper'],
      invoke: {
        id: 'sender',
        src: 'sender',
        input: ({ context: { record } }) => ({ mail: record.mail as MailDigest, failures: failuresOf(record) }),
        onDone: [
          { guard: 'isPartingWithNews', target: 'sending', reenter: true, actions: ['recordEnd', 'tellKeeper'] },
          { guard: 'isParting', target: 'gone', actions: ['recordEnd', 'tellKeeper'] },
          { target: 'resting', actions: ['recordEnd', 'tellKeeper'] },
        ],
        onError: [
          { guard: 'isParting', target: 'gone' },
          { target: 'waiting', actions: ['recordFailure', 'tellKeeper'] },
        ],
      },
      initial: 'patient',
      states: {
        patient: {
          description: 'The mail host has sendTimeout.',
          always: { guard: 'isParting', target: 'parting' },
          after: { sendTimeout: { target: '#mailer.waiting', actions: ['recordFailure', 'tellKeeper'] } },
          on: { stop: { target: 'parting', actions: 'recordParting' } },
        },
        parting: {
          description: 'The session server is being stopped; the mail host has partingTime.',
          after: { partingTime: '#mailer.gone' },
        },
      },
    },
    resting: {
      description: 'A mail was sent or dropped less than mailInterval ago; what changes meanwhile is told after it.',
      after: { mailInterval: [{ guard: 'hasNews', target: 'sending' }, { target: 'idle' }] },
      on: {
        stop: [
          { guard: 'isHandedOver', target: 'gone' },
          { guard: 'hasNews', target: 'sending', actions: 'recordParting' },
          { target: 'gone' },
        ],
      },
    },
    waiting: {
      description:
        'The mail host has failed; the same mail is tried again after retryWait, or when it is asked otherwise.',
      after: { retryWait: 'sending' },
      on: {
        retry: 'sending',
        stop: [
          { guard: 'isHandedOver', target: 'gone' },
          { target: 'sending', actions: 'recordParting' },
        ],
      },
    },
    gone: { description: 'Nobody is told anything any more.', type: 'final' },
  },
});
