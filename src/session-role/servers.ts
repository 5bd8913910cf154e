import { fromCallback } from 'xstate';
import { type AvailabilityChange, type AvailabilityEvent, availabilityMachine } from '../../machines/availability.ts';
import type { MailerTimings } from '../../machines/mailer.ts';
import {
  SIMULATION_SERVER_TIMINGS,
  type SimulationServerEvent,
  type SimulationServerTimings,
} from '../../machines/simulation-server.ts';
import { type ChildSpec, child, type SupervisorRef, type System } from '../../machines/supervisor.ts';
import type { SessionConfig } from '../config/session-config.ts';
import type { Logger } from '../log.ts';
import { createMailCare, type MailCare } from '../mail/mail-care.ts';
import { createSigner } from '../operations/cluster-signature.ts';
import { type AwayServers, createAwayServers } from '../session/away-servers.ts';
import { createSessionMetrics, type SessionMetrics } from '../session/metrics.ts';
import { MonitorFeed } from '../session/monitor-feed.ts';
import { createLoadProbe } from '../session/probe-load.ts';
import { ServerBoard } from '../session/server-board.ts';
import { createServerCare, type ServerCare } from '../session/server-care.ts';
import { serverId } from '../session/server-child.ts';
import { createServerStatuses, type ServerStatuses } from '../session/server-statuses.ts';
import type { Watchers } from '../session/watchers.ts';

/** Milliseconds in a second: the configuration's unit is the second. */
const SECOND = 1_000;

/** Name of the actor in the system. */
const AVAILABILITY = 'availability';

export interface ServersOptions {
  readonly log: Logger;
  /** Waits that tests shorten, in ms. */
  readonly timings?: Partial<Omit<SimulationServerTimings, 'grantTime'>>;
  readonly mailerTimings?: Partial<MailerTimings>;
}

export interface ServersTools {
  /** What is in force, read at each use. */
  readonly config: SessionConfig;
  /** The actors of the system; undefined before it runs. */
  system(): System | undefined;
  /** The supervisor of the role; undefined before it runs. */
  role(): SupervisorRef | undefined;
  /** Who hears whether any server is available. */
  readonly watchers: Watchers;
  /** Clients that wait in line; undefined where there is no line. */
  queued(): number | undefined;
  /** What counts as an available server beside those that are, by its name for `availability`. */
  openLines(): readonly string[];
  /** Hears that something may look otherwise now, or that a server may have room. */
  onChange(): void;
  /** Hears that a server has become available, or is so no more. */
  onAvailability(): void;
}

/** The simulation servers that a session server knows: asks them how they are, and tells watchers and the administrator. */
export interface Servers {
  readonly board: ServerBoard;
  readonly statuses: Pick<ServerStatuses, 'of' | 'rulesOf'>;
  /** Those that had joined and are away. */
  readonly away: Pick<AwayServers, 'run'>;
  readonly feed: MonitorFeed;
  readonly metrics: SessionMetrics;
  readonly care: ServerCare;
  tell(entry: string, event: SimulationServerEvent): void;
  tellAvailability(event: AvailabilityEvent): void;
  /** The actor that folds all servers into one bit. */
  readonly availability: ChildSpec;
  /** What the administrator is told of them. */
  readonly mails: MailCare;
  close(): void;
}

export function createServers({ log, timings, mailerTimings }: ServersOptions, tools: ServersTools): Servers {
  const { config, system, watchers, onChange } = tools;
  const { ssl, clusterSecret } = config;
  const tell = (entry: string, event: SimulationServerEvent) => system()?.get(serverId(entry))?.send(event);
  const tellAvailability = (event: AvailabilityEvent) => system()?.get(AVAILABILITY)?.send(event);
  const board = new ServerBoard(config.simulationServers);
  const sign = clusterSecret === undefined ? undefined : createSigner(clusterSecret);
  const statuses = createServerStatuses({
    isTls: ssl,
    headers: () => (sign ? { Authorization: sign({ method: 'GET', path: '/status' }) } : {}),
    onChange(entry) {
      onChange();
      const rules = statuses.rulesOf(entry);
      if (rules && care.joined.has(entry)) away.remember(entry, rules);
      const isOpen = (statuses.of(entry)?.intake ?? 'open') === 'open';
      tell(entry, { type: isOpen ? 'intake.opened' : 'intake.closed' });
    },
  });
  const away = createAwayServers();
  const feed = new MonitorFeed({
    get loadThreshold() {
      return config.loadThreshold;
    },
    ssl,
    servers: () => board.servers,
    meanLoad: () => board.meanLoad,
    watchers: () => watchers.size,
    queued: tools.queued,
    status: (entry) => statuses.of(entry),
  });
  const metrics = createSessionMetrics({
    servers: () => board.servers,
    watchers: () => watchers.size,
    joined: () => care.joined.size,
    queued: () => tools.queued() ?? 0,
    queueLength: config.queueLength,
  });
  const { probeTimeout } = { ...SIMULATION_SERVER_TIMINGS, ...timings };
  const probe = createLoadProbe(ssl, (entry, latency) => {
    feed.recordLatency(entry, latency);
    metrics.recordAnswer(latency);
    // The load counts only while there is time left for it.
    return statuses.ask(entry, (probeTimeout - latency) / 2);
  });
  const mails = createMailCare({
    config,
    log,
    entries: () => board.servers.map(({ entry }) => entry),
    timings: mailerTimings,
  });
  const care = createServerCare({
    board,
    feed,
    statuses,
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
      tools.onAvailability();
    },
    tellMailer: mails.tell,
    tellServer: tell,
    timeOfDay: () => Date.now(),
    onChange,
    log,
    isListed: (entry) => config.simulationServers.includes(entry),
    role: tools.role,
  });
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
  const available = () => board.servers.filter(({ state }) => state === 'available').map(({ entry }) => entry);

  return {
    board,
    statuses,
    away,
    feed,
    metrics,
    care,
    tell,
    tellAvailability,
    availability: child({
      id: AVAILABILITY,
      systemId: AVAILABILITY,
      src: availability,
      // Started anew, it goes on where it was.
      input: () => ({ published: watchers.published, servers: [...available(), ...tools.openLines()] }),
    }),
    mails,
    close() {
      probe.close();
      statuses.close();
    },
  };
}
