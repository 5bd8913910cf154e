import { assertEvent, type ErrorActorEvent } from 'xstate';
import { BEAT_MESSAGE, shutdownTimeoutMessage, webotsMessage } from './client-message.ts';
import { clientSessionSetup } from './client-session-setup.ts';
import { INTERNAL_ERROR } from './end-reason.ts';

const BUSY_RESET = 'Expected the answer to the last `reset controller` first.';

/** The state of a client session from the order for an engine until it has none any more. */
export const simulating = clientSessionSetup.createStateConfig({
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
});
