import { MEMBERSHIP_TIMINGS } from '../../machines/membership.ts';
import { type ChildSpec, child, type SupervisorRef, type System, supervisor } from '../../machines/supervisor.ts';
import type { SessionConfig } from '../config/session-config.ts';
import type { Logger } from '../log.ts';
import { type Choice, chooseServer, type ServerView } from '../session/choose-server.ts';
import { createSessionLine, isAnyAlive } from '../session/line.ts';
import type { RefusalReason, SessionQueue } from '../session/queue.ts';
import type { WorldPrefixes } from '../session/repository-standing.ts';
import type { Servers } from './servers.ts';

/** Name of the actor in the system, and of the line for `availability`. */
const REQUESTS = 'requests';

export interface DispatchTools {
  readonly config: SessionConfig;
  readonly log: Logger;
  readonly servers: Pick<Servers, 'board' | 'statuses' | 'away' | 'feed' | 'metrics' | 'tell' | 'tellAvailability'>;
  /** The actors of the system; undefined before it runs. */
  system(): System | undefined;
  /** Hears that something may look otherwise now. */
  onChange(): void;
  /** Wait in ms that tests shorten, see `JOIN_PATIENCE`. */
  readonly joinPatience?: number | undefined;
}

/**
 * Time in ms after the opening of the port within which every simulation server that runs has joined: the longest wait
 * between two joins, and the longest for an answer.
 */
const JOIN_PATIENCE = MEMBERSHIP_TIMINGS.joinInterval + MEMBERSHIP_TIMINGS.callTimeout;

/** Sends clients to simulation servers, and lets them wait in line where none has room and the configuration wants it. */
export interface Dispatch {
  /** Undefined where clients are refused at once. */
  readonly queue: SessionQueue | undefined;
  /** The server that a client would be sent to now for this world, or for no world in particular. */
  choose(world: WorldPrefixes | undefined): Choice;
  /** Counts a client as sent to this server. */
  grant(server: ServerView): void;
  /** Counts a client for whom there is no server. */
  refuse(reason: RefusalReason): void;
  /** Why nobody is sent anywhere, undefined while clients may be. */
  problem(): string | undefined;
  /** The port is open: simulation servers can join from now on. */
  opened(): void;
  /** The line by its name for `availability`, while it has a free place. */
  openLines(): readonly string[];
  /** Tells `availability` whether it has one. */
  tellLine(): void;
  /** The actor above the questions that are held. */
  readonly children: readonly ChildSpec[];
  /** Sends nobody anywhere from now on; resolves when those in line have been told. */
  drain(): Promise<void>;
}

export function createDispatch({
  config,
  log,
  servers,
  system,
  onChange,
  joinPatience = JOIN_PATIENCE,
}: DispatchTools): Dispatch {
  const { board, statuses, away, feed, metrics, tell, tellAvailability } = servers;
  let isDraining = false;
  /** On a clock that is never set, in ms. */
  let openedAt = performance.now();
  const queue = createSessionLine({
    config,
    log,
    metrics,
    requests: () => system()?.get(REQUESTS) as SupervisorRef,
    status: (entry) => statuses.of(entry),
    choose,
    grant,
    refuse,
    onChange() {
      onChange();
      tellLine();
    },
  });

  function choose(world: WorldPrefixes | undefined, hasPlace?: (server: ServerView) => boolean): Choice {
    const rules = world && { world, rulesOf: (entry: string) => statuses.rulesOf(entry) };
    const choice = chooseServer(isDraining ? [] : board.servers, rules, hasPlace);
    if (choice.server || choice.refusal !== 'noneAllows' || world === undefined) return choice;
    if (away.run(world)) return { refusal: 'allAway' };
    return mayMoreJoin() ? { refusal: 'noneAvailable' } : choice;
  }

  /** Whether simulation servers may run that have had no time to join yet. */
  function mayMoreJoin(): boolean {
    return config.clusterSecret !== undefined && performance.now() - openedAt < joinPatience;
  }

  function grant({ entry }: ServerView): void {
    feed.recordGrant();
    metrics.recordGrant();
    onChange();
    tell(entry, { type: 'grant' });
  }

  function refuse(reason: RefusalReason): void {
    feed.recordRefusal();
    metrics.recordRefusal(reason);
    onChange();
  }

  /** For who asks now, a free place in the line counts as a server, as long as one answers that may have room again. */
  function openLines(): readonly string[] {
    return queue?.hasPlace === true && isAnyAlive(board.servers) ? [REQUESTS] : [];
  }

  function tellLine(): void {
    const isOpen = openLines().length > 0;
    if (queue) tellAvailability({ type: isOpen ? 'server.available' : 'server.unavailable', id: REQUESTS });
  }

  return {
    queue,
    choose,
    grant,
    refuse,
    opened() {
      openedAt = performance.now();
    },
    problem: () => (isDraining ? 'The session server is being stopped.' : undefined),
    openLines,
    tellLine,
    children: queue
      ? [child({ id: REQUESTS, systemId: REQUESTS, src: supervisor({ shutdownOrder: 'parallel' }) })]
      : [],
    async drain() {
      isDraining = true;
      tellAvailability({ type: 'drain' });
      await queue?.close();
    },
  };
}
