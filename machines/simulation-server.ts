/**
 * One simulation server as the session server sees it: asked for its load again
 * and again, and judged by the answers.
 *
 * The `probe` actor asks once; the `listener` actor hears every change. Both
 * are provided in `src/session/server-child.ts`.
 */
import { type AnyEventObject, assertEvent, assign, fromCallback, fromPromise, raise, sendTo, setup } from 'xstate';

/** Durations in milliseconds. */
export interface SimulationServerTimings {
  /** Wait between the end of one probe and the start of the next: 5 s, as the Python session server has it. */
  readonly pollInterval: number;
  /** Longest wait for the answer to a probe: 5 s, the time-out of the Python session server. */
  readonly probeTimeout: number;
  /** How long a granted session counts as load before the server's own measure must show it: `grantTime`. */
  readonly grantTime: number;
  /** How long a server that has joined is watched after it last said so. */
  readonly leaseTime: number;
}

/**
 * The figures of the Python session server; it has neither grants nor servers that join, so `grantTime` (10 s, two
 * polls) and `leaseTime` (30 s, three joins) are our choice.
 */
export const SIMULATION_SERVER_TIMINGS: SimulationServerTimings = {
  pollInterval: 5_000,
  probeTimeout: 5_000,
  grantTime: 10_000,
  leaseTime: 30_000,
};

/**
 * Grants are counted in this many slots of equal length and forgotten slot by
 * slot, so that any number of them costs one timer. Our choice: a grant counts
 * for `grantTime`, or up to a tenth less.
 */
export const GRANT_SLOTS = 10;

export interface SimulationServerInput {
  /** As in `simulationServers` of the configuration, e.g. `localhost:2000`. */
  readonly entry: string;
  /** Load in percent from which on the server is offered to nobody: `loadThreshold`. */
  readonly loadThreshold: number;
  /** Load in percent that a granted session stands for: `grantLoad`. */
  readonly grantLoad: number;
  /** Whether the server has joined by itself, and is to say so again and again; by default it has not. */
  readonly isLeased?: boolean;
  readonly timings?: SimulationServerTimings;
}

interface SimulationServerContext {
  readonly entry: string;
  readonly loadThreshold: number;
  readonly grantLoad: number;
  readonly isLeased: boolean;
  readonly timings: SimulationServerTimings;
  /** Its last load in percent, 0 before there was one. */
  readonly load: number;
  /** Grants in each slot, the current slot first; at most `GRANT_SLOTS` numbers. */
  readonly grants: readonly number[];
}

export type ServerState = 'probing' | 'available' | 'overloaded' | 'draining' | 'unreachable';

/** What one probe came to. */
type ProbeResult =
  /** In percent. */
  | { type: 'load.measured'; load: number }
  /** A probe had no usable answer; `problem` says why in words for the operator. */
  | { type: 'load.missing'; problem: string };

/** What the listener hears: every result of a probe, and changes of the rest. */
export type ServerFact =
  | ProbeResult
  | { type: 'server.changed'; state: Exclude<ServerState, 'probing'> }
  /** `reserved` is the load in percent that all grants together stand for. */
  | { type: 'reserve.changed'; reserved: number }
  /** The server has not said for `leaseTime` that it is there, and is watched no more. */
  | { type: 'lease.ended' };

/** Figures that may change while a server is watched. */
export interface SimulationServerFigures {
  /** Load in percent from which on the server is offered to nobody: `loadThreshold`; counts from the next answer on. */
  readonly loadThreshold: number;
  /** Load in percent that a granted session stands for: `grantLoad`. */
  readonly grantLoad: number;
  /** In ms, see `SimulationServerTimings`; counts from the next slot on. */
  readonly grantTime: number;
}

export type SimulationServerEvent =
  /** A client was sent to this server. */
  | { type: 'grant' }
  | ({ type: 'configure' } & SimulationServerFigures)
  /** The server says that it takes clients, or that it does not: it is drained or being stopped. */
  | { type: 'intake.opened' | 'intake.closed' }
  /** The server says again that it has joined. */
  | { type: 'lease.renewed' }
  | { type: 'stop' }
  | ProbeResult;

