/**
 * One web client of a simulation server, from its socket's opening until
 * nothing of it is left on this machine.
 *
 * The client's socket is the `socket` actor, invoked as long as the session
 * lives. `admission`, `checkout` and `engine` do the three steps to a
 * simulation, with `seat` between the first two while all places are taken;
 * `engineStop`, `resourceRelease` and `socketClose` undo them in
 * the order that the promise "nothing outlives its client" wants. All are
 * provided in `src/simulation/session-machine.ts`.
 */
import {
  type AnyEventObject,
  assertEvent,
  assign,
  type ErrorActorEvent,
  emit,
  enqueueActions,
  fromCallback,
  fromPromise,
  raise,
  sendParent,
  sendTo,
  setup,
} from 'xstate';
import {
  BEAT_MESSAGE,
  endMessages,
  loadingMessage,
  mistakeMessage,
  queueMessage,
  shutdownTimeoutMessage,
  webotsMessage,
} from './client-message.ts';
import {
  type Admission,
  type CheckedOutProject,
  type CheckoutReport,
  type EngineReport,
  type FailureReport,
  SESSION_TIMINGS,
  type SeatReport,
  type SessionContext,
  type SessionInput,
  type SessionOrder,
  type SocketOrder,
  type SocketReport,
  type StartRequest,
} from './client-session-types.ts';
import { type End, INTERNAL_ERROR, withCause } from './end-reason.ts';
import { failureReport } from './supervisor.ts';
import type { HeartbeatChange } from './webots-process-types.ts';

/** Mistakes that a client may make before its socket is closed: our choice. */
export const MISTAKES_ALLOWED = 3;

const notProvided = (actor: string) => (): never => {
  throw new Error(`clientSession: the actor '${actor}' was not provided`);
};

const SECOND_START = 'A simulation was already started on this connection.';
const EARLY_RESET = 'Expected a running simulation before `reset controller`.';
const BUSY_RESET = 'Expected the answer to the last `reset controller` first.';
const DRAINED: End = { reason: 'drained', text: 'The simulation server is being stopped.' };

