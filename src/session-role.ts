import { setTimeout as wait } from 'node:timers/promises';
import { fromCallback } from 'xstate';
import { type AvailabilityChange, type AvailabilityEvent, availabilityMachine } from '../machines/availability.ts';
import type { MailerEvent, MailerTimings, ToldState } from '../machines/mailer.ts';
import {
  type ServerFact,
  SIMULATION_SERVER_TIMINGS,
  type SimulationServerEvent,
  type SimulationServerTimings,
  simulationServerMachine,
} from '../machines/simulation-server.ts';
import {
  child,
  deleteChild,
  onReport,
  type SupervisorRef,
  type System,
  startChild,
  stopChild,
  supervisor,
} from '../machines/supervisor.ts';
import { liveConfig } from './config/live-config.ts';
import type { SessionConfig } from './config/session-config.ts';
import { pageOf } from './inspection/inspect-routes.ts';
import type { Inspector } from './inspection/inspector.ts';
import type { Logger, LogLevel } from './log.ts';
import { MAILER, mailerChild } from './mail/mailer-child.ts';
import { trustedProxies } from './operations/client-address.ts';
import { EventStream, type EventStreamLimits } from './operations/event-stream.ts';
import { closeServer, listen, releasePort } from './operations/listen.ts';
import { logLevelRoutes } from './operations/log-level-routes.ts';
import { createWebServer } from './operations/web-server.ts';
import { type ListeningAddress, type Predecessor, ROLE_RESTARTS, type Role } from './role.ts';
import { chooseServer } from './session/choose-server.ts';
import { createSessionServer } from './session/http-server.ts';
import { createSessionMetrics } from './session/metrics.ts';
import { MonitorFeed } from './session/monitor-feed.ts';
import { monitorPage } from './session/monitor-page.ts';
import type { Pages } from './session/pages.ts';
import { createLoadProbe } from './session/probe-load.ts';
import { ServerBoard } from './session/server-board.ts';
import { createServerStatuses } from './session/server-statuses.ts';
import { sessionApp } from './session/session-app.ts';
import { type WatcherLimits, Watchers } from './session/watchers.ts';

/** Milliseconds in a second: the configuration's unit is the second. */
const SECOND = 1_000;

/** Longest wait in ms for the first answers of the simulation servers before the port opens: our choice. */
const FIRST_POLL_TIMEOUT = 1_000;

/** Time in ms within which watchers are sent to the server that has taken over, one after the other: our choice. */
const RETIRE_TIME = 10_000;

/** Names of the actors in the system. */
const AVAILABILITY = 'availability';
const serverId = (entry: string) => `simulationServer ${entry}`;

export interface SessionRoleOptions {
  readonly config: SessionConfig;
  readonly log: Logger;
  /** Where operators set the level of the log; without it they cannot. */
  readonly levels?: { level: LogLevel };
  /** Whose port is taken over. */
  readonly predecessor?: Predecessor | undefined;
  /** The pages for people; without them `/` leads to the monitor. */
  readonly pages?: Pages;
  /** Waits that tests shorten, in ms. */
  readonly timings?: Partial<Omit<SimulationServerTimings, 'grantTime'>>;
  readonly mailerTimings?: Partial<MailerTimings>;
  /** Bounds that tests tighten. */
  readonly limits?: Partial<WatcherLimits>;
  readonly monitorLimits?: Partial<EventStreamLimits>;
  /** What records the actors; without it there is no page `/inspect`. */
  readonly inspector?: Inspector;
}

export interface SessionRole extends Role {
  /** Puts another configuration in force. */
  reconfigure(config: SessionConfig): Promise<void>;
}

