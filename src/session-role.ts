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
import { child, onReport, type SupervisorRef, type System, supervisor } from '../machines/supervisor.ts';
import type { SessionConfig } from './config/session-config.ts';
import { pageOf } from './inspection/inspect-routes.ts';
import type { Inspector } from './inspection/inspector.ts';
import type { Logger } from './log.ts';
import { MAILER, mailerChild } from './mail/mailer-child.ts';
import { EventStream, type EventStreamLimits } from './operations/event-stream.ts';
import { closeServer, listen } from './operations/listen.ts';
import { createWebServer } from './operations/web-server.ts';
import { ROLE_RESTARTS, type Role } from './role.ts';
import { chooseServer, type ServerView } from './session/choose-server.ts';
import { createSessionServer } from './session/http-server.ts';
import { createSessionLine, isAnyAlive } from './session/line.ts';
import { createSessionMetrics } from './session/metrics.ts';
import { MonitorFeed } from './session/monitor-feed.ts';
import { monitorPage } from './session/monitor-page.ts';
import type { Pages } from './session/pages.ts';
import { createLoadProbe } from './session/probe-load.ts';
import type { RefusalReason } from './session/queue.ts';
import { ServerBoard } from './session/server-board.ts';
import { createServerStatuses } from './session/server-statuses.ts';
import { sessionApp } from './session/session-app.ts';
import { type WatcherLimits, Watchers } from './session/watchers.ts';

/** Milliseconds in a second: the configuration's unit is the second. */
const SECOND = 1_000;

/** Longest wait in ms for the first answers of the simulation servers before the port opens: our choice. */
const FIRST_POLL_TIMEOUT = 1_000;

/** Names of the actors in the system. */
const AVAILABILITY = 'availability';
const REQUESTS = 'requests';
const serverId = (entry: string) => `simulationServer ${entry}`;

export interface SessionRoleOptions {
  readonly config: SessionConfig;
  readonly log: Logger;
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

/** A session server, whose actors get their effects here. */
export function sessionRole({
  config,
  log,
  pages,
  timings,
  mailerTimings,
  limits,
  monitorLimits,
  inspector,
}: SessionRoleOptions): Role {
  const { ssl, loadThreshold, grantLoad } = config;
  const startedAt = new Date();
  const board = new ServerBoard(config.simulationServers);
  const onWatcherError = (error: unknown) => log.error({ error }, 'a watcher failed');
  const statuses = createServerStatuses(ssl, () => {
    monitorEvents.changed();
    queue?.changed();
  });
  const watchers = new Watchers(limits, onWatcherError);
  const feed = new MonitorFeed({
    loadThreshold,
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
    queued: () => queue?.length ?? 0,
    queueLength: config.queueLength,
  });
  const probe = createLoadProbe(ssl, (entry, latency) => {
    feed.recordLatency(entry, latency);
    metrics.recordAnswer(latency);
  });
  const serverTimings = { ...SIMULATION_SERVER_TIMINGS, ...timings, grantTime: config.grantTime * SECOND };
  const mailer = mailerChild({ config, log, servers: () => board.servers, timings: mailerTimings });
  /** Why each server that did not answer did not. */
  const problems = new Map<string, string>();
  let isDraining = false;

  const queue = createSessionLine({
    config,
    log,
    metrics,
    requests: () => system?.get(REQUESTS) as SupervisorRef,
    servers: () => board.servers,
    status: (entry) => statuses.of(entry),
    choose: (servers) => choose(servers),
    grant: (server) => grant(server),
    refuse: (reason) => refuse(reason),
    onChange() {
      monitorEvents.changed();
      tellRoomToWait();
    },
  });

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
    queue?.changed();
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
    tellRoomToWait();
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
    tellRoomToWait();
  }

  /** For who asks now, a free place in the line counts as a server, as long as one answers that may have room again. */
  function hasRoomToWait(): boolean {
    return queue?.hasPlace === true && isAnyAlive(board.servers);
  }

  function tellRoomToWait(): void {
    if (queue) tellAvailability({ type: hasRoomToWait() ? 'server.available' : 'server.unavailable', id: REQUESTS });
  }

  const choose = (servers = board.servers) => (isDraining ? undefined : chooseServer(servers));
  const grant = ({ entry }: ServerView) => {
    feed.recordGrant();
    metrics.recordGrant();
    monitorEvents.changed();
    tellServer(entry, { type: 'grant' });
  };
  const refuse = (reason: RefusalReason) => {
    feed.recordRefusal();
    metrics.recordRefusal(reason);
    monitorEvents.changed();
  };

  const app = sessionApp({
    ssl,
    isAvailable: () => watchers.published,
    choose: () => choose(),
    grant,
    refuse: () => refuse('noneAvailable'),
    queue,
    loadText: () => board.loadText,
    monitorPage: () => monitorPage(feed.message(), startedAt),
    monitorEvents,
    metrics: metrics.registry,
    problem: () => (isDraining ? 'The session server is being stopped.' : undefined),
    inspect: inspector && pageOf(inspector, { assets: pages, adminToken: config.adminToken, log }),
    ...(pages && { pages }),
    onError: (error) => log.error({ error }, 'a request failed'),
  });
  const server = createSessionServer(
    createWebServer(app.callback(), { tls: config.tls, log }),
    watchers,
    onWatcherError,
    // The question that is held, and those for its place.
    config.queueLength * 2,
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
              servers: [
                ...board.servers.filter(({ state }) => state === 'available').map(({ entry }) => entry),
                ...(hasRoomToWait() ? [REQUESTS] : []),
              ],
            }),
          }),
          ...(mailer ? [mailer] : []),
          ...(queue
            ? [child({ id: REQUESTS, systemId: REQUESTS, src: supervisor({ shutdownOrder: 'parallel' }) })]
            : []),
          ...config.simulationServers.map((entry) =>
            child({
              id: serverId(entry),
              systemId: serverId(entry),
              src: simulationServer,
              input: { entry, loadThreshold, grantLoad, timings: serverTimings },
            }),
          ),
        ],
      };
    }),
    async listen(actor) {
      onReport(actor, ({ offender }) => {
        // A machine that ends by a bug does not end its listener.
        const entry = config.simulationServers.find((candidate) => serverId(candidate) === offender.id);
        if (entry !== undefined) forget(entry);
      });
      const patience = new AbortController();
      await Promise.race([board.heardFromAll, wait(FIRST_POLL_TIMEOUT, undefined, { signal: patience.signal })]);
      patience.abort();
      const address = {
        ...(await listen(server, config.bindAddress, config.port)),
        isTls: config.tls !== undefined,
      };
      log.info({ ...address, servers: config.simulationServers.length }, 'session server listens');
      return address;
    },
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
