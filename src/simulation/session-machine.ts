import { type AnyEventObject, fromCallback, fromPromise } from 'xstate';
import { clientSessionMachine } from '../../machines/client-session.ts';
import type { SupervisorRef } from '../../machines/supervisor.ts';
import { webotsProcessMachine } from '../../machines/webots-process.ts';
import type { WebotsTimings } from '../../machines/webots-process-types.ts';
import type { Checkout, ProjectCheckout } from '../projects/checkout.ts';
import { repositoryOf } from '../projects/world-url.ts';
import type { Reaper } from '../reaper/reaper.ts';
import { checkPort } from '../webots/check-port.ts';
import type { Engine } from '../webots/engine.ts';
import { launchWebots } from '../webots/launch-webots.ts';
import { type AdmissionRules, checkAdmission } from './admission.ts';
import { clientSocket } from './client-socket.ts';
import { resetController } from './controller-reset.ts';
import { leaseEngine } from './engine-lease.ts';
import type { Ownership } from './ownership.ts';
import type { PortPool } from './port-pool.ts';
import { checkoutProject } from './project-checkout.ts';
import type { SessionRecords } from './session-records.ts';
import type { SessionRegistry } from './session-registry.ts';

export interface SessionMachineTools {
  readonly engine: Engine;
  readonly checkout: Checkout;
  readonly reaper: Reaper;
  /** Spawns engines; by default the reaper does. */
  readonly spawn?: Reaper['spawn'] | undefined;
  readonly ownership: Ownership;
  readonly records: SessionRecords;
  readonly ports: PortPool;
  /** Absolute path of the folder of the sessions' folders. */
  readonly instances: string;
  /** Who is admitted. */
  readonly admission: AdmissionRules;
  /** Ms between two pings of a client that comes now. */
  pingInterval(): number;
  /** Those of an engine that is started now. */
  timings(): WebotsTimings;
  registry(): Pick<SessionRegistry, 'socketOf' | 'seat' | 'wait'>;
  /** The supervisor of the engines. */
  engines(): SupervisorRef;
}

/** The machine of client sessions, with that of their engines, whose actors get their effects here. */
export function sessionMachine(tools: SessionMachineTools): typeof clientSessionMachine {
  const { engine, checkout, reaper, spawn = reaper.spawn, ownership, records, ports, instances } = tools;
  const projects = new Map<string, ProjectCheckout>();
  const engineMachine = webotsProcessMachine.provide({
    actors: {
      program: launchWebots(engine, spawn, records.followOutput),
      portCheck: fromPromise(({ input }) => checkPort(input.launch, reaper.listeningPorts)),
      reaper: fromPromise(async ({ input }) => {
        const isReleased = await ownership.release(input.sessionId, 'processes');
        if (!isReleased) throw new Error(`Expected every process of session ${input.sessionId} to end`);
      }),
    },
  });
  return clientSessionMachine.provide({
    actors: {
      socket: clientSocket((id) => tools.registry().socketOf(id), tools.pingInterval, records.noteMessage),
      admission: fromPromise(
        async ({ input: { id, request } }) =>
          checkAdmission(request, tools.admission) ??
          tools.registry().seat(id, repositoryOf(request.url, tools.admission.policy.hosts)),
      ),
      seat: fromCallback<AnyEventObject, { id: string }>(({ input, sendBack }) =>
        tools.registry().wait(input.id, sendBack),
      ),
      checkout: checkoutProject({
        checkout,
        ownership,
        reaper,
        hosts: () => tools.admission.policy.hosts,
        instances,
        projects,
        onCheckedOut: records.noteProject,
      }),
      engine: leaseEngine({
        ownership,
        reaper,
        ports,
        engines: tools.engines,
        machine: engineMachine,
        timings: tools.timings,
        onStarted: records.followEngine,
      }),
      controllerReset: fromPromise(async ({ input }) => {
        const project = projects.get(input.id);
        if (!project) throw new Error(`Expected the project of session ${input.id}, found none`);
        return { message: await resetController(project, input.file) };
      }),
      // What git keeps is of no use to an engine that ends: both end at the same time.
      engineStop: fromPromise(async ({ input }) => {
        await Promise.all([ownership.release(input.id, 'engine'), ownership.release(input.id, 'checkout')]);
      }),
      resourceRelease: fromPromise(({ input }) => ownership.releaseAll(input.id, ['socket'])),
      socketClose: fromPromise(async ({ input }) => void (await ownership.release(input.id, 'socket'))),
    },
  });
}
