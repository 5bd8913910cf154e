/**
 * One run of one engine process (Webots or a stand-in), from launch until
 * nothing of it is left.
 *
 * The program itself is the `program` actor, the check of its port the
 * `portCheck` actor, the proof that its whole process tree has ended the
 * `reaper` actor; all three are provided in `src/simulation/session-machine.ts`.
 * Whoever leases the engine hears its emitted events and reads its output.
 */
import {
  assertEvent,
  assign,
  type ErrorActorEvent,
  emit,
  fromCallback,
  fromPromise,
  sendParent,
  sendTo,
  setup,
} from 'xstate';
import { type End, type EndReason, INTERNAL_ERROR, withCause } from './end-reason.ts';
import { failureReport } from './supervisor.ts';
import {
  BEATS_MISSED,
  type ProgramOrder,
  type ProgramOutput,
  type ProgramReport,
  type SimulationState,
  WEBOTS_TIMINGS,
  type WebotsEvent,
  type WebotsLaunch,
  type WebotsOutcome,
  type WebotsTimings,
} from './webots-process-types.ts';

function exitReason(pid: number | undefined, exitCode: number | null): EndReason {
  if (pid === undefined) return 'engineNotStarted';
  return exitCode === 0 ? 'engineExited' : 'engineCrashed';
}

/** Silence after which an engine is unresponsive, in ms; no later than it is ended for it. */
function silenceNoticed({ heartbeat, heartbeatTimeout }: WebotsTimings): number {
  return Math.min(BEATS_MISSED * heartbeat, heartbeatTimeout);
}

const notProvided = (actor: string) => (): never => {
  throw new Error(`webotsProcess: the actor '${actor}' was not provided`);
};

