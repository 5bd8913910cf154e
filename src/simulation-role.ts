import { type AnyActorLogic, fromPromise } from 'xstate';
import { SESSION_TIMINGS, type SessionTimings } from '../machines/client-session-types.ts';
import type { End } from '../machines/end-reason.ts';
import { type LoadReport, loadMonitorMachine } from '../machines/load-monitor.ts';
import type { MembershipTimings } from '../machines/membership.ts';
import { child, getChild, onReport, type SupervisorRef, supervisor } from '../machines/supervisor.ts';
import { WEBOTS_TIMINGS, type WebotsTimings } from '../machines/webots-process-types.ts';
import { liveConfig } from './config/live-config.ts';
import type { SimulationConfig } from './config/simulation-config.ts';
import { pageOf } from './inspection/inspect-routes.ts';
import type { Inspector } from './inspection/inspector.ts';
import { nvidiaReader } from './load/read-gpu.ts';
import { sampleLoad } from './load/sample-load.ts';
import type { Logger, LogLevel } from './log.ts';
import { trustedProxies } from './operations/client-address.ts';
import type { EventStreamLimits } from './operations/event-stream.ts';
import { MAX_REQUEST_CONNECTIONS } from './operations/http-limits.ts';
import { closeServer, listen } from './operations/listen.ts';
import { logLevelRoutes } from './operations/log-level-routes.ts';
import type { Assets } from './operations/page.ts';
import { createWebServer } from './operations/web-server.ts';
import { packageVersion } from './package-root.ts';
import { createCheckout } from './projects/checkout.ts';
import type { SpawnProgram } from './reaper/program.ts';
import { createReaper } from './reaper/reaper.ts';
import { type ListeningAddress, type Predecessor, type Remains, ROLE_RESTARTS, type Role } from './role.ts';
import { watchMachine } from './simulation/capacity-checks.ts';
import { acceptClients, MAX_REFUSED } from './simulation/client-sockets.ts';
import { createInstancesFolder } from './simulation/instance-folder.ts';
import { createIntake } from './simulation/intake.ts';
import { countEngines, createLoadLog } from './simulation/load-log.ts';
import { createLoadReading } from './simulation/load-reading.ts';
import { createMemberships } from './simulation/memberships.ts';
import { createSimulationMetrics } from './simulation/metrics.ts';
import { createMonitor } from './simulation/monitor.ts';
import { createOwnership } from './simulation/ownership.ts';
import { createPortPool } from './simulation/port-pool.ts';
import { provideDisplay } from './simulation/provide-display.ts';
import { serverEntry, serverUrl, streamBase } from './simulation/public-url.ts';
import { createRegistrations, type Registrations } from './simulation/register.ts';
import { createSeats } from './simulation/seats.ts';
import { sessionMachine } from './simulation/session-machine.ts';
import { createSessionRecords } from './simulation/session-records.ts';
import { createSessionRegistry, MAX_WAITING } from './simulation/session-registry.ts';
import { FULL_LOAD, simulationApp } from './simulation/simulation-app.ts';
import { createStatus } from './simulation/status.ts';
import { createStreamProxy, MOST_CONNECTIONS } from './simulation/stream-proxy.ts';
import { createStreamRelay } from './simulation/stream-relay.ts';
import { createSuccession } from './simulation/succession.ts';
import { type Engine, findEngine } from './webots/engine.ts';

/** Where engines listen that are reached through this server only. */
const LOOPBACK = '127.0.0.1';

/** Milliseconds in a second: the configuration's unit is the second. */
const SECOND = 1_000;

/** What goes on in a server before where there is none. */
const NOTHING: Remains = { sessions: 0, ports: [] };

export interface SimulationRoleOptions {
  readonly config: SimulationConfig;
  /** Absolute path of the configuration file's folder. */
  readonly configFolder: string;
  readonly log: Logger;
  /** Where operators set the level of the log; without it they cannot. */
  readonly levels?: { level: LogLevel };
  /** Whose port is taken over. */
  readonly predecessor?: Predecessor | undefined;
  /** Scripts and styles of the monitor, which is complete without them. */
  readonly assets?: Assets;
  /** Bounds that tests tighten. */
  readonly monitorLimits?: Partial<EventStreamLimits>;
  /** What records the actors; without it there is no page `/inspect`. */
  readonly inspector?: Inspector;
  /** The actor that samples the load; tests replace it, so that a busy machine does not refuse them. */
  readonly sampler?: AnyActorLogic;
  /** The engine; by default the one that the configuration means. */
  readonly engine?: Engine;
  /** Stands between an engine's machine and its program; recorders hear there what passes. */
  readonly tapEngine?: (spawn: SpawnProgram) => SpawnProgram;
  /** Waits that tests shorten, in ms. */
  readonly timings?: Partial<WebotsTimings & SessionTimings>;
  readonly membershipTimings?: Partial<MembershipTimings>;
  /** Wait in ms between two looks at what sessions need; by default that of `watchCapacity`. */
  readonly capacityInterval?: number;
}

