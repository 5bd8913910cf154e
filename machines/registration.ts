/**
 * Tells one web service that this simulation server exists, once after its
 * port is open; tries again, ever more slowly, where the service cannot be
 * reached or has failed.
 */
import { assign, type ErrorActorEvent, fromPromise, setup } from 'xstate';

export interface RegistrationInput {
  /** URL to which the form is posted, e.g. `https://webots.cloud/ajax/server/setup.php`. */
  readonly service: string;
  /** Fields of the form, see `docs/protocol.md`. */
  readonly form: Readonly<Record<string, string>>;
}

/** Attempts in all: webots-server tries once and then five more times. */
export const REGISTRATION_ATTEMPTS = 6;

/** Wait after the first failed attempt, in ms: 5 s as in webots-server, where it stays so; here it doubles with each that follows. */
export const REGISTRATION_PAUSE = 5_000;

export const registrationMachine = setup({
  types: {} as {
    input: RegistrationInput;
    /** `answer` is the service's, '' before there is one; `failure` what the last attempt threw, if it did. */
    context: RegistrationInput & { attempts: number; answer: string; failure: unknown };
    events: { type: 'stop' };
  },
  actors: {
    post: fromPromise<string, RegistrationInput>(() => {
      throw new Error("registration: the actor 'post' was not provided");
    }),
  },
  guards: { hasAttemptsLeft: ({ context }) => context.attempts < REGISTRATION_ATTEMPTS },
  delays: { pause: ({ context }) => REGISTRATION_PAUSE * 2 ** (context.attempts - 1) },
  actions: {
    recordAnswer: assign({ answer: (_, answer: string) => answer }),
    recordFailure: assign({ failure: (_, failure: unknown) => failure }),
    countAttempt: assign({ attempts: ({ context }) => context.attempts + 1 }),
  },
}).createMachine({
  id: 'registration',
  description: 'Tells one web service that this simulation server exists.',
  context: ({ input }) => ({ ...input, attempts: 0, answer: '', failure: undefined }),
  on: { stop: '.ended' },
  initial: 'posting',
  states: {
    posting: {
      description: 'Holds while the service is asked to list this server.',
      entry: 'countAttempt',
      invoke: {
        id: 'post',
        src: 'post',
        input: ({ context: { service, form } }) => ({ service, form }),
        onDone: { target: 'registered', actions: { type: 'recordAnswer', params: ({ event }) => event.output } },
        onError: [
          { guard: 'hasAttemptsLeft', target: 'resting' },
          {
            target: 'refused',
            actions: { type: 'recordFailure', params: ({ event }: { event: ErrorActorEvent }) => event.error },
          },
        ],
      },
    },
    resting: {
      description: 'Holds between two attempts, each time twice as long.',
      after: { pause: 'posting' },
    },
    registered: { description: 'The service has answered.' },
    refused: { description: 'The service could not be reached, or has failed; it will not be asked again.' },
    ended: { type: 'final', description: 'The server is being stopped.' },
  },
});
