import type { AnyActorLogic } from 'xstate';
import { SESSION_TIMINGS, type SessionTimings } from '../../machines/client-session-types.ts';
import type { End } from '../../machines/end-reason.ts';
import { loadMonitorMachine } from '../../machines/load-monitor.ts';
import { type ChildSpec, child, getChild, type SupervisorRef, supervisor } from '../../machines/supervisor.ts';
import { WEBOTS_TIMINGS, type WebotsTimings } from '../../machines/webots-process-types.ts';
import type { SimulationConfig } from '../config/simulation-config.ts';
import type { Inspector } from '../inspection/inspector.ts';
import { nvidiaReader } from '../load/read-gpu.ts';
import { sampleLoad } from '../load/sample-load.ts';
import type { Logger } from '../log.ts';
import { packageVersion } from '../package-root.ts';
import type { SpawnProgram } from '../reaper/program.ts';
import type { Remains } from '../role.ts';
import type { Capacity } from '../simulation/capacity.ts';
import { watchMachine } from '../simulation/capacity-checks.ts';
import { createLoadReading, type LoadReading } from '../simulation/load-reading.ts';
import { createOwnership } from '../simulation/ownership.ts';
import { createPortPool, type PortPool } from '../simulation/port-pool.ts';
import { createSeats, type Seats } from '../simulation/seats.ts';
import { sessionMachine } from '../simulation/session-machine.ts';
import { createSessionRecords, type SessionAccount, type SessionRecords } from '../simulation/session-records.ts';
import { createSessionRegistry, type SessionRegistry } from '../simulation/session-registry.ts';
import type { Programs } from './programs.ts';

/** Milliseconds in a second: the configuration's unit is the second. */
const SECOND = 1_000;

export interface SessionsOptions {
  readonly log: Logger;
  /** What records the actors; what it has of a session goes into the session's post-mortem. */
  readonly inspector?: Inspector;
  /** The actor that samples the load; tests replace it, so that a busy machine does not refuse them. */
  readonly sampler?: AnyActorLogic;
  /** Stands between an engine's machine and its program; recorders hear there what passes. */
  readonly tapEngine?: (spawn: SpawnProgram) => SpawnProgram;
  /** Waits that tests shorten, in ms. */
  readonly timings?: Partial<WebotsTimings & SessionTimings>;
  /** Wait in ms between two looks at what sessions need; by default that of `watchCapacity`. */
  readonly capacityInterval?: number;
}

export interface SessionsTools {
  /** What is in force, read at each use. */
  readonly config: SimulationConfig;
  readonly programs: Programs;
  /** What goes on in the server before. */
  before(): Remains;
  /** The supervisor of the role; undefined before it runs. */
  role(): SupervisorRef | undefined;
  /** What stands before the engine's port in the address that the session's client is told. */
  streamBase(session: string): string;
  /** Hears of every end, with what was known until then. */
  onEnd(account: SessionAccount, end: End): void;
}

/** What runs sessions: their actors, their places, and what is known of them and of the load. */
export interface Sessions {
  readonly seats: Seats;
  readonly ports: PortPool;
  readonly records: SessionRecords;
  readonly registry: SessionRegistry;
  /** Whether this machine has what another session needs. */
  readonly capacity: Pick<Capacity, 'shortage'>;
  load(): LoadReading;
  /** What sessions hold, by session: empty when nothing is left behind. */
  held(): ReadonlyMap<string, readonly string[]>;
  /** The actors: the monitor of the load, and the supervisors of engines and of sessions. */
  readonly children: readonly ChildSpec[];
  /** Gives the sessions their time to finish, as `drain` of the registry. */
  drain(hurry: AbortSignal): Promise<void>;
  /** Resolves when all that is known of sessions is written; to be called once no actor runs. */
  close(): Promise<void>;
}

export async function createSessions(options: SessionsOptions, tools: SessionsTools): Promise<Sessions> {
  const { log, inspector } = options;
  const { config, before } = tools;
  const { engine, checkout, reaper, instances } = tools.programs;
  const ownership = createOwnership((session, resource, error) =>
    log.error({ session, resource, error }, 'resource could not be given back'),
  );
  const records = createSessionRecords({
    logDir: config.logDir,
    facts() {
      const { mean, sample: latest } = load();
      return { version: packageVersion(), engine, load: { mean, latest }, sessions: registry.size };
    },
    recordingOf: (actors) => (inspector?.isOn ? inspector.recorder.slice(actors) : undefined),
    onError: (error) => log.error({ error }, 'post-mortems cannot be written'),
    onEnd: tools.onEnd,
  });
  const ports = createPortPool(config.port + 1, config.maxConnections, () => before().ports);
  const capacity = await watchMachine({ instances, ports, reaper, log, interval: options.capacityInterval });
  const seats = createSeats({ ...config, takenElsewhere: () => before().sessions });
  const load = createLoadReading(() => actor('loadMonitor'));

  const machine = sessionMachine({
    engine,
    checkout,
    reaper,
    spawn: options.tapEngine?.(reaper.spawn),
    ownership,
    records,
    ports,
    instances,
    admission: { policy: config, engine, latestLoad: () => load().latest, shortage: () => capacity.shortage },
    pingInterval: () => config.pingInterval * SECOND,
    timings: () => ({
      ...WEBOTS_TIMINGS,
      startTimeout: config.startTimeout * SECOND,
      heartbeat: engine.heartbeat,
      heartbeatTimeout: config.heartbeatTimeout * SECOND,
      killGrace: config.killGrace * SECOND,
      ...options.timings,
    }),
    registry: () => registry,
    engines: () => supervisorOf('engines'),
  });
  const registry = createSessionRegistry({
    log,
    ownership,
    records,
    sessions: () => supervisorOf('sessions'),
    streamBase: tools.streamBase,
    timings: () => ({
      ...SESSION_TIMINGS,
      timeLimit: config.timeout * SECOND,
      queueTimeout: config.queueTimeout * SECOND,
      ...options.timings,
    }),
    seats,
    machine: () => machine,
    onEnd: (reason) => capacity.recordEnd(reason),
  });

  function actor(id: string) {
    const role = tools.role();
    return role && getChild(role, id);
  }

  function supervisorOf(id: 'engines' | 'sessions'): SupervisorRef {
    const ref = actor(id);
    if (!ref) throw new Error(`Expected the supervisor of the ${id} to run`);
    return ref as SupervisorRef;
  }

  return {
    seats,
    ports,
    records,
    registry,
    capacity,
    load,
    held: () => ownership.held(),
    children: [
      child({
        id: 'loadMonitor',
        src: loadMonitorMachine.provide({
          actors: { sampler: (options.sampler ?? sampleLoad(nvidiaReader())) as ReturnType<typeof sampleLoad> },
        }),
      }),
      child({ id: 'engines', src: supervisor({ shutdownOrder: 'parallel' }) }),
      child({ id: 'sessions', src: supervisor({ shutdownOrder: 'parallel' }) }),
    ],
    async drain(hurry) {
      // The sessions may have ended with a role that gave up.
      if (actor('sessions')) await registry.drain(config.drainTimeout, hurry);
    },
    async close() {
      capacity.stop();
      await records.settled();
    },
  };
}
