/** What monitor pages are told, by their server and while they are open. Times are ms on a clock of the server that is never set. */
import type { LoadSample } from '../../machines/load-sample.ts';
import type { MembershipState } from '../../machines/membership.ts';
import type { ServerState } from '../../machines/simulation-server.ts';
import type { Lit } from './lit-chart.ts';
import type { Intake, ServerStatus } from './server-status.ts';

/** Length of the charts in ms: ten minutes, as in webots-server. */
export const CHART_TIME = 600_000;

/** Points of a small chart: our choice, one for two polls. */
export const CHART_POINTS = 60;

/** One simulation server as its session server knows it. */
export interface ServerLine {
  readonly entry: string;
  readonly state: ServerState;
  /** Percent; null where it is not known. */
  readonly load: number | null;
  /** Load in percent that the clients sent to it lately stand for. */
  readonly reserved: number;
  /** Whether it has joined by itself, and is forgotten when it is silent. */
  readonly isJoined: boolean;
  /** When it last gave a usable answer; null if it never did. */
  readonly answeredAt: number | null;
  /** What that answer took, in ms. */
  readonly latency: number | null;
  /** `CHART_POINTS` highest loads in percent, the latest last; null where nothing was heard. */
  readonly history: readonly (number | null)[];
  /** What it said of itself; null where it says nothing. */
  readonly status: ServerStatus | null;
}

/** A simulation server has changed its state. */
export interface ServerTransition {
  /** Time of the day, ISO 8601 in UTC. */
  readonly time: string;
  readonly entry: string;
  readonly before: ServerState;
  readonly state: ServerState;
}

export interface SessionMonitorMessage {
  readonly now: number;
  /** Time of the day at `now`, ISO 8601 in UTC. */
  readonly time: string;
  /** Load in percent from which on a server gets no more clients. */
  readonly loadThreshold: number;
  /** Whether simulation servers are reached by https. */
  readonly ssl: boolean;
  readonly servers: readonly ServerLine[];
  /** Mean of the known loads in percent; null where none is known. */
  readonly meanLoad: number | null;
  /** Clients that watch the availability. */
  readonly watchers: number;
  /** Clients that wait in line; null where there is none. */
  readonly queued: number | null;
  /** Clients sent to a server within the last minute, and those for whom there was none. */
  readonly grants: number;
  readonly refusals: number;
  /** The latest first. */
  readonly transitions: readonly ServerTransition[];
}

/** One client session. What is marked is told to operators only. */
export interface SessionLine {
  /** Counts the sessions of this server; says nothing about them. */
  readonly number: number;
  /** State of the session's machine, e.g. `connected.fetching`. */
  readonly stage: string;
  /** State of its engine's machine, while there is one. */
  readonly engine: string | null;
  readonly startedAt: number;
  /** Operators only, as is what follows. */
  readonly id?: string;
  /** When the time limit ends it; null before the simulation runs. */
  readonly endsAt?: number | null;
  /** The world's file name. */
  readonly world?: string | null;
  readonly port?: number | null;
  /** Shortened: its last part is left out. */
  readonly client?: string | null;
  readonly usage?: SessionUsage | null;
}

/** What a session's processes take: percent of one processor over the last second, null where it is yet to be known, and bytes. */
export interface SessionUsage {
  readonly cpu: number | null;
  readonly memory: number;
}

/** A state that a machine of a session entered, `at` ms after the session's beginning. */
export interface SessionTransition {
  readonly at: number;
  readonly machine: 'session' | 'engine';
  readonly state: string;
}

/** A message that passed, or several in a row that were the same. */
export interface SessionMessage {
  readonly at: number;
  readonly direction: 'fromClient' | 'toClient';
  readonly text: string;
  readonly times: number;
}

/** Everything on the page of one session, for operators. */
export interface SessionPageMessage {
  readonly now: number;
  /** Time of the day at `now`, ISO 8601 in UTC. */
  readonly time: string;
  readonly id: string;
  readonly number: number;
  readonly url: string | null;
  readonly mode: string | null;
  readonly client: string | null;
  readonly port: number | null;
  readonly startedAt: number;
  readonly startedOn: string;
  readonly endsAt: number | null;
  readonly usage: SessionUsage | null;
  /** Null while it lasts. */
  readonly end: { readonly reason: string; readonly text: string } | null;
  /** Where its machines are and were; null for one that was not started. */
  readonly lit: { readonly session: Lit | null; readonly engine: Lit | null };
  readonly transitions: readonly SessionTransition[];
  readonly transitionsLeftOut: number;
  readonly messages: readonly SessionMessage[];
  readonly messagesLeftOut: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SimulationMonitorMessage {
  /** Whether what only operators may see is there. */
  readonly isOperator: boolean;
  readonly now: number;
  readonly time: string;
  readonly intake: Intake;
  /** Why no session can be served, e.g. `diskFull`; null while one can. */
  readonly shortage: string | null;
  /** What is answered to `/load`, in percent. */
  readonly load: number;
  /** Samples taken so far, and the latest of them. */
  readonly samples: number;
  readonly sample: LoadSample | null;
  readonly maxConnections: number;
  /** Sessions that have a place. */
  readonly seated: number;
  /** Those of them that are still served by the process of the version before, which has handed over. */
  readonly seatedBefore: number;
  /** Sessions that wait for a place. */
  readonly queued: number;
  /** The oldest first; so many more are `unlisted`. */
  readonly sessions: readonly SessionLine[];
  readonly unlisted: number;
  /** Session servers that this server joins by itself; for operators only. */
  readonly memberships?: readonly MembershipLine[];
}

/** How it stands with a session server that a simulation server joins. */
export interface MembershipLine {
  /** Its URL. */
  readonly sessionServer: string;
  readonly state: MembershipState;
  /** Why it could not be joined the last time; null where it was. */
  readonly problem: string | null;
}

/** The samples for the charts: the latest last, one a second, `samples` of them were taken so far. */
export interface LoadHistory {
  readonly samples: number;
  readonly history: readonly LoadSample[];
}
