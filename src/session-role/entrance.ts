import type { SessionConfig } from '../config/session-config.ts';
import { trustedProxies } from '../operations/client-address.ts';
import { EventStream } from '../operations/event-stream.ts';
import { closeServer, endAfterRequests, listen, releasePort } from '../operations/listen.ts';
import { createWebServer } from '../operations/web-server.ts';
import type { ListeningAddress, Role } from '../role.ts';
import { operatorRoutes, type RoleOptions } from '../role-options.ts';
import { clusterRoutes } from '../session/cluster-routes.ts';
import { createSessionServer } from '../session/http-server.ts';
import { inheritanceOf, readInheritance } from '../session/inherited-servers.ts';
import { monitorPage } from '../session/monitor-page.ts';
import type { Pages } from '../session/pages.ts';
import { sessionApp } from '../session/session-app.ts';
import type { Watchers } from '../session/watchers.ts';
import type { Dispatch } from './dispatch.ts';
import type { Servers } from './servers.ts';

/** Time in ms within which watchers are sent to the server that has taken over, one after the other: our choice. */
const RETIRE_TIME = 10_000;

export interface EntranceOptions extends RoleOptions {
  /** The pages for people; without them `/` leads to the monitor. */
  readonly pages?: Pages;
}

export interface EntranceTools {
  /** What is in force, read at each use. */
  readonly config: SessionConfig;
  readonly watchers: Watchers;
  readonly servers: Pick<Servers, 'board' | 'feed' | 'metrics' | 'care'>;
  readonly dispatch: Dispatch;
  /** Hears of a bug that cost a client its connection. */
  onWatcherError(error: unknown): void;
}

/** What the world reaches of a session server: its port, with all that is answered there. */
export interface Entrance extends Pick<Role, 'release' | 'resume' | 'retire'> {
  /** Something is new for those who look at the monitor. */
  changed(): void;
  /** Opens the port. @throws AppError `portTaken`, `bindFailed` or `takeoverRefused` */
  open(): Promise<ListeningAddress>;
  /** What a successor is to know before it opens the port. */
  inheritance(): unknown;
  /** Closes the port and every connection. */
  close(): Promise<void>;
}

export function createEntrance(options: EntranceOptions, tools: EntranceTools): Entrance {
  const { log, predecessor, pages } = options;
  const { config, watchers, servers, dispatch, onWatcherError } = tools;
  const { board, feed, metrics, care } = servers;
  const { ssl, clusterSecret } = config;
  const trusted = trustedProxies(config.trustedProxies);
  const startedAt = new Date();
  const monitorEvents = new EventStream(
    () => feed.message(),
    (error) => log.error({ error }, 'the monitor failed'),
    options.monitorLimits,
    trusted,
  );
  const operators = operatorRoutes(options, config, pages);
  const app = sessionApp({
    ssl,
    isAvailable: () => watchers.published,
    choose: dispatch.choose,
    grant: dispatch.grant,
    refuse: dispatch.refuse,
    queue: dispatch.queue,
    trusted,
    loadText: () => board.loadText,
    monitorPage: () => monitorPage(feed.message(), startedAt),
    monitorEvents,
    metrics: metrics.registry,
    problem: dispatch.problem,
    cluster:
      clusterSecret === undefined
        ? undefined
        : clusterRoutes({
            secret: clusterSecret,
            ssl,
            joined: care.joined,
            problem: dispatch.problem,
            onCall: metrics.recordClusterCall,
          }),
    inspect: operators.inspect,
    logLevel: operators.logLevel,
    ...(pages && { pages }),
    onError: (error) => log.error({ error }, 'a request failed'),
  });
  const server = createSessionServer(
    createWebServer(app.callback(), { tls: config.tls, log }),
    watchers,
    onWatcherError,
    trusted,
    // The question that is held, and those for its place.
    config.queueLength * 2,
  );

  function openPort(): Promise<ListeningAddress> {
    return listen(server, config.bindAddress, config.port);
  }

  async function openInherited(inheritance: unknown): Promise<ListeningAddress> {
    try {
      // Without a secret, nobody could say again that it is there.
      if (clusterSecret !== undefined) await care.inherit(readInheritance(inheritance));
    } catch (error) {
      log.warn({ problem: (error as Error).message }, 'joined servers not taken over');
    }
    return openPort();
  }

  return {
    changed: () => monitorEvents.changed(),
    async open() {
      const bound = await (predecessor ? predecessor.takeOver(openInherited) : openPort());
      return { ...bound, isTls: config.tls !== undefined };
    },
    release: () => releasePort(server),
    inheritance: () => inheritanceOf(board.servers),
    resume: async () => void (await openPort()),
    async retire() {
      endAfterRequests(server);
      monitorEvents.close();
      const { queue } = dispatch;
      return {
        ended: Promise.all([watchers.retire(RETIRE_TIME), queue?.emptied(), predecessor?.gone()]).then(() => {}),
      };
    },
    async close() {
      monitorEvents.close();
      await Promise.all([watchers.close(), closeServer(server)]);
    },
  };
}
