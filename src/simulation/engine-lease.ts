import { type ActorRefFrom, type AnyEventObject, fromCallback } from 'xstate';
import type {
  CheckedOutProject,
  EngineReport,
  FailureReport,
  StartRequest,
} from '../../machines/client-session-types.ts';
import { child, type SupervisorRef, startChild, stopChild } from '../../machines/supervisor.ts';
import type { webotsProcessMachine } from '../../machines/webots-process.ts';
import type { WebotsLaunch, WebotsTimings } from '../../machines/webots-process-types.ts';
import { endOf, isExpected } from '../errors.ts';
import type { Reaper } from '../reaper/reaper.ts';
import { folderFailure } from './folder-failure.ts';
import type { Ownership } from './ownership.ts';
import type { PortPool } from './port-pool.ts';

type WebotsProcess = ActorRefFrom<typeof webotsProcessMachine>;

export interface LeaseTools {
  readonly ownership: Ownership;
  readonly reaper: Reaper;
  readonly ports: PortPool;
  /** The supervisor under which engines run, so that a session's bug does not decide an engine's end. */
  engines(): SupervisorRef;
  readonly machine: typeof webotsProcessMachine;
  /** Those of an engine that is started now. */
  timings(): WebotsTimings;
  /** Hears of each engine that was started. */
  onStarted(id: string, engine: WebotsProcess): void;
}

/**
 * The `engine` actor of `clientSessionMachine`: leases one engine from its
 * supervisor and relays what it says. The claims `port`, `processes` and
 * `engine` are what must be given back; giving back `engine` stops it.
 */
export function leaseEngine(tools: LeaseTools) {
  const { ownership, reaper, ports, engines, machine } = tools;

  return fromCallback<AnyEventObject, { id: string; request: StartRequest; project: CheckedOutProject }>(
    ({ input, sendBack }) => {
      const { id, request, project } = input;
      const timings = tools.timings();
      /** Longest that a stopped engine may take by its own time-outs, and a second: our choice. */
      const shutdown = timings.killGrace + timings.killTimeout + timings.reapTimeout + 1_000;
      let isOver = false;
      const report = (event: EngineReport | FailureReport) => {
        if (!isOver) sendBack(event);
      };
      const port = ports.take();
      ownership.claim(id, 'port', async () => {
        const taken = await port.catch(() => undefined);
        if (taken !== undefined) ports.give(taken);
      });
      lease().catch((error: unknown) => {
        if (isExpected(error)) report({ type: 'engine.refused', end: endOf(error) });
        else report({ type: 'actor.failed', actor: 'engine', error });
      });
      return () => {
        isOver = true;
      };

      async function lease(): Promise<void> {
        const launch: WebotsLaunch = { sessionId: id, ...project, mode: request.mode, port: await port };
        await reaper.hold(id, { port: launch.port }).catch((error: unknown) => {
          throw folderFailure(error);
        });
        if (isOver) return;
        ownership.claim(id, 'processes', () => reaper.reap(id, timings.reapTimeout));
        ownership.claim(id, 'engine', async () => {
          reaper.conclude(id);
          await stopChild(engines(), id);
        });
        const reply = await startChild(
          engines(),
          child({ id, src: machine, input: { launch, timings }, restart: 'temporary', shutdown }),
        );
        if (!reply.ok) throw reply.error ?? new Error(`The engine's supervisor refused: ${reply.reason}`);
        const engine = reply.ref as WebotsProcess;
        tools.onStarted(id, engine);
        relay(engine);
      }

      function relay(engine: WebotsProcess): void {
        engine.on('*', report);
        engine.subscribe({
          complete: () => {
            const { output } = engine.getSnapshot();
            if (output) report({ type: 'engine.gone', outcome: output });
          },
          error: (error) => report({ type: 'engine.refused', end: endOf(error) }),
        });
        // It may have been spawned, or have ended, before anybody listened.
        const { context, status, output } = engine.getSnapshot();
        if (context.pid !== undefined) report({ type: 'engine.spawned' });
        if (status === 'done' && output) report({ type: 'engine.gone', outcome: output });
      }
    },
  );
}
