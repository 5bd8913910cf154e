import type { RequestListener } from 'node:http';
import type { SimulationConfig } from '../config/simulation-config.ts';
import { trustedProxies } from '../operations/client-address.ts';
import type { Assets } from '../operations/page.ts';
import type { Remains } from '../role.ts';
import { operatorRoutes, type RoleOptions } from '../role-options.ts';
import type { IntakeControl } from '../simulation/intake.ts';
import type { Memberships } from '../simulation/memberships.ts';
import { createSimulationMetrics, type SimulationMetrics } from '../simulation/metrics.ts';
import { createMonitor, type Monitor } from '../simulation/monitor.ts';
import { FULL_LOAD, simulationApp } from '../simulation/simulation-app.ts';
import { createStatus } from '../simulation/status.ts';
import type { Programs } from './programs.ts';
import type { Sessions } from './sessions.ts';

export interface PagesOptions extends RoleOptions {
  /** Scripts and styles of the monitor, which is complete without them. */
  readonly assets?: Assets;
}

export interface PagesTools {
  /** What is in force, read at each use. */
  readonly config: SimulationConfig;
  readonly programs: Pick<Programs, 'engine' | 'reaper'>;
  readonly sessions: Sessions;
  /** What goes on in the server before. */
  before(): Remains;
  readonly intake: IntakeControl;
  readonly memberships: Pick<Memberships, 'list'>;
}

/** What a simulation server answers over HTTP: to session servers its load, to people the monitor, to Prometheus figures. */
export interface Pages {
  readonly answer: RequestListener;
  readonly monitor: Monitor;
  readonly metrics: SimulationMetrics;
}

export function createPages(options: PagesOptions, tools: PagesTools): Pages {
  const { log } = options;
  const { config, programs, sessions, before, intake, memberships } = tools;
  const { engine, reaper } = programs;
  const { seats, records, registry, capacity, load } = sessions;
  const audience = config.monitor;
  const assets = audience === 'off' ? undefined : options.assets;
  const obstacle = () => intake.refusal ?? seats.fullness() ?? capacity.shortage;
  const offeredLoad = () => (obstacle() ? FULL_LOAD : load().mean);
  const running = () => seats.taken + before().sessions;
  const queued = () => seats.queued;

  const metrics = createSimulationMetrics({
    accounts: records.accounts,
    capacity: config.maxConnections,
    queueLength: config.queueLength,
    isAccepting: () => obstacle() === undefined,
    memberships: () => memberships.list,
    sample: () => load().sample,
  });
  const monitor = createMonitor({
    metrics: metrics.registry,
    audience,
    get adminToken() {
      return config.adminToken;
    },
    limits: options.monitorLimits,
    trusted: trustedProxies(config.trustedProxies),
    get facts() {
      const { adminToken: _, clusterSecret: __, ...shown } = config;
      return { ...shown, engine: engine.description };
    },
    load: offeredLoad,
    shortage: () => capacity.shortage?.reason,
    maxConnections: config.maxConnections,
    seated: running,
    seatedBefore: () => before().sessions,
    queued,
    sessions: () => records.size,
    accounts: records.accounts,
    account: records.account,
    measure: reaper.measureSessions,
    endSession: registry.end,
    intake,
    memberships: () => memberships.list,
    onOrder: (order, session) => log.info({ order, ...(session && { session }) }, 'ordered by the operator'),
    onError: (error) => log.error({ error }, 'the monitor failed'),
  });
  const operators = operatorRoutes(options, config, assets);
  const app = simulationApp({
    load: offeredLoad,
    problem: () => intake.refusal?.text ?? capacity.shortage?.text,
    status: createStatus({
      policy: config,
      audience,
      clusterSecret: config.clusterSecret,
      engine: engine.description,
      running,
      queued,
      intake: () => intake.state,
    }),
    monitor: monitor.routes,
    inspect: operators.inspect,
    logLevel: operators.logLevel,
    assets,
    onError: (error) => log.error({ error }, 'a request failed'),
  });
  return { answer: app.callback(), monitor, metrics };
}
