/**
 * One question for a simulation server that is held because none has room.
 *
 * The `asker` actor tells when whoever asks has gone. It is provided in
 * `src/session/queue.ts`, which also says whose turn it is.
 */
import { type AnyEventObject, assign, fromCallback, setup } from 'xstate';

export interface SessionRequestInput {
  readonly id: string;
  /** Longest wait in ms. */
  readonly queueTimeout: number;
}

export type SessionRequestEvent =
  /** The client is sent to the simulation server with this entry. */
  | { type: 'grant'; entry: string }
  /** Another one needs the place in the line. */
  | { type: 'crowdOut' }
  /** The session server is being stopped. */
  | { type: 'stop' }
  | { type: 'asker.left' };

/** How the wait ended. */
export type RequestOutcome = 'granted' | 'timedOut' | 'crowdedOut' | 'drained' | 'left';

export interface SessionRequestOutput {
  readonly outcome: RequestOutcome;
  /** Of the simulation server, where one was granted. */
  readonly entry: string | undefined;
}

interface SessionRequestContext extends SessionRequestInput {
  readonly output: SessionRequestOutput;
}

export const sessionRequestMachine = setup({
  types: {} as {
    input: SessionRequestInput;
    context: SessionRequestContext;
    events: SessionRequestEvent;
    output: SessionRequestOutput;
    children: { asker: 'asker' };
  },
  actors: {
    asker: fromCallback<AnyEventObject, { id: string }>(() => {
      throw new Error("sessionRequest: the actor 'asker' was not provided");
    }),
  },
  actions: {
    recordOutcome: assign({
      output: ({ event }, outcome: RequestOutcome) => ({
        outcome,
        entry: event.type === 'grant' ? event.entry : undefined,
      }),
    }),
  },
  delays: { queueTimeout: ({ context }) => context.queueTimeout },
}).createMachine({
  id: 'sessionRequest',
  description: 'One question for a simulation server that is held because none has room.',
  context: ({ input }) => ({ ...input, output: { outcome: 'left', entry: undefined } }),
  initial: 'waiting',
  states: {
    waiting: {
      description: 'Holds while no simulation server has room for it, or others are before it.',
      invoke: { id: 'asker', src: 'asker', input: ({ context }) => ({ id: context.id }) },
      on: {
        grant: 'granted',
        crowdOut: 'crowdedOut',
        stop: 'drained',
        'asker.left': 'left',
      },
      after: { queueTimeout: 'timedOut' },
    },
    granted: {
      description: 'Its turn has come, and a simulation server has room.',
      type: 'final',
      entry: { type: 'recordOutcome', params: 'granted' },
    },
    timedOut: {
      description: 'It has waited for as long as one may.',
      type: 'final',
      entry: { type: 'recordOutcome', params: 'timedOut' },
    },
    crowdedOut: {
      description: 'It made room for one of another address.',
      type: 'final',
      entry: { type: 'recordOutcome', params: 'crowdedOut' },
    },
    drained: {
      description: 'The session server is being stopped.',
      type: 'final',
      entry: { type: 'recordOutcome', params: 'drained' },
    },
    left: {
      description: 'Nobody waits for the answer any more.',
      type: 'final',
      entry: { type: 'recordOutcome', params: 'left' },
    },
  },
  output: ({ context }) => context.output,
});
