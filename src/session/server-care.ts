import type { AvailabilityEvent } from '../../machines/availability.ts';
import type { MailerEvent, ToldState } from '../../machines/mailer.ts';
import {
  type ServerFact,
  SIMULATION_SERVER_TIMINGS,
  type SimulationServerEvent,
  type SimulationServerFigures,
  type SimulationServerTimings,
} from '../../machines/simulation-server.ts';
import { type ChildSpec, deleteChild, type SupervisorRef, startChild, stopChild } from '../../machines/supervisor.ts';
import type { Logger } from '../log.ts';
import type { InheritedServer } from './inherited-servers.ts';
import { createJoinedServers, type JoinedServers } from './joined-servers.ts';
import type { SessionMetrics } from './metrics.ts';
import type { MonitorFeed } from './monitor-feed.ts';
import type { LoadProbe } from './probe-load.ts';
import type { ServerBoard } from './server-board.ts';
import { serverChildren, serverId } from './server-child.ts';
import type { ServerStatuses } from './server-statuses.ts';

export interface ServerCareTools {
  readonly board: ServerBoard;
  readonly feed: MonitorFeed;
  readonly statuses: ServerStatuses;
  readonly metrics: SessionMetrics;
  readonly probe: LoadProbe;
  /** Waits that tests shorten, in ms. */
  readonly timings?: Partial<Omit<SimulationServerTimings, 'grantTime'>> | undefined;
  /** Those in force now. */
  figures(): SimulationServerFigures;
  tellAvailability(event: AvailabilityEvent): void;
  tellMailer(event: MailerEvent): void;
  tellServer(entry: string, event: SimulationServerEvent): void;
  /** Ms since 1970, for people. */
  timeOfDay(): number;
  /** Hears that something may look otherwise now. */
  onChange(): void;
  readonly log: Logger;
  /** Whether the configuration names the server. */
  isListed(entry: string): boolean;
  /** Below which the actors are; undefined before it runs. */
  role(): SupervisorRef | undefined;
}

/** The care of simulation servers: an actor for each, and what is made of that which it finds. */
export interface ServerCare {
  /** The actor of one server, for a supervisor. */
  child(entry: string): ChildSpec;
  /** The servers that join by themselves. */
  readonly joined: JoinedServers;
  /** Lists servers that had joined the session server before, as that one saw them; each has a lease to say so itself. */
  inherit(servers: readonly InheritedServer[]): Promise<void>;
  /** An actor of this name has ended by a bug: nobody asks its server for its load now. */
  forgetActor(id: string): void;
  /** Takes care of these servers, and of those that have joined, from now on, by the figures in force. */
  reconfigure(role: SupervisorRef, entries: readonly string[]): Promise<void>;
}

export function createServerCare(tools: ServerCareTools): ServerCare {
  const { board, feed, statuses, metrics, figures, tellAvailability, tellMailer, tellServer, onChange, log } = tools;
  /** Why each server that did not answer did not. */
  const problems = new Map<string, string>();
  const childOf = serverChildren({
    probe: tools.probe,
    figures() {
      const { grantTime, ...rest } = figures();
      return { ...rest, timings: { ...SIMULATION_SERVER_TIMINGS, ...tools.timings, grantTime } };
    },
    onFact: recordFact,
    onEnd: forget,
  });
  const joined = createJoinedServers({
    isListed: tools.isListed,
    async add(entry) {
      board.add(entry);
      const role = tools.role();
      const isStarted = role !== undefined && (await startChild(role, childOf(entry, true))).ok;
      if (!isStarted) board.remove(entry);
      else log.info({ server: entry }, 'simulation server joined');
      return isStarted;
    },
    renew: (entry) => tellServer(entry, { type: 'lease.renewed' }),
    remove: (entry) => tellServer(entry, { type: 'stop' }),
    close: (entry) => tellServer(entry, { type: 'intake.closed' }),
  });

  function recordFact(entry: string, fact: ServerFact): void {
    onChange();
    switch (fact.type) {
      case 'load.measured':
        feed.recordLoad(entry, fact.load);
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
      case 'lease.ended':
        joined.lapse(entry);
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
    tellMailer({ type: 'server.found', entry, state, at: tools.timeOfDay(), load: before.load, problem });
    if (state !== 'unreachable') {
      log.info({ server: entry, load: before.load, before: before.state }, `simulation server ${state}`);
    }
  }

  /** Nobody asks this server for its load now; one that had joined is in the list no more. */
  function forget(entry: string, isFailure = false): void {
    onChange();
    const why = joined.ended(entry);
    if (why === undefined) {
      feed.recordTransition(entry, board.find(entry).state, 'probing');
      board.record(entry, { state: 'probing', load: undefined, reserved: 0 });
      tellAvailability({ type: 'server.unavailable', id: entry });
      return;
    }
    board.remove(entry);
    tellAvailability({ type: 'server.unavailable', id: entry });
    forgetFacts(entry);
    // The session server itself ends, or the configuration names the server now: nothing has happened to it.
    if (why === 'unwatched' && !isFailure) return;
    tellMailer({ type: 'server.forgotten', entry });
    log.info({ server: entry, why }, 'simulation server no longer listed');
  }

  async function inherit({ entry, load }: InheritedServer): Promise<void> {
    if (tools.isListed(entry) || (await joined.join(entry)) !== undefined) return;
    // What it answers itself counts more, once it does.
    if (load === undefined || load >= figures().loadThreshold || board.find(entry).state !== 'probing') return;
    board.record(entry, { state: 'available', load });
    tellAvailability({ type: 'server.available', id: entry });
  }

  function forgetFacts(entry: string): void {
    feed.forget(entry);
    statuses.forget(entry);
    problems.delete(entry);
  }

  return {
    child: (entry) => childOf(entry, false),
    joined,
    inherit: async (servers) => void (await Promise.all(servers.map(inherit))),
    forgetActor(id) {
      const found = board.servers.find(({ entry }) => serverId(entry) === id);
      if (found) forget(found.entry, true);
    },
    async reconfigure(role, entries) {
      const isJoined = (entry: string) => joined.has(entry);
      const before = board.servers.map(({ entry }) => entry).filter((entry) => !isJoined(entry));
      for (const entry of before.filter((known) => !entries.includes(known))) {
        await removeChild(role, serverId(entry));
        forgetFacts(entry);
        tellMailer({ type: 'server.forgotten', entry });
      }
      // One that has joined is watched anew, as one that stays without saying so.
      for (const entry of entries.filter(isJoined)) await removeChild(role, serverId(entry));
      board.configure(entries);
      for (const { entry } of board.servers) {
        if (before.includes(entry) || isJoined(entry)) tellServer(entry, { type: 'configure', ...figures() });
        else await startChild(role, childOf(entry, false));
      }
    },
  };
}

async function removeChild(role: SupervisorRef, id: string): Promise<void> {
  await stopChild(role, id);
  await deleteChild(role, id);
}
