import { type AnyActorLogic, fromCallback } from 'xstate';
import type { AvailabilityEvent } from '../../machines/availability.ts';
import type { MailerEvent, ToldState } from '../../machines/mailer.ts';
import {
  type ServerFact,
  SIMULATION_SERVER_TIMINGS,
  type SimulationServerEvent,
  type SimulationServerFigures,
  type SimulationServerTimings,
  simulationServerMachine,
} from '../../machines/simulation-server.ts';
import {
  type ChildSpec,
  child,
  deleteChild,
  type SupervisorRef,
  startChild,
  stopChild,
} from '../../machines/supervisor.ts';
import type { Logger } from '../log.ts';
import type { SessionMetrics } from './metrics.ts';
import type { MonitorFeed } from './monitor-feed.ts';
import type { LoadProbe } from './probe-load.ts';
import type { ServerBoard } from './server-board.ts';
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
}

/** The care of simulation servers: an actor for each, and what is made of that which it finds. */
export interface ServerCare {
  /** The actor of one server, for a supervisor. */
  child(entry: string): ChildSpec;
  /** Nobody asks this server for its load now. */
  forget(entry: string): void;
  /** Takes care of these servers from now on, by the figures in force. */
  reconfigure(role: SupervisorRef, entries: readonly string[]): Promise<void>;
}

export function serverId(entry: string): string {
  return `simulationServer ${entry}`;
}

export function createServerCare(tools: ServerCareTools): ServerCare {
  const { board, feed, statuses, metrics, figures, tellAvailability, tellMailer, tellServer, onChange, log } = tools;
  /** Why each server that did not answer did not. */
  const problems = new Map<string, string>();
  const machine: AnyActorLogic = simulationServerMachine.provide({
    actors: {
      probe: tools.probe.logic,
      listener: fromCallback<ServerFact, { entry: string }>(({ input: { entry }, receive }) => {
        receive((fact) => recordFact(entry, fact));
        return () => forget(entry);
      }),
    },
  });

  function recordFact(entry: string, fact: ServerFact): void {
    onChange();
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
    tellMailer({ type: 'server.found', entry, state, at: tools.timeOfDay(), load: before.load, problem });
    if (state !== 'unreachable') {
      log.info({ server: entry, load: before.load, before: before.state }, `simulation server ${state}`);
    }
  }

  function forget(entry: string): void {
    onChange();
    feed.recordTransition(entry, board.find(entry).state, 'probing');
    board.record(entry, { state: 'probing', load: undefined, reserved: 0 });
    tellAvailability({ type: 'server.unavailable', id: entry });
  }

  function childOf(entry: string): ChildSpec {
    return child({
      id: serverId(entry),
      systemId: serverId(entry),
      src: machine,
      input: () => {
        const { grantTime, ...rest } = figures();
        return { entry, ...rest, timings: { ...SIMULATION_SERVER_TIMINGS, ...tools.timings, grantTime } };
      },
    });
  }

  return {
    child: childOf,
    forget,
    async reconfigure(role, entries) {
      const before = board.servers.map(({ entry }) => entry);
      for (const entry of before.filter((known) => !entries.includes(known))) {
        await stopChild(role, serverId(entry));
        await deleteChild(role, serverId(entry));
        statuses.forget(entry);
        feed.forget(entry);
        problems.delete(entry);
      }
      board.configure(entries);
      for (const entry of entries) {
        if (before.includes(entry)) tellServer(entry, { type: 'configure', ...figures() });
        else await startChild(role, childOf(entry));
      }
    },
  };
}
