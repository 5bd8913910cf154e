/**
 * Folds all simulation servers into the one bit that web clients watch: can a
 * simulation be started now?
 *
 * The `watchers` actor hears each change of the published bit, never the same
 * value twice in a row. It is provided in `src/session-role/servers.ts`.
 */
import { type AnyEventObject, assign, fromCallback, type NonReducibleUnknown, sendTo, setup } from 'xstate';

/** Shortest time between two changes of the published bit, in milliseconds: 1 s, our choice. */
export const CHANGE_INTERVAL = 1_000;

export interface AvailabilityInput {
  /** What the watchers were told last; false where they were told nothing. */
  readonly published: boolean;
  /** Ids of the servers that are available already. */
  readonly servers: readonly string[];
  /** In milliseconds; `CHANGE_INTERVAL` unless told otherwise. */
  readonly changeInterval?: number;
}

interface AvailabilityContext {
  readonly published: boolean;
  /** Ids of the servers to which clients can be sent. */
  readonly servers: readonly string[];
  readonly changeInterval: number;
}

export type AvailabilityEvent =
  | { type: 'server.available'; id: string }
  | { type: 'server.unavailable'; id: string }
  /** No client is to start anything from now on. */
  | { type: 'drain' }
  | { type: 'stop' };

/** What the watchers hear. */
export type AvailabilityChange = { type: 'availability.changed'; available: boolean };

export const availabilityMachine = setup({
  types: {} as {
    input: AvailabilityInput;
    context: AvailabilityContext;
    events: AvailabilityEvent;
    children: { watchers: 'watchers' };
  },
  actors: {
    watchers: fromCallback<AvailabilityChange, NonReducibleUnknown, AnyEventObject>(() => {
      throw new Error("availability: the actor 'watchers' was not provided");
    }),
  },
  actions: {
    recordAvailable: assign({
      servers: ({ context: { servers } }, id: string) => (servers.includes(id) ? servers : [...servers, id]),
    }),
    recordUnavailable: assign({
      servers: ({ context: { servers } }, id: string) => servers.filter((server) => server !== id),
    }),
    recordPublished: assign({ published: (_, available: boolean) => available }),
    tellWatchers: sendTo('watchers', ({ context }) => ({
      type: 'availability.changed',
      available: context.published,
    })),
  },
  guards: {
    isOutdated: ({ context }) => context.published !== context.servers.length > 0,
    isPublished: ({ context }) => context.published,
  },
  delays: { changeInterval: ({ context }) => context.changeInterval },
}).createMachine({
  id: 'availability',
  description: 'Whether a simulation can be started now, as web clients are told.',
  context: ({ input }) => ({
    published: input.published,
    servers: input.servers,
    changeInterval: input.changeInterval ?? CHANGE_INTERVAL,
  }),
  invoke: { id: 'watchers', src: 'watchers' },
  initial: 'settled',
  on: {
    'server.available': { actions: { type: 'recordAvailable', params: ({ event }) => event.id } },
    'server.unavailable': { actions: { type: 'recordUnavailable', params: ({ event }) => event.id } },
    stop: '.gone',
  },
  states: {
    settled: {
      description: 'The published bit is true to the servers, and their next change is published at once.',
      always: {
        guard: 'isOutdated',
        target: 'pausing',
        actions: [{ type: 'recordPublished', params: ({ context }) => context.servers.length > 0 }, 'tellWatchers'],
      },
      on: { drain: 'drained' },
    },
    pausing: {
      description: 'A change was published less than changeInterval ago; what happens meanwhile is published after it.',
      after: { changeInterval: 'settled' },
      on: { drain: 'drained' },
    },
    drained: {
      description: 'The session server is being stopped: unavailable from now on, whatever the servers say.',
      always: {
        guard: 'isPublished',
        actions: [{ type: 'recordPublished', params: false }, 'tellWatchers'],
      },
    },
    gone: { description: 'Nobody watches any more.', type: 'final' },
  },
});
