import type { LoadSample } from '../../machines/load-monitor.ts';
import type { LoadHistory, MembershipLine, SessionLine, SimulationMonitorMessage } from '../monitor/messages.ts';
import type { Intake } from '../monitor/server-status.ts';
import type { Membership } from './memberships.ts';
import type { SessionAccount } from './session-records.ts';
import type { Usage } from './usage-meter.ts';

/** Samples on the charts: ten minutes, as in webots-server. */
const HISTORY_LENGTH = 600;

/** Sessions that are listed, the oldest first: our choice; a page with more would say no more. */
export const MOST_LISTED = 200;

/** What the monitor is told beside the samples. */
export interface FeedFacts {
  /** What is answered to `/load`, in percent. */
  load(): number;
  intake(): Intake;
  /** How it stands with the session servers that this one joins. */
  memberships(): readonly Membership[];
  /** Why no session can be served. */
  shortage(): string | undefined;
  readonly maxConnections: number;
  seated(): number;
  /** Those of them that servers before this one still serve. */
  seatedBefore(): number;
  /** Sessions that wait for a place. */
  queued(): number;
  /** Sessions of which anything is left. */
  sessions(): number;
  /** The oldest of them, `most` at most. */
  accounts(most: number): readonly SessionAccount[];
  /** What a session takes, while that is measured. */
  usageOf(id: string): Usage | undefined;
}

/** What the monitor page shows, and what of it strangers may see. */
export interface MonitorFeed {
  recordSample(sample: LoadSample): void;
  readonly history: LoadHistory;
  message(isOperator: boolean): SimulationMonitorMessage;
}

export function createMonitorFeed(facts: FeedFacts): MonitorFeed {
  const history: LoadSample[] = [];
  let samples = 0;

  return {
    recordSample(sample) {
      samples++;
      history.push(sample);
      if (history.length > HISTORY_LENGTH) history.shift();
    },
    get history() {
      return { samples, history };
    },
    message(isOperator) {
      const accounts = facts.accounts(MOST_LISTED);
      return {
        isOperator,
        now: performance.now(),
        time: new Date().toISOString(),
        intake: facts.intake(),
        shortage: facts.shortage() ?? null,
        load: facts.load(),
        samples,
        sample: history.at(-1) ?? null,
        maxConnections: facts.maxConnections,
        seated: facts.seated(),
        seatedBefore: facts.seatedBefore(),
        queued: facts.queued(),
        unlisted: Math.max(0, facts.sessions() - accounts.length),
        sessions: accounts.map((account) =>
          isOperator ? operatorLine(account, facts.usageOf(account.id)) : strangerLine(account),
        ),
        ...(isOperator && { memberships: facts.memberships().map(membershipLine) }),
      };
    },
  };
}

function strangerLine({ number, stage, engineState, startedAt }: SessionAccount): SessionLine {
  return { number, stage, engine: engineState ?? null, startedAt };
}

function operatorLine(account: SessionAccount, usage: Usage | undefined): SessionLine {
  const { id, endsAt = null, request, port = null, client = null } = account;
  const world = request ? worldName(request.url) : null;
  return { ...strangerLine(account), id, endsAt, world, port, client, usage: usage ?? null };
}

function membershipLine({ sessionServer, state, problem }: Membership): MembershipLine {
  return { sessionServer, state, problem: problem ?? null };
}

/** The last part of the path of a world's URL, whatever a client called one. */
function worldName(url: string): string {
  return (
    url
      .replace(/[?#].*$/s, '')
      .split('/')
      .at(-1) || url
  );
}
