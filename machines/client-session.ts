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
import { loadingMessage, queueMessage, shutdownTimeoutMessage } from './client-message.ts';
import { clientSessionSetup } from './client-session-setup.ts';
import { simulating } from './client-session-simulating.ts';
import { SESSION_TIMINGS } from './client-session-types.ts';
import { type End, INTERNAL_ERROR } from './end-reason.ts';

const SECOND_START = 'A simulation was already started on this connection.';
const EARLY_RESET = 'Expected a running simulation before `reset controller`.';
const DRAINED: End = { reason: 'drained', text: 'The simulation server is being stopped.' };

export const clientSessionMachine = clientSessionSetup.createMachine({
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
        simulating,
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
