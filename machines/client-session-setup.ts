/** What a client session can do: its actors, actions, guards and delays, of which `client-session.ts` makes a machine. */
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
import { endMessages, mistakeMessage } from './client-message.ts';
import type {
  Admission,
  CheckedOutProject,
  CheckoutReport,
  EngineReport,
  FailureReport,
  SeatReport,
  SessionContext,
  SessionInput,
  SessionOrder,
  SocketOrder,
  SocketReport,
  StartRequest,
} from './client-session-types.ts';
import { type End, withCause } from './end-reason.ts';
import { failureReport } from './supervisor.ts';
import type { HeartbeatChange } from './webots-process-types.ts';

/** Mistakes that a client may make before its socket is closed: our choice. */
const MISTAKES_ALLOWED = 3;

const notProvided = (actor: string) => (): never => {
  throw new Error(`clientSession: the actor '${actor}' was not provided`);
};

export const clientSessionSetup = setup({
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
});