/** A session server, whose actors get their effects here. */
export function sessionRole({
  config: firstConfig,
  log,
  levels,
  predecessor,
  pages,
  timings,
  mailerTimings,
  limits,
  monitorLimits,
  inspector,
}: SessionRoleOptions): SessionRole {
  const current = liveConfig(firstConfig);
  const config = current.values;
  const { ssl } = config;
  const startedAt = new Date();
  const board = new ServerBoard(config.simulationServers);
  const onWatcherError = (error: unknown) => log.error({ error }, 'a watcher failed');
  const statuses = createServerStatuses(ssl, () => monitorEvents.changed());
  const watchers = new Watchers(limits, onWatcherError);
  const feed = new MonitorFeed({
    get loadThreshold() {
      return config.loadThreshold;
    },
    ssl,
    servers: () => board.servers,
    meanLoad: () => board.meanLoad,
    watchers: () => watchers.size,
    status: (entry) => statuses.of(entry),
  });
  const monitorEvents = new EventStream(
    () => feed.message(),
    (error) => log.error({ error }, 'the monitor failed'),
    monitorLimits,
  );
  const metrics = createSessionMetrics({ servers: () => board.servers, watchers: () => watchers.size });
  const probe = createLoadProbe(ssl, (entry, latency) => {
    feed.recordLatency(entry, latency);
    metrics.recordAnswer(latency);
  });
  const figures = () => ({
    loadThreshold: config.loadThreshold,
    grantLoad: config.grantLoad,
    grantTime: config.grantTime * SECOND,
  });
  const mailer = () => mailerChild({ config, log, servers: () => board.servers, timings: mailerTimings });
  /** Why each server that did not answer did not. */
  const problems = new Map<string, string>();
  let isDraining = false;
  let isRetired = false;
  let role: SupervisorRef | undefined;
  /** Reconfigurations follow each other, so that the last one counts. */
  let lastChange: Promise<void> = Promise.resolve();

  /** What the actors of one system have of each other. */
  let system: System | undefined;
  const tellAvailability = (event: AvailabilityEvent) => system?.get(AVAILABILITY)?.send(event);
  const tellMailer = (event: MailerEvent) => system?.get(MAILER)?.send(event);
  const tellServer = (entry: string, event: SimulationServerEvent) => system?.get(serverId(entry))?.send(event);

  const availability = availabilityMachine.provide({
    actors: {
      watchers: fromCallback<AvailabilityChange>(({ receive }) => {
        receive(({ available }) => {
          log.info({ available }, 'availability changed');
          watchers.publish(available);
        });
      }),
    },
  });
  const simulationServer = simulationServerMachine.provide({
    actors: {
      probe: probe.logic,
      listener: fromCallback<ServerFact, { entry: string }>(({ input: { entry }, receive }) => {
        receive((fact) => recordFact(entry, fact));
        return () => forget(entry);
      }),
    },
  });

  function recordFact(entry: string, fact: ServerFact): void {
    monitorEvents.changed();
    switch (fact.type) {
      case 'load.measured':
        feed.recordLoad(entry, fact.load);
        statuses.ask(entry);
        board.record(entry, { load: fact.load });
        break;
      case 'load.missing':
        metrics.recordMissedAnswer();
        if (board.find(entry).state !== 'unreachable') {
          log.warn({ server: entry, problem: fact.problem }, 'simulation server not responding');
        }
        problems.set(entry, fact.problem);
        board.record(entry, { load: undefined });
        statuses.forget(entry);
        break;
      case 'reserve.changed':
        board.record(entry, { reserved: fact.reserved });
        break;
      case 'server.changed':
        recordState(entry, fact.state);
    }
  }

  function recordState(entry: string, state: ToldState): void {
    const before = board.find(entry);
    feed.recordTransition(entry, before.state, state);
    board.record(entry, { state });
    tellAvailability({ type: state === 'available' ? 'server.available' : 'server.unavailable', id: entry });
    const problem = state === 'unreachable' ? problems.get(entry) : undefined;
    tellMailer({ type: 'server.found', entry, state, at: Date.now(), load: before.load, problem });
    if (state !== 'unreachable') {
      log.info({ server: entry, load: before.load, before: before.state }, `simulation server ${state}`);
    }
  }

  /** Nobody asks this server for its load now. */
  function forget(entry: string): void {
    monitorEvents.changed();
    feed.recordTransition(entry, board.find(entry).state, 'probing');
    board.record(entry, { state: 'probing', load: undefined, reserved: 0 });
    tellAvailability({ type: 'server.unavailable', id: entry });
  }

  function serverChild(entry: string) {
    return child({
      id: serverId(entry),
      systemId: serverId(entry),
      src: simulationServer,
      input: () => {
        const { grantTime, ...rest } = figures();
        return { entry, ...rest, timings: { ...SIMULATION_SERVER_TIMINGS, ...timings, grantTime } };
      },
    });
  }

  async function reconfigure(next: SessionConfig): Promise<void> {
    const before = config.simulationServers;
    const hadMailer = mailer() !== undefined;
    current.replace(next);
    // Before it listens, it is started with what is in force then.
    if (!role) return;
    const removed = before.filter((entry) => !config.simulationServers.includes(entry));
    for (const entry of removed) await removeServer(role, entry);
    board.configure(config.simulationServers);
    for (const entry of config.simulationServers) {
      if (before.includes(entry)) tellServer(entry, { type: 'configure', ...figures() });
      else await startChild(role, serverChild(entry));
    }
    const added = mailer();
    if (added && !hadMailer) await startChild(role, added);
    if (!added && hadMailer) await removeChild(role, MAILER);
    monitorEvents.changed();
  }

  async function removeServer(supervisorRef: SupervisorRef, entry: string): Promise<void> {
    await removeChild(supervisorRef, serverId(entry));
    statuses.forget(entry);
    feed.forget(entry);
    problems.delete(entry);
  }

  const operatorTools = {
    assets: pages,
    log,
    get adminToken() {
      return config.adminToken;
    },
  };
  const app = sessionApp({
    ssl,
    isAvailable: () => watchers.published,
    choose: () => (isDraining ? undefined : chooseServer(board.servers)),
    grant: ({ entry }) => {
      feed.recordGrant();
      metrics.recordClient('granted');
      monitorEvents.changed();
      tellServer(entry, { type: 'grant' });
    },
    refuse: () => {
      feed.recordRefusal();
      metrics.recordClient('refused');
      monitorEvents.changed();
    },
    loadText: () => board.loadText,
    monitorPage: () => monitorPage(feed.message(), startedAt),
    monitorEvents,
    metrics: metrics.registry,
    problem: () => (isDraining ? 'The session server is being stopped.' : undefined),
    inspect: inspector && pageOf(inspector, operatorTools),
    ...(levels && { logLevel: logLevelRoutes(levels, operatorTools) }),
    ...(pages && { pages }),
    onError: (error) => log.error({ error }, 'a request failed'),
  });
  const openPort = (): Promise<ListeningAddress> => listen(server, config.bindAddress, config.port);
  const answer = app.callback();
  const server = createSessionServer(
    createWebServer(
      (request, response) => {
        // The next request on this connection is for the server that has the port now.
        if (isRetired) response.shouldKeepAlive = false;
        void answer(request, response);
      },
      { tls: config.tls, log },
    ),
    watchers,
    onWatcherError,
    trustedProxies(config.trustedProxies),
  );

  return {
    name: 'session',
    supervisor: supervisor((boot) => {
      system = boot.system;
      return {
        ...ROLE_RESTARTS,
        children: [
          child({
            id: AVAILABILITY,
            systemId: AVAILABILITY,
            src: availability,
            // Started anew, it goes on where it was.
            input: () => ({
              published: watchers.published,
              servers: board.servers.filter(({ state }) => state === 'available').map(({ entry }) => entry),
            }),
          }),
          ...[mailer() ?? []].flat(),
          ...config.simulationServers.map(serverChild),
        ],
      };
    }),
    reconfigure(next) {
      lastChange = lastChange.then(() => reconfigure(next));
      return lastChange;
    },
    async listen(actor) {
      role = actor;
      onReport(actor, ({ offender }) => {
        // A machine that ends by a bug does not end its listener.
        const entry = config.simulationServers.find((candidate) => serverId(candidate) === offender.id);
        if (entry !== undefined) forget(entry);
      });
      const patience = new AbortController();
      await Promise.race([board.heardFromAll, wait(FIRST_POLL_TIMEOUT, undefined, { signal: patience.signal })]);
      patience.abort();
      const bound = await (predecessor ? predecessor.takeOver(openPort) : openPort());
      const address = { ...bound, isTls: config.tls !== undefined };
      log.info({ ...address, servers: config.simulationServers.length }, 'session server listens');
      return address;
    },
    port: config.port,
    release: () => releasePort(server),
    resume: async () => void (await openPort()),
    async retire() {
      isRetired = true;
      monitorEvents.close();
      // What it has not told yet it tells now; what happens from now on the server tells that has the port.
      if (role && mailer()) void removeChild(role, MAILER);
      return { ended: Promise.all([watchers.retire(RETIRE_TIME), predecessor?.gone()]).then(() => {}) };
    },
    remains: () => ({ sessions: 0, ports: [] }),
    async drain() {
      isDraining = true;
      tellAvailability({ type: 'drain' });
    },
    async close() {
      monitorEvents.close();
      await Promise.all([watchers.close(), closeServer(server)]);
      probe.close();
      statuses.close();
    },
  };
}

async function removeChild(ref: SupervisorRef, id: string): Promise<void> {
  await stopChild(ref, id);
  await deleteChild(ref, id);
}