/** A simulation server, whose actors get their effects here. */
export interface SimulationRole extends Role {
  readonly engine: Engine;
  /** Puts another configuration in force: for sessions that begin from now on, and for whoever asks. */
  reconfigure(config: SimulationConfig): Promise<void>;
  /** Sessions of which anything is left. */
  readonly sessionCount: () => number;
  /** What sessions hold, by session: empty when nothing is left behind. */
  readonly held: () => ReadonlyMap<string, readonly string[]>;
}

/** @throws AppError `configurationInvalid` if what the configuration asks for is not installed, or another user's */
export async function simulationRole(options: SimulationRoleOptions): Promise<SimulationRole> {
  const { configFolder, log } = options;
  const current = liveConfig(options.config);
  const config = current.values;
  const isProxied = config.stream === 'proxy';
  const secrets = config.credentials.flatMap(({ tokenEnv }) => tokenEnv ?? []);
  const instances = await createInstancesFolder(config.projectsDir);
  const displayVariables = () => display.variables();
  const engine =
    options.engine ??
    (await findEngine({ ...config, secrets, displayVariables, ...(isProxied && { bindAddress: LOOPBACK }) }));
  const reaper = createReaper(
    config.projectsDir,
    {
      onReady: ({ pid, ended, means }) => log.info({ reaper: pid, orphans: ended, means }, 'reaper runs'),
      onNotice: (notice) => log.warn({ notice }, 'reaper noticed something'),
    },
    secrets,
  );
  const display = await provideDisplay({ config, engine, reaper, log });
  let reaping: Promise<void> | undefined;
  const checkout = await createCheckout({
    git: config.git,
    credentials: config.credentials,
    hosts: config.hosts,
    get mirrors() {
      return config.mirrors;
    },
    get checkoutTimeout() {
      return config.checkoutTimeout;
    },
    get maxProjectSize() {
      return config.maxProjectSize;
    },
    mirrorBase: configFolder,
    spawn: reaper.spawn,
    measure: reaper.measureFolder,
    log: (detail) => log.debug({ detail }, 'checkout'),
    warn: (problem) => log.warn({ problem }, 'token does not help'),
  });

  const ownership = createOwnership((session, resource, error) =>
    log.error({ session, resource, error }, 'resource could not be given back'),
  );
  const records = createSessionRecords({
    logDir: config.logDir,
    facts: () => {
      const { mean, sample: latest } = load();
      return { version: packageVersion(), engine, load: { mean, latest }, sessions: registry.size };
    },
    recordingOf: (actors) => (options.inspector?.isOn ? options.inspector.recorder.slice(actors) : undefined),
    onError: (error) => log.error({ error }, 'post-mortems cannot be written'),
    onEnd(account, end) {
      proxy.forget(account.id);
      monitor.recordEnd(account, end);
      metrics.recordEnd(account, end);
    },
  });
  const before = () => options.predecessor?.remains ?? NOTHING;
  const ports = createPortPool(config.port + 1, config.maxConnections, () => before().ports);
  const capacity = await watchMachine({ instances, ports, reaper, log, interval: options.capacityInterval });
  const engineTimings = (): WebotsTimings => ({
    ...WEBOTS_TIMINGS,
    startTimeout: config.startTimeout * SECOND,
    heartbeat: engine.heartbeat,
    heartbeatTimeout: config.heartbeatTimeout * SECOND,
    killGrace: config.killGrace * SECOND,
    ...options.timings,
  });
  let registrations: Registrations | undefined;
  let role: SupervisorRef | undefined;
  const { predecessor } = options;
  const seats = createSeats({ ...config, takenElsewhere: () => before().sessions });
  const isOpen = () => intake.refusal === undefined;
  const intake = createIntake((refusal) => {
    memberships.tell({ type: isOpen() ? 'undrain' : 'drain' });
    if (refusal) seats.refuseWaiting(refusal);
  });
  const memberships = createMemberships({
    ...config,
    server: () => ({ entry: serverEntry(config, config.port), ssl: config.ssl }),
    isOpen,
    log,
    onChange: () => monitor.changed(),
    timings: options.membershipTimings,
  });
  const load = createLoadReading(() => role && getChild(role, 'loadMonitor'));

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
    timings: engineTimings,
    registry: () => registry,
    engines: () => supervisorOf('engines'),
  });
  const proxy = createStreamProxy({
    get address() {
      return serverUrl(config, config.port).replace(/^http/, 'ws');
    },
    portOf: (id) => registry.portOf(id),
    relay: createStreamRelay(() => options.predecessor?.streams),
  });
  const registry = createSessionRegistry({
    log,
    ownership,
    records,
    sessions: () => supervisorOf('sessions'),
    streamBase: isProxied ? proxy.baseOf : () => streamBase(config),
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

  const audience = config.monitor;
  const offeredLoad = () => (intake.refusal || seats.fullness() || capacity.shortage ? FULL_LOAD : load().mean);
  const problem = () => intake.refusal?.text ?? capacity.shortage?.text;
  const metrics = createSimulationMetrics({
    accounts: records.accounts,
    capacity: config.maxConnections,
    queueLength: config.queueLength,
    isAccepting: () => (intake.refusal ?? seats.fullness() ?? capacity.shortage) === undefined,
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
    get facts() {
      const { adminToken: _, clusterSecret: __, ...shown } = config;
      return { ...shown, engine: engine.description };
    },
    load: offeredLoad,
    shortage: () => capacity.shortage?.reason,
    maxConnections: config.maxConnections,
    seated: () => seats.taken + before().sessions,
    seatedBefore: () => before().sessions,
    queued: () => seats.queued,
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
  const loadLog = createLoadLog(config.logDir);
  const operatorTools = {
    assets: options.assets,
    log,
    get adminToken() {
      return config.adminToken;
    },
  };
  const { levels } = options;
  const answer = simulationApp({
    load: offeredLoad,
    problem,
    status: createStatus({
      policy: config,
      audience,
      clusterSecret: config.clusterSecret,
      engine: engine.description,
      running: () => seats.taken + before().sessions,
      queued: () => seats.queued,
      intake: () => intake.state,
    }),
    monitor: monitor.routes,
    inspect: audience === 'off' ? undefined : options.inspector && pageOf(options.inspector, operatorTools),
    logLevel: levels && logLevelRoutes(levels, operatorTools),
    assets: audience === 'off' ? undefined : options.assets,
    onError: (error) => log.error({ error }, 'a request failed'),
  }).callback();
  const server = createWebServer(
    (request, response) => {
      if (!proxy.answer(request, response)) void answer(request, response);
    },
    { tls: config.tls, log },
  );
  const streams = isProxied ? config.maxConnections * MOST_CONNECTIONS : 0;
  server.maxConnections =
    config.maxConnections + streams + config.queueLength + MAX_WAITING + MAX_REFUSED + MAX_REQUEST_CONNECTIONS;
  acceptClients(
    server,
    refusal,
    registry.serve,
    log,
    trustedProxies(config.trustedProxies),
    proxy.upgrade,
    metrics.recordRefusal,
  );

  predecessor?.onChange(seats.changedElsewhere);
  const succession = createSuccession({
    server,
    openPort,
    proxy,
    ports,
    registry,
    seats,
    monitor,
    intake,
    predecessor,
  });

  function supervisorOf(id: 'engines' | 'sessions'): SupervisorRef {
    const ref = role && getChild(role, id);
    if (!ref) throw new Error(`Expected the supervisor of the ${id} to run`);
    return ref as SupervisorRef;
  }

  function openPort(): Promise<ListeningAddress> {
    return listen(server, config.bindAddress, config.port);
  }

  /** What an operator has said to the server before counts here too. */
  function openAfter(): Promise<ListeningAddress> {
    if (before().isDrained) intake.drain();
    return openPort();
  }

  function refusal(address: string): End | undefined {
    return intake.refusal ?? seats.refusal(address);
  }

  return {
    name: 'simulation',
    engine,
    sessionCount: () => registry.size,
    held: () => ownership.held(),
    supervisor: supervisor({
      ...ROLE_RESTARTS,
      children: [
        child({
          id: 'reaper',
          src: fromPromise(({ signal }) => {
            reaping = reaper.run(signal);
            return reaping;
          }),
          // What ends it is the signal of the promise.
          shutdown: 0,
        }),
        ...display.children,
        child({
          id: 'loadMonitor',
          src: loadMonitorMachine.provide({
            actors: { sampler: (options.sampler ?? sampleLoad(nvidiaReader())) as ReturnType<typeof sampleLoad> },
          }),
        }),
        child({ id: 'engines', src: supervisor({ shutdownOrder: 'parallel' }) }),
        child({ id: 'sessions', src: supervisor({ shutdownOrder: 'parallel' }) }),
      ],
    }),
    async listen(actor) {
      role = actor;
      onReport(actor, metrics.recordReport);
      await reaper.ready;
      await display.ready();
      actor.on('load.measured', (event) => {
        const { sample } = event as unknown as LoadReport;
        monitor.recordSample(sample);
        if (config.monitorLogEnabled && !succession.isRetired)
          loadLog.record(sample, countEngines(getChild(actor, 'engines') as SupervisorRef | undefined));
      });
      const bound = await (predecessor ? predecessor.takeOver(openAfter) : openPort());
      return { ...bound, isTls: config.tls !== undefined };
    },
    serves() {
      if (!role) return;
      registrations = createRegistrations(role, log);
      void registrations.update(config);
      memberships.join(role);
    },
    async reconfigure(next) {
      current.replace(next);
      await Promise.all([registrations?.update(config), memberships.update()]);
    },
    port: config.port,
    release: succession.release,
    resume: succession.resume,
    async retire() {
      memberships.tell({ type: 'retire' });
      return succession.retire();
    },
    remains: succession.remains,
    async drain(hurry) {
      intake.stop();
      // The sessions may have ended with a role that gave up.
      if (role && getChild(role, 'sessions')) await registry.drain(config.drainTimeout, hurry);
    },
    async close() {
      capacity.stop();
      monitor.close();
      proxy.close();
      succession.close();
      await closeServer(server);
      await records.settled();
      // Where no reaper runs, another one ends what it finds.
      await reaping?.catch(() => reaper.run(AbortSignal.abort()));
    },
  };
}
