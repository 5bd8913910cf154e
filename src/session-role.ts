import { setTimeout as wait } from 'node:timers/promises';
import { fromCallback } from 'xstate';
import { type AvailabilityChange, type AvailabilityEvent, availabilityMachine } from '../machines/availability.ts';
import type { MailerTimings } from '../machines/mailer.ts';
import {
  SIMULATION_SERVER_TIMINGS,
  type SimulationServerEvent,
  type SimulationServerTimings,
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
import { createSigner } from './operations/cluster-signature.ts';
import { EventStream, type EventStreamLimits } from './operations/event-stream.ts';
import { closeServer, endAfterRequests, listen, releasePort } from './operations/listen.ts';
import { logLevelRoutes } from './operations/log-level-routes.ts';
import { createWebServer } from './operations/web-server.ts';
import { type ListeningAddress, type Predecessor, ROLE_RESTARTS, type Role } from './role.ts';
import { createAwayServers } from './session/away-servers.ts';
import { type Choice, chooseServer, type ServerView } from './session/choose-server.ts';
import { clusterRoutes } from './session/cluster-routes.ts';
import { createSessionServer } from './session/http-server.ts';
import { inheritanceOf, readInheritance } from './session/inherited-servers.ts';
import { createSessionLine, isAnyAlive } from './session/line.ts';
import { createSessionMetrics } from './session/metrics.ts';
import { MonitorFeed } from './session/monitor-feed.ts';
import { monitorPage } from './session/monitor-page.ts';
import type { Pages } from './session/pages.ts';
import { createLoadProbe } from './session/probe-load.ts';
import type { RefusalReason } from './session/queue.ts';
import type { WorldPrefixes } from './session/repository-standing.ts';
import { ServerBoard } from './session/server-board.ts';
import { createServerCare } from './session/server-care.ts';
import { serverId } from './session/server-child.ts';
import { createServerStatuses } from './session/server-statuses.ts';
import { sessionApp } from './session/session-app.ts';
import { type WatcherLimits, Watchers } from './session/watchers.ts';

/** Milliseconds in a second: the configuration's unit is the second. */
const SECOND = 1_000;

/** Longest wait in ms for the first answers of the simulation servers before the port opens: our choice. */
const FIRST_POLL_TIMEOUT = 1_000;

/** Time in ms within which watchers are sent to the server that has taken over, one after the other: our choice. */
const RETIRE_TIME = 10_000;

/** Name of the actor in the system. */
const AVAILABILITY = 'availability';
const REQUESTS = 'requests';

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
  /** Puts another configuration in force; not to be called again before it has resolved. */
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
  const { ssl, clusterSecret } = config;
  const trusted = trustedProxies(config.trustedProxies);
  const startedAt = new Date();
  const board = new ServerBoard(config.simulationServers);
  const onWatcherError = (error: unknown) => log.error({ error }, 'a watcher failed');
  const sign = clusterSecret === undefined ? undefined : createSigner(clusterSecret);
  const statuses = createServerStatuses({
    isTls: ssl,
    headers: () => (sign ? { Authorization: sign({ method: 'GET', path: '/status' }) } : {}),
    onChange(entry) {
      monitorEvents.changed();
      queue?.changed();
      const isOpen = (statuses.of(entry)?.intake ?? 'open') === 'open';
      tellServer(entry, { type: isOpen ? 'intake.opened' : 'intake.closed' });
    },
  });
  const away = createAwayServers();
  const watchers = new Watchers(limits, onWatcherError);
  const feed = new MonitorFeed({
    get loadThreshold() {
      return config.loadThreshold;
    },
    ssl,
    servers: () => board.servers,
    meanLoad: () => board.meanLoad,
    watchers: () => watchers.size,
    queued: () => queue?.length,
    status: (entry) => statuses.of(entry),
  });
  const monitorEvents = new EventStream(
    () => feed.message(),
    (error) => log.error({ error }, 'the monitor failed'),
    monitorLimits,
  );
  const metrics = createSessionMetrics({
    servers: () => board.servers,
    watchers: () => watchers.size,
    joined: () => care.joined.size,
    queued: () => queue?.length ?? 0,
    queueLength: config.queueLength,
  });
  const { probeTimeout } = { ...SIMULATION_SERVER_TIMINGS, ...timings };
  const probe = createLoadProbe(ssl, (entry, latency) => {
    feed.recordLatency(entry, latency);
    metrics.recordAnswer(latency);
    // The load counts only while there is time left for it.
    return statuses.ask(entry, (probeTimeout - latency) / 2);
  });
  const mailer = () => mailerChild({ config, log, servers: () => board.servers, timings: mailerTimings });
  let isDraining = false;
  let role: SupervisorRef | undefined;
  const problem = () => (isDraining ? 'The session server is being stopped.' : undefined);

  const queue = createSessionLine({
    config,
    log,
    metrics,
    requests: () => system?.get(REQUESTS) as SupervisorRef,
    servers: () => board.servers,
    status: (entry) => statuses.of(entry),
    choose,
    grant,
    refuse,
    onChange() {
      monitorEvents.changed();
      tellRoomToWait();
    },
  });

  /** What the actors of one system have of each other. */
  let system: System | undefined;
  const tellAvailability = (event: AvailabilityEvent) => system?.get(AVAILABILITY)?.send(event);
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
  const care = createServerCare({
    board,
    feed,
    statuses,
    away,
    metrics,
    probe,
    timings,
    figures: () => ({
      loadThreshold: config.loadThreshold,
      grantLoad: config.grantLoad,
      grantTime: config.grantTime * SECOND,
    }),
    tellAvailability(event) {
      tellAvailability(event);
      tellRoomToWait();
    },
    tellMailer: (event) => system?.get(MAILER)?.send(event),
    tellServer,
    timeOfDay: () => Date.now(),
    onChange() {
      monitorEvents.changed();
      queue?.changed();
    },
    log,
    isListed: (entry) => config.simulationServers.includes(entry),
    role: () => role,
  });

  async function reconfigure(next: SessionConfig): Promise<void> {
    const hadMailer = mailer() !== undefined;
    current.replace(next);
    // What is not started yet will be started with what is in force then.
    if (!role) return;
    await care.reconfigure(role, config.simulationServers);
    const added = mailer();
    if (added && !hadMailer) await startChild(role, added);
    if (!added && hadMailer) await removeMailer(role);
    monitorEvents.changed();
  }

  const operatorTools = {
    assets: pages,
    log,
    get adminToken() {
      return config.adminToken;
    },
  };

  /** For who asks now, a free place in the line counts as a server, as long as one answers that may have room again. */
  function hasRoomToWait(): boolean {
    return queue?.hasPlace === true && isAnyAlive(board.servers);
  }

  function tellRoomToWait(): void {
    if (queue) tellAvailability({ type: hasRoomToWait() ? 'server.available' : 'server.unavailable', id: REQUESTS });
  }

  function choose(world: WorldPrefixes | undefined, servers = board.servers): Choice {
    const rules = world && { world, rulesOf: (entry: string) => statuses.rulesOf(entry) };
    const choice = chooseServer(isDraining ? [] : servers, rules);
    const isAway = !choice.server && choice.refusal === 'noneAllows' && world !== undefined && away.run(world);
    return isAway ? { refusal: 'allAway' } : choice;
  }

  function grant({ entry }: ServerView): void {
    feed.recordGrant();
    metrics.recordGrant();
    monitorEvents.changed();
    tellServer(entry, { type: 'grant' });
  }

  function refuse(reason: RefusalReason): void {
    feed.recordRefusal();
    metrics.recordRefusal(reason);
    monitorEvents.changed();
  }

  const app = sessionApp({
    ssl,
    isAvailable: () => watchers.published,
    choose,
    grant,
    refuse,
    queue,
    trusted,
    loadText: () => board.loadText,
    monitorPage: () => monitorPage(feed.message(), startedAt),
    monitorEvents,
    metrics: metrics.registry,
    problem,
    cluster:
      clusterSecret === undefined
        ? undefined
        : clusterRoutes({
            secret: clusterSecret,
            ssl,
            joined: care.joined,
            problem,
            onCall: metrics.recordClusterCall,
          }),
    inspect: inspector && pageOf(inspector, operatorTools),
    ...(levels && { logLevel: logLevelRoutes(levels, operatorTools) }),
    ...(pages && { pages }),
    onError: (error) => log.error({ error }, 'a request failed'),
  });
  const openPort = (): Promise<ListeningAddress> => listen(server, config.bindAddress, config.port);
  async function openInherited(inheritance: unknown): Promise<ListeningAddress> {
    try {
      // Without a secret, nobody could say again that it is there.
      if (clusterSecret !== undefined) await care.inherit(readInheritance(inheritance));
    } catch (error) {
      log.warn({ error }, 'joined servers not taken over');
    }
    return openPort();
  }
  const server = createSessionServer(
    createWebServer(app.callback(), { tls: config.tls, log }),
    watchers,
    onWatcherError,
    trusted,
    // The question that is held, and those for its place.
    config.queueLength * 2,
  );

  return {
    name: 'session',
    supervisor: supervisor((boot) => {
      system = boot.system;
      board.configure(config.simulationServers);
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
              servers: [
                ...board.servers.filter(({ state }) => state === 'available').map(({ entry }) => entry),
                ...(hasRoomToWait() ? [REQUESTS] : []),
              ],
            }),
          }),
          ...[mailer() ?? []].flat(),
          ...(queue
            ? [child({ id: REQUESTS, systemId: REQUESTS, src: supervisor({ shutdownOrder: 'parallel' }) })]
            : []),
          ...config.simulationServers.map(care.child),
        ],
      };
    }),
    reconfigure,
    async listen(actor) {
      role = actor;
      onReport(actor, ({ offender }) => {
        // A machine that ends by a bug does not end its listener.
        care.forgetActor(offender.id);
      });
      const patience = new AbortController();
      await Promise.race([board.heardFromAll, wait(FIRST_POLL_TIMEOUT, undefined, { signal: patience.signal })]);
      patience.abort();
      const bound = await (predecessor ? predecessor.takeOver(openInherited) : openPort());
      const address = { ...bound, isTls: config.tls !== undefined };
      log.info({ ...address, servers: config.simulationServers.length }, 'session server listens');
      return address;
    },
    // Who looks for a session server knows it by its address.
    serves() {},
    port: config.port,
    release: () => releasePort(server),
    inheritance: () => inheritanceOf(board.servers),
    resume: async () => void (await openPort()),
    async retire() {
      endAfterRequests(server);
      monitorEvents.close();
      // What it has not told yet it tells now; what happens from now on the server tells that has the port.
      if (role && mailer()) void removeMailer(role);
      return {
        ended: Promise.all([watchers.retire(RETIRE_TIME), queue?.emptied(), predecessor?.gone()]).then(() => {}),
      };
    },
    remains: () => ({ sessions: 0, ports: [] }),
    async drain() {
      isDraining = true;
      tellAvailability({ type: 'drain' });
      await queue?.close();
    },
    async close() {
      monitorEvents.close();
      await Promise.all([watchers.close(), closeServer(server)]);
      probe.close();
      statuses.close();
    },
  };
}

async function removeMailer(role: SupervisorRef): Promise<void> {
  await stopChild(role, MAILER);
  await deleteChild(role, MAILER);
}