export const clientSessionMachine = setup({
  types: {} as {
    input: SessionInput;
    context: SessionContext;
    events: SocketReport | SeatReport | CheckoutReport | EngineReport | FailureReport | SessionOrder;
    emitted: HeartbeatChange;
    output: End;
  },
  actors: {
    socket: fromCallback<SocketOrder, { id: string }>(notProvided('socket')),
    /** Resolves to nothing if the client may start what it asks for, to `queued` if it may wait for a place, else to the end that it means. */
    admission: fromPromise<Admission, { id: string; request: StartRequest }>(notProvided('admission')),
    /** Waits for a place as long as it runs. */
    seat: fromCallback<AnyEventObject, { id: string }>(notProvided('seat')),
    checkout: fromCallback<AnyEventObject, { id: string; request: StartRequest }>(notProvided('checkout')),
    engine: fromCallback<AnyEventObject, { id: string; request: StartRequest; project: CheckedOutProject }>(
      notProvided('engine'),
    ),
    /** Answers the client; a failure is a mistake of the client's. */
    controllerReset: fromPromise<{ message: string }, { id: string; file: string; project: CheckedOutProject }>(
      notProvided('controllerReset'),
    ),
    engineStop: fromPromise<void, { id: string }>(notProvided('engineStop')),
    resourceRelease: fromPromise<void, { id: string }>(notProvided('resourceRelease')),
    socketClose: fromPromise<void, { id: string }>(notProvided('socketClose')),
  },
  actions: {
    tell: sendTo('socket', (_, text: string) => ({ type: 'send', text })),
    tellMistake: enqueueActions(({ context, enqueue }, text: string) => {
      enqueue.assign({ mistakes: context.mistakes + 1 });
      enqueue.sendTo('socket', { type: 'send', text: mistakeMessage(text) });
    }),
    raiseMistake: raise((_, text: string) => ({ type: 'client.mistaken' as const, text })),
    tellEnd: enqueueActions(({ context, enqueue }) => {
      if (!context.end?.text) return;
      for (const text of endMessages(context.end, context.id)) enqueue.sendTo('socket', { type: 'send', text });
    }),
    announceUnresponsive: emit({ type: 'engine.unresponsive' }),
    announceResponsive: emit({ type: 'engine.responsive' }),
    /** Expects the event by which an actor's failure is heard of. */
    reportFailure: sendParent(({ self, event }) => {
      const failure = event as FailureReport | ErrorActorEvent;
      const id = 'actor' in failure ? failure.actor : failure.actorId;
      return failureReport(self, id, failure.error);
    }),
    recordEnd: assign({ end: ({ context, event }, end: End) => context.end ?? withCause(end, event) }),
    recordRequest: assign({
      request: ({ event }) => {
        assertEvent(event, 'client.started');
        return { url: event.url, mode: event.mode };
      },
    }),
    recordProject: assign({
      project: ({ event }) => {
        assertEvent(event, 'checkout.finished');
        return event.project;
      },
    }),
    recordPort: assign({
      port: ({ event }) => {
        assertEvent(event, 'engine.ready');
        return event.port;
      },
    }),
    recordSimulation: assign({
      simulation: ({ event }) => {
        assertEvent(event, 'engine.stateChanged');
        return event.state;
      },
    }),
  },
  guards: {
    isAdmitted: (_, admission: Admission) => admission === undefined,
    isQueued: (_, admission: Admission) => admission === 'queued',
    /** Whether an error was made for the client to read. */
    isRefusal: (_, error: unknown) => error instanceof Error && error.name === 'AppError',
    hasMistakesLeft: ({ context }) => context.mistakes < MISTAKES_ALLOWED,
  },
  delays: {
    startMessageTimeout: ({ context }) => context.timings.startMessageTimeout,
    queueTimeout: ({ context }) => context.timings.queueTimeout,
    timeLimit: ({ context }) => context.timings.timeLimit,
    leaveTimeout: ({ context }) => context.timings.leaveTimeout,
  },
}).createMachine({
  id: 'clientSession',
  description: 'One web client of a simulation server, until nothing of it is left on this machine.',
  context: ({ input }) => ({
    id: input.id,
    streamBase: input.streamBase,
    timings: input.timings ?? SESSION_TIMINGS,
    mistakes: 0,
    request: undefined,
    project: undefined,
    port: undefined,
    simulation: 'paused',
    end: undefined,
  }),
  invoke: {
    id: 'socket',
    src: 'socket',
    input: ({ context }) => ({ id: context.id }),
    onError: { target: '.leaving', actions: ['reportFailure', { type: 'recordEnd', params: INTERNAL_ERROR }] },
  },
  initial: 'connected',
  states: {
    connected: {
      description: 'Holds while the client is served.',
      on: {
        stop: { target: 'leaving', actions: { type: 'recordEnd', params: DRAINED } },
        drain: { actions: { type: 'tell', params: ({ event }) => shutdownTimeoutMessage(event.seconds) } },
        end: { target: 'leaving', actions: { type: 'recordEnd', params: ({ event }) => event.end } },
        'actor.failed': {
          target: 'leaving',
          actions: ['reportFailure', { type: 'recordEnd', params: INTERNAL_ERROR }],
        },
        'socket.closed': {
          target: 'leaving',
          actions: { type: 'recordEnd', params: ({ event }) => ({ reason: event.reason, text: '' }) },
        },
        'client.mistaken': [
          { guard: 'hasMistakesLeft', actions: { type: 'tellMistake', params: ({ event }) => event.text } },
          {
            target: 'leaving',
            actions: {
              type: 'recordEnd',
              params: ({ event }) => ({ reason: 'clientMisbehaved', text: event.text }),
            },
          },
        ],
        'client.started': { actions: { type: 'raiseMistake', params: SECOND_START } },
        'client.controllerReset': { actions: { type: 'raiseMistake', params: EARLY_RESET } },
      },
      initial: 'waiting',
      states: {
        waiting: {
          description: 'Holds until the client says which world it wants.',
          on: {
            'client.started': { target: 'checking', actions: 'recordRequest' },
            drain: { target: '#clientSession.leaving', actions: { type: 'recordEnd', params: DRAINED } },
          },
          after: {
            startMessageTimeout: {
              target: '#clientSession.leaving',
              actions: {
                type: 'recordEnd',
                params: ({ context }) => ({
                  reason: 'clientSilent',
                  text: `Expected a start message within ${context.timings.startMessageTimeout / 1000} seconds.`,
                }),
              },
            },
          },
        },
        checking: {
          description: 'Holds while it is checked whether this world may be started here and now.',
          invoke: {
            id: 'admission',
            src: 'admission',
            input: ({ context }) => ({ id: context.id, request: context.request! }),
            onDone: [
              { guard: { type: 'isAdmitted', params: ({ event }) => event.output }, target: 'fetching' },
              { guard: { type: 'isQueued', params: ({ event }) => event.output }, target: 'queued' },
              {
                target: '#clientSession.leaving',
                actions: { type: 'recordEnd', params: ({ event }) => event.output as End },
              },
            ],
            onError: {
              target: '#clientSession.leaving',
              actions: ['reportFailure', { type: 'recordEnd', params: INTERNAL_ERROR }],
            },
          },
        },
        queued: {
          description: 'Holds while the client waits in line because all places are taken.',
          invoke: {
            id: 'seat',
            src: 'seat',
            input: ({ context }) => ({ id: context.id }),
            onError: {
              target: '#clientSession.leaving',
              actions: ['reportFailure', { type: 'recordEnd', params: INTERNAL_ERROR }],
            },
          },
          on: {
            'place.changed': { actions: { type: 'tell', params: ({ event }) => queueMessage(event.place) } },
            'seat.given': 'fetching',
            'seat.refused': {
              target: '#clientSession.leaving',
              actions: { type: 'recordEnd', params: ({ event }) => event.end },
            },
            drain: { target: '#clientSession.leaving', actions: { type: 'recordEnd', params: DRAINED } },
          },
          after: {
            queueTimeout: {
              target: '#clientSession.leaving',
              actions: {
                type: 'recordEnd',
                params: ({ context }) => ({
                  reason: 'serverFull',
                  text: `The simulation server is full: no place became free within ${context.timings.queueTimeout / 1000} seconds.`,
                }),
              },
            },
          },
        },
        fetching: {
          description: 'Holds while the project is checked out.',
          invoke: {
            id: 'checkout',
            src: 'checkout',
            input: ({ context }) => ({ id: context.id, request: context.request! }),
            onError: {
              target: '#clientSession.leaving',
              actions: ['reportFailure', { type: 'recordEnd', params: INTERNAL_ERROR }],
            },
          },
          on: {
            'checkout.progressed': {
              actions: { type: 'tell', params: ({ event }) => loadingMessage(event.line) },
            },
            'checkout.finished': { target: 'simulating', actions: 'recordProject' },
            'checkout.failed': {
              target: '#clientSession.leaving',
              actions: { type: 'recordEnd', params: ({ event }) => event.end },
            },
          },
        },
        simulating: {
          description: 'Holds while the session leases an engine.',
          invoke: {
            id: 'engine',
            src: 'engine',
            input: ({ context }) => ({ id: context.id, request: context.request!, project: context.project! }),
            onError: {
              target: '#clientSession.leaving',
              actions: ['reportFailure', { type: 'recordEnd', params: INTERNAL_ERROR }],
            },
          },
          on: {
            'engine.refused': {
              target: '#clientSession.leaving',
              actions: { type: 'recordEnd', params: ({ event }) => event.end },
            },
            'engine.gone': {
              target: '#clientSession.leaving',
              actions: { type: 'recordEnd', params: ({ event }) => event.outcome },
            },
          },
          initial: 'launching',
          states: {
            launching: {
              description: 'Holds from the order for an engine until it is ready.',
              on: {
                'engine.spawned': {
                  actions: {
                    type: 'tell',
                    params: ({ context }) => shutdownTimeoutMessage(context.timings.timeLimit / 1000),
                  },
                },
                'engine.ready': {
                  target: 'streaming',
                  actions: [
                    'recordPort',
                    {
                      type: 'tell',
                      params: ({ context, event }) => webotsMessage(context.streamBase, event.port),
                    },
                  ],
                },
              },
            },
            streaming: {
              description: 'Holds while the client can reach its engine.',
              initial: 'steady',
              on: {
                'engine.beat': { actions: { type: 'tell', params: BEAT_MESSAGE } },
                'engine.stateChanged': { actions: 'recordSimulation' },
                'engine.unresponsive': { actions: 'announceUnresponsive' },
                'engine.responsive': { actions: 'announceResponsive' },
              },
              after: {
                timeLimit: {
                  target: '#clientSession.leaving',
                  actions: {
                    type: 'recordEnd',
                    params: ({ context }) => ({
                      reason: 'timeLimitReached',
                      text: `The simulation has run for ${context.timings.timeLimit / 60_000} minutes, the longest that one may.`,
                    }),
                  },
                },
              },
              states: {
                steady: {
                  description: 'Holds while no controller file is being reset.',
                  on: { 'client.controllerReset': 'resettingController' },
                },
                resettingController: {
                  description: 'Holds while a controller file is put back as it was checked out.',
                  on: { 'client.controllerReset': { actions: { type: 'raiseMistake', params: BUSY_RESET } } },
                  invoke: {
                    id: 'controllerReset',
                    src: 'controllerReset',
                    input: ({ context, event }) => {
                      assertEvent(event, 'client.controllerReset');
                      return { id: context.id, file: event.file, project: context.project! };
                    },
                    onDone: {
                      target: 'steady',
                      actions: { type: 'tell', params: ({ event }) => event.output.message },
                    },
                    onError: [
                      {
                        guard: { type: 'isRefusal', params: ({ event }: { event: ErrorActorEvent }) => event.error },
                        target: 'steady',
                        actions: { type: 'raiseMistake', params: ({ event }) => (event.error as Error).message },
                      },
                      {
                        target: 'steady',
                        actions: ['reportFailure', { type: 'raiseMistake', params: INTERNAL_ERROR.text }],
                      },
                    ],
                  },
                },
              },
            },
          },
        },
      },
    },
    leaving: {
      description: 'Holds while what the session held is given back: engine, checkout, port, folder, socket.',
      entry: 'tellEnd',
      initial: 'stoppingEngine',
      states: {
        stoppingEngine: {
          description: 'Holds until no process of the engine is left and the checkout has ended.',
          invoke: {
            id: 'engineStop',
            src: 'engineStop',
            input: ({ context }) => ({ id: context.id }),
            onDone: 'releasing',
            onError: { target: 'releasing', actions: 'reportFailure' },
          },
          after: { leaveTimeout: 'releasing' },
        },
        releasing: {
          description: 'Holds until the port is free and the folder is removed.',
          invoke: {
            id: 'resourceRelease',
            src: 'resourceRelease',
            input: ({ context }) => ({ id: context.id }),
            onDone: 'closingSocket',
            onError: { target: 'closingSocket', actions: 'reportFailure' },
          },
          after: { leaveTimeout: 'closingSocket' },
        },
        closingSocket: {
          description: 'Holds until the socket is closed, with 1000 if the client still listens.',
          invoke: {
            id: 'socketClose',
            src: 'socketClose',
            input: ({ context }) => ({ id: context.id }),
            onDone: '#clientSession.gone',
            onError: { target: '#clientSession.gone', actions: 'reportFailure' },
          },
          after: { leaveTimeout: '#clientSession.gone' },
        },
      },
    },
    gone: { type: 'final', description: 'Nothing of the session is left.' },
  },
  output: ({ context }) => context.end ?? INTERNAL_ERROR,
});