export const webotsProcessMachine = setup({
  types: {} as {
    input: { launch: WebotsLaunch; timings?: WebotsTimings };
    context: {
      launch: WebotsLaunch;
      timings: WebotsTimings;
      pid: number | undefined;
      /** The first reason to end; what comes later does not change it. */
      end: End | undefined;
      exit: { exitCode: number | null; signal: string | null; output?: ProgramOutput };
      reaped: boolean;
    };
    events: { type: 'stop' } | ProgramReport;
    emitted: WebotsEvent;
    output: WebotsOutcome;
  },
  actors: {
    program: fromCallback<ProgramOrder, WebotsLaunch>(notProvided('program')),
    /** Resolves with undefined if the process tree of `pid` listens on the port, else with the end that it means. */
    portCheck: fromPromise<End | undefined, { launch: WebotsLaunch; pid: number | undefined }>(
      notProvided('portCheck'),
    ),
    /** Resolves when no process of the engine is left. */
    reaper: fromPromise<void, { sessionId: string; pid: number | undefined }>(notProvided('reaper')),
  },
  actions: {
    requestExit: sendTo('program', { type: 'signal', signal: 'SIGTERM' }),
    forceExit: sendTo('program', { type: 'signal', signal: 'SIGKILL' }),
    announceSpawned: emit({ type: 'engine.spawned' }),
    announceReady: emit(({ context }) => ({ type: 'engine.ready', port: context.launch.port })),
    announceBeat: emit({ type: 'engine.beat' }),
    announceUnresponsive: emit({ type: 'engine.unresponsive' }),
    announceResponsive: emit({ type: 'engine.responsive' }),
    announcePaused: emit({ type: 'engine.stateChanged', state: 'paused' }),
    announceRunning: emit({ type: 'engine.stateChanged', state: 'running' }),
    /** Expects the event by which an actor's failure is heard of. */
    reportFailure: sendParent(({ self, event }) => {
      const { actorId, error } = event as unknown as ErrorActorEvent;
      return failureReport(self, actorId, error);
    }),
    recordEnd: assign({ end: ({ context, event }, end: End) => context.end ?? withCause(end, event) }),
    recordPid: assign({
      pid: ({ event }) => {
        assertEvent(event, 'program.spawned');
        return event.pid;
      },
    }),
    recordExit: assign(({ context, event }) => {
      assertEvent(event, 'program.exited');
      const { exitCode, signal, detail, output } = event;
      return {
        exit: { exitCode, signal, ...(output && { output }) },
        end: context.end ?? { reason: exitReason(context.pid, exitCode), text: detail },
      };
    }),
    recordProof: assign({ reaped: true }),
  },
  guards: {
    isPortRight: (_, end: End | undefined) => end === undefined,
    isRunning: (_, state: SimulationState) => state === 'running',
    isPaused: (_, state: SimulationState) => state === 'paused',
  },
  delays: {
    startTimeout: ({ context }) => context.timings.startTimeout,
    missedBeats: ({ context }) => silenceNoticed(context.timings),
    lastPatience: ({ context }) => context.timings.heartbeatTimeout - silenceNoticed(context.timings),
    killGrace: ({ context }) => context.timings.killGrace,
    killTimeout: ({ context }) => context.timings.killTimeout,
    reapTimeout: ({ context }) => context.timings.reapTimeout,
  },
}).createMachine({
  id: 'webotsProcess',
  description: 'One run of one engine process, until nothing of it is left.',
  context: ({ input }) => ({
    launch: input.launch,
    timings: input.timings ?? WEBOTS_TIMINGS,
    pid: undefined,
    end: undefined,
    exit: { exitCode: null, signal: null },
    reaped: false,
  }),
  initial: 'alive',
  states: {
    alive: {
      description: 'Holds from the order to spawn the program until it has exited.',
      invoke: {
        id: 'program',
        src: 'program',
        input: ({ context }) => context.launch,
        onError: {
          target: 'reaping',
          actions: ['reportFailure', { type: 'recordEnd', params: INTERNAL_ERROR }],
        },
      },
      on: {
        stop: { target: '.stopping', actions: { type: 'recordEnd', params: { reason: 'clientLeft', text: '' } } },
        'program.exited': { target: 'reaping', actions: 'recordExit' },
      },
      initial: 'launched',
      states: {
        launched: {
          description: 'Holds until the engine is ready; startTimeout counts from here.',
          after: {
            startTimeout: {
              target: 'stopping',
              actions: {
                type: 'recordEnd',
                params: ({ context }) => ({
                  reason: 'engineTimedOut',
                  text: `The simulation was not ready within ${context.timings.startTimeout / 1000} seconds.`,
                }),
              },
            },
          },
          initial: 'starting',
          states: {
            starting: {
              description: 'Holds until the system has spawned the program.',
              on: { 'program.spawned': { target: 'loading', actions: ['recordPid', 'announceSpawned'] } },
            },
            loading: {
              description: 'Holds while the engine loads the world, until its first heartbeat line.',
              on: { 'program.ready': 'verifying' },
            },
            verifying: {
              description: 'Holds while it is checked that the engine, and nobody else, listens on its port.',
              invoke: {
                id: 'portCheck',
                src: 'portCheck',
                input: ({ context }) => ({ launch: context.launch, pid: context.pid }),
                onDone: [
                  {
                    guard: { type: 'isPortRight', params: ({ event }) => event.output },
                    target: '#webotsProcess.alive.ready',
                    actions: 'announceReady',
                  },
                  {
                    target: '#webotsProcess.alive.stopping',
                    actions: { type: 'recordEnd', params: ({ event }) => event.output! },
                  },
                ],
                onError: {
                  target: '#webotsProcess.alive.stopping',
                  actions: ['reportFailure', { type: 'recordEnd', params: INTERNAL_ERROR }],
                },
              },
            },
          },
        },
        ready: {
          description: 'Holds while clients can reach the simulation.',
          type: 'parallel',
          states: {
            simulation: {
              description: 'Whether simulated time advances.',
              initial: 'paused',
              states: {
                paused: {
                  description: 'Holds while simulated time stands still.',
                  on: {
                    'program.stateChanged': {
                      guard: { type: 'isRunning', params: ({ event }) => event.state },
                      target: 'running',
                      actions: 'announceRunning',
                    },
                  },
                },
                running: {
                  description: 'Holds while simulated time advances.',
                  on: {
                    'program.stateChanged': {
                      guard: { type: 'isPaused', params: ({ event }) => event.state },
                      target: 'paused',
                      actions: 'announcePaused',
                    },
                  },
                },
              },
            },
            heartbeat: {
              description: 'Whether the engine shows that it lives.',
              initial: 'responsive',
              states: {
                responsive: {
                  description: 'Holds while heartbeats come, and until two of them in a row are missed.',
                  on: { 'program.beat': { target: 'responsive', reenter: true, actions: 'announceBeat' } },
                  after: { missedBeats: { target: 'unresponsive', actions: 'announceUnresponsive' } },
                },
                unresponsive: {
                  description: 'Holds while heartbeats are missed, until the next one or the end of heartbeatTimeout.',
                  on: { 'program.beat': { target: 'responsive', actions: ['announceResponsive', 'announceBeat'] } },
                  // Counted from here, so that a server that was stopped itself listens again before it ends anybody.
                  after: {
                    lastPatience: {
                      target: '#webotsProcess.alive.stopping',
                      actions: {
                        type: 'recordEnd',
                        params: ({ context }) => ({
                          reason: 'engineUnresponsive',
                          text: `The simulation did not respond for ${context.timings.heartbeatTimeout / 1000} seconds.`,
                        }),
                      },
                    },
                  },
                },
              },
            },
          },
        },
        stopping: {
          description: 'Holds from SIGTERM to the process group until it has exited or killGrace is over.',
          entry: 'requestExit',
          // Handled here so that a second `stop` does not start killGrace again.
          on: { stop: {} },
          after: { killGrace: 'killing' },
        },
        killing: {
          description: 'Holds from SIGKILL to the process group until it has exited.',
          entry: 'forceExit',
          on: { stop: {} },
          after: { killTimeout: '#webotsProcess.reaping' },
        },
      },
    },
    reaping: {
      description: 'Holds while what the engine has spawned is ended and proved to be gone.',
      invoke: {
        id: 'reaper',
        src: 'reaper',
        input: ({ context }) => ({ sessionId: context.launch.sessionId, pid: context.pid }),
        onDone: { target: 'gone', actions: 'recordProof' },
        onError: { target: 'gone', actions: 'reportFailure' },
      },
      after: { reapTimeout: 'gone' },
    },
    gone: { type: 'final', description: 'No process of the engine is left, or the system would not end it.' },
  },
  output: ({ context }) => ({ ...(context.end ?? INTERNAL_ERROR), ...context.exit, reaped: context.reaped }),
});
