import type { SupervisorRef } from '../../machines/supervisor.ts';
import type { Logger } from '../log.ts';
import type { ServerStatus } from '../monitor/server-status.ts';
import { type Choice, hasRoom, type ServerView } from './choose-server.ts';
import type { SessionMetrics } from './metrics.ts';
import { createSessionQueue, type QueueTools, type SessionQueue } from './queue.ts';
import type { WorldPrefixes } from './repository-standing.ts';

/** Milliseconds in a second: the configuration's unit is the second. */
const SECOND = 1_000;

export interface LineTools extends Pick<QueueTools, 'grant' | 'refuse' | 'onChange'> {
  /** Times in seconds, loads in percent. */
  readonly config: Readonly<Record<'queueLength' | 'queueTimeout' | 'loadThreshold' | 'grantLoad', number>>;
  readonly log: Logger;
  readonly metrics: Pick<SessionMetrics, 'recordWait'>;
  /** The supervisor of the questions that are held. */
  requests(): SupervisorRef;
  /** What the server with this entry said of itself. */
  status(entry: string): ServerStatus | undefined;
  /** The server to which a client with this world is sent, of those that have a place. */
  choose(world: WorldPrefixes | undefined, hasPlace: (server: ServerView) => boolean): Choice;
}

/**
 * The line of a session server whose configuration wants one.
 *
 * @returns undefined where `queueLength` is 0
 */
export function createSessionLine(tools: LineTools): SessionQueue | undefined {
  const { config, log, metrics, status, choose } = tools;
  const { queueLength, queueTimeout } = config;
  if (queueLength === 0) return undefined;
  return createSessionQueue({
    requests: tools.requests,
    grant: tools.grant,
    refuse: tools.refuse,
    onChange: tools.onChange,
    queueLength,
    queueTimeout: queueTimeout * SECOND,
    choose(world) {
      // What is in force now.
      const { loadThreshold, grantLoad } = config;
      return choose(world, (server) => hasRoom(server, { loadThreshold, grantLoad, places: status(server.entry) }));
    },
    onWaited(outcome, waited) {
      metrics.recordWait(outcome, waited);
      log.info({ outcome, waited: Math.round(waited) }, 'client left the line');
    },
    onError: (error) => log.error({ error }, 'the line failed'),
  });
}

/** Whether one of these answers, and so may have room again. */
export function isAnyAlive(servers: readonly ServerView[]): boolean {
  return servers.some(({ state }) => state === 'available' || state === 'overloaded');
}
