import { isDeepStrictEqual } from 'node:util';
import { fromPromise } from 'xstate';
import {
  MEMBERSHIP_TIMINGS,
  type MembershipCall,
  type MembershipEvent,
  type MembershipReport,
  type MembershipState,
  type MembershipTimings,
  membershipMachine,
} from '../../machines/membership.ts';
import { child, deleteChild, getChild, type SupervisorRef, startChild, stopChild } from '../../machines/supervisor.ts';
import type { Logger } from '../log.ts';
import { type AnnouncedServer, callSessionServer } from '../operations/cluster-call.ts';
import { createSigner, type Signer } from '../operations/cluster-signature.ts';

/** Different problems that are logged from one join to the next: our choice; each is logged once. */
const MOST_PROBLEMS = 5;

/** How it stands with one session server. */
export interface Membership {
  readonly sessionServer: string;
  readonly state: MembershipState;
  /** Why the last join failed. */
  readonly problem: string | undefined;
}

/** The places of this server in the lists of session servers. */
export interface Memberships {
  /** In the order of the configuration. */
  readonly list: readonly Membership[];
  /** Joins, by an actor for each session server below `role`. Called once, when the server can be reached. */
  join(role: SupervisorRef): void;
  /** Where clients reach this server elsewhere now: leaves as what it was, and joins as what it is. */
  update(): Promise<void>;
  /** The server takes clients now, or takes none, or another process has taken its place, after which nothing counts. */
  tell(event: Extract<MembershipEvent, { type: 'drain' | 'undrain' | 'retire' }>): void;
}

export interface MembershipsOptions {
  /** URLs. */
  readonly sessionServers: readonly string[];
  readonly clusterSecret?: string;
  /** Where clients reach this server now. */
  server(): AnnouncedServer;
  /** Whether the server takes clients now. */
  isOpen(): boolean;
  readonly log: Logger;
  /** Hears that one of the list has changed. */
  onChange(): void;
  /** Waits that tests shorten, in ms. */
  readonly timings?: Partial<MembershipTimings> | undefined;
}

const idOf = (sessionServer: string) => `membership ${sessionServer}`;

export function createMemberships(options: MembershipsOptions): Memberships {
  const { sessionServers, clusterSecret, server, isOpen, log, onChange } = options;
  const known = new Map(sessionServers.map((url) => [url, unknownMembership(url)]));
  const sign = clusterSecret === undefined ? undefined : createSigner(clusterSecret);
  /** Problems since the last join, of each session server. */
  const problems = new Map<string, readonly string[]>();
  let role: SupervisorRef | undefined;
  let isRetired = false;
  /** What session servers are told since the last join or update. */
  let announced: AnnouncedServer;

  function record({ sessionServer, state, problem }: MembershipReport): void {
    known.set(sessionServer, { sessionServer, state, problem });
    onChange();
    if (state === 'member') {
      log.info({ sessionServer }, 'session server joined');
      problems.delete(sessionServer);
    } else if (state === 'leaving') {
      log.info({ sessionServer }, 'leaving session server');
    } else if (state === 'retrying' && problem !== undefined) {
      recordProblem(sessionServer, problem);
    }
  }

  /** What goes on is not logged again. */
  function recordProblem(sessionServer: string, problem: string): void {
    const told = problems.get(sessionServer) ?? [];
    if (told.includes(problem) || told.length >= MOST_PROBLEMS) return;
    problems.set(sessionServer, [...told, problem]);
    log.warn({ sessionServer, problem }, 'session server not joined; trying again');
  }

  async function start(actor: SupervisorRef, sessionServer: string, sign: Signer): Promise<void> {
    const as = announced;
    const logic = membershipMachine.provide({
      actors: {
        caller: fromPromise<void, MembershipCall>(({ input, signal }) =>
          callSessionServer(input.sessionServer, input.order, as, sign, signal),
        ),
      },
    });
    const timings = { ...MEMBERSHIP_TIMINGS, ...options.timings };
    // Also one that a bug has ended, and that starts anew, leaves the list to the successor.
    const input = () => ({ sessionServer, isOpen: isOpen() && !isRetired, timings });
    const spec = child({ id: idOf(sessionServer), src: logic, input, restart: 'transient' });
    const reply = await startChild(actor, spec);
    // What is being stopped joins no more.
    if (reply.ok || reply.reason === 'shuttingDown') return;
    log.error({ sessionServer, reason: reply.reason }, 'membership not started');
  }

  return {
    get list() {
      return [...known.values()];
    },
    join(actor) {
      if (!sign) return;
      role = actor;
      actor.on('membership.changed', (event) => record(event as unknown as MembershipReport));
      announced = server();
      for (const sessionServer of sessionServers) void start(actor, sessionServer, sign);
    },
    async update() {
      const actor = role;
      if (!actor || !sign || isRetired || isDeepStrictEqual(announced, server())) return;
      announced = server();
      const replace = async (sessionServer: string) => {
        await stopChild(actor, idOf(sessionServer));
        await deleteChild(actor, idOf(sessionServer));
        await start(actor, sessionServer, sign);
      };
      await Promise.all(sessionServers.map(replace));
    },
    tell(event) {
      if (!role || isRetired) return;
      isRetired = event.type === 'retire';
      for (const sessionServer of sessionServers) getChild(role, idOf(sessionServer))?.send(event);
    },
  };
}

function unknownMembership(sessionServer: string): Membership {
  return { sessionServer, state: 'away', problem: undefined };
}