const notProvided = (actor: string) => (): never => {
  throw new Error(`simulationServer: the actor '${actor}' was not provided`);
};

const problemOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const nextSlot = (grants: readonly number[]) => [0, ...grants].slice(0, GRANT_SLOTS);

export const simulationServerMachine = setup({
  types: {} as {
    input: SimulationServerInput;
    context: SimulationServerContext;
    events: SimulationServerEvent;
    children: { probe: 'probe'; listener: 'listener' };
  },
  actors: {
    /** Resolves to the load in percent; rejects if the answer is missing or unusable. Stops asking when aborted. */
    probe: fromPromise<number, { entry: string }>(notProvided('probe')),
    listener: fromCallback<ServerFact, { entry: string }, AnyEventObject>(notProvided('listener')),
  },
  actions: {
    raiseMeasured: raise((_, load: number) => ({ type: 'load.measured' as const, load })),
    raiseMissing: raise((_, problem: string) => ({ type: 'load.missing' as const, problem })),
    raiseTimedOut: raise(({ context }) => ({
      type: 'load.missing' as const,
      problem: `no answer within ${context.timings.probeTimeout} ms`,
    })),
    raiseStop: raise({ type: 'stop' }),
    tellResult: sendTo('listener', ({ event }) => {
      assertEvent(event, ['load.measured', 'load.missing']);
      return event;
    }),
    tellState: sendTo('listener', (_, state: Exclude<ServerState, 'probing'>) => ({ type: 'server.changed', state })),
    tellLeaseOver: sendTo('listener', { type: 'lease.ended' }),
    recordLoad: assign({
      load: ({ context, event }) => (event.type === 'load.measured' ? event.load : context.load),
    }),
    recordGrant: assign({
      grants: ({ context }) => {
        const [current = 0, ...older] = context.grants;
        return [current + 1, ...older];
      },
    }),
    recordNextSlot: assign({ grants: ({ context }) => nextSlot(context.grants) }),
    recordNoGrants: assign({ grants: [] }),
    recordFigures: assign(({ context, event }) => {
      assertEvent(event, 'configure');
      const { loadThreshold, grantLoad, grantTime } = event;
      return { loadThreshold, grantLoad, timings: { ...context.timings, grantTime } };
    }),
    tellReserve: sendTo('listener', ({ context }) => ({
      type: 'reserve.changed',
      reserved: sum(context.grants) * context.grantLoad,
    })),
  },
  guards: {
    isBelowThreshold: ({ context, event }) =>
      (event.type === 'load.measured' ? event.load : context.load) < context.loadThreshold,
    isLeased: ({ context }) => context.isLeased,
    hasGrantsLeft: ({ context }) => sum(nextSlot(context.grants)) > 0,
  },
  delays: {
    pollInterval: ({ context }) => context.timings.pollInterval,
    probeTimeout: ({ context }) => context.timings.probeTimeout,
    grantSlot: ({ context }) => context.timings.grantTime / GRANT_SLOTS,
    leaseTime: ({ context }) => context.timings.leaseTime,
  },
}).createMachine({
  id: 'simulationServer',
  description: 'One simulation server as the session server sees it.',
  context: ({ input }) => ({
    entry: input.entry,
    loadThreshold: input.loadThreshold,
    grantLoad: input.grantLoad,
    isLeased: input.isLeased ?? false,
    load: 0,
    timings: input.timings ?? SIMULATION_SERVER_TIMINGS,
    grants: [],
  }),
  initial: 'watched',
  states: {
    watched: {
      description: 'The session server offers this simulation server to clients whenever it can.',
      type: 'parallel',
      invoke: { id: 'listener', src: 'listener', input: ({ context }) => ({ entry: context.entry }) },
      on: { configure: { actions: ['recordFigures', 'tellReserve'] }, stop: 'gone' },
      states: {
        polling: {
          description: 'One probe follows the other.',
          initial: 'asking',
          states: {
            asking: {
              description: 'A probe is on its way.',
              invoke: {
                id: 'probe',
                src: 'probe',
                input: ({ context }) => ({ entry: context.entry }),
                onDone: {
                  target: 'resting',
                  actions: { type: 'raiseMeasured', params: ({ event }) => event.output },
                },
                onError: {
                  target: 'resting',
                  actions: { type: 'raiseMissing', params: ({ event }) => problemOf(event.error) },
                },
              },
              after: { probeTimeout: { target: 'resting', actions: 'raiseTimedOut' } },
            },
            resting: {
              description: 'The last probe has ended; the next one waits for pollInterval.',
              after: { pollInterval: 'asking' },
            },
          },
          on: { 'load.*': { actions: ['recordLoad', 'tellResult'] } },
        },
        health: {
          description: 'What the last probe said about the server.',
          initial: 'probing',
          states: {
            probing: {
              description: 'No probe has ended yet.',
              on: {
                'load.measured': [{ guard: 'isBelowThreshold', target: 'available' }, { target: 'overloaded' }],
                'load.missing': 'unreachable',
              },
            },
            available: {
              description: 'The last load was below loadThreshold: clients may be sent here.',
              entry: { type: 'tellState', params: 'available' },
              on: {
                'load.measured': [{ guard: 'isBelowThreshold' }, { target: 'overloaded' }],
                'load.missing': 'unreachable',
                'intake.closed': 'draining',
              },
            },
            overloaded: {
              description: 'The last load was at or above loadThreshold.',
              entry: { type: 'tellState', params: 'overloaded' },
              on: {
                'load.measured': { guard: 'isBelowThreshold', target: 'available' },
                'load.missing': 'unreachable',
                'intake.closed': 'draining',
              },
            },
            draining: {
              description: 'The server has said that it takes no clients, whatever its load.',
              entry: { type: 'tellState', params: 'draining' },
              on: {
                'load.missing': 'unreachable',
                'intake.opened': [{ guard: 'isBelowThreshold', target: 'available' }, { target: 'overloaded' }],
              },
            },
            unreachable: {
              description: 'The last probe had no usable answer in time.',
              entry: { type: 'tellState', params: 'unreachable' },
              on: {
                'load.measured': [{ guard: 'isBelowThreshold', target: 'available' }, { target: 'overloaded' }],
              },
            },
          },
        },
        reserve: {
          description: 'The load that sent clients will cause, counted until the server itself can show it.',
          initial: 'clear',
          states: {
            clear: {
              description: 'No client was sent here within grantTime.',
              on: { grant: { target: 'held', actions: 'recordGrant' } },
            },
            held: {
              description: 'Clients were sent here within grantTime; the oldest are forgotten slot by slot.',
              entry: 'tellReserve',
              on: { grant: { actions: ['recordGrant', 'tellReserve'] } },
              after: {
                grantSlot: [
                  { guard: 'hasGrantsLeft', target: 'held', reenter: true, actions: 'recordNextSlot' },
                  { target: 'clear', actions: ['recordNoGrants', 'tellReserve'] },
                ],
              },
            },
          },
        },
        lease: {
          description: 'For how long the server is watched.',
          initial: 'lasting',
          states: {
            lasting: {
              description: 'The configuration names the server.',
              always: { guard: 'isLeased', target: 'limited' },
            },
            limited: {
              description: 'The server has joined by itself, and is forgotten when it has not said so for leaseTime.',
              on: { 'lease.renewed': { target: 'limited', reenter: true } },
              after: { leaseTime: { actions: ['tellLeaseOver', 'raiseStop'] } },
            },
          },
        },
      },
    },
    gone: { description: 'The session server no longer watches this simulation server.', type: 'final' },
  },
});
