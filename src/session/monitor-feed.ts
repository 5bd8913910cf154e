import type { ServerState } from '../../machines/simulation-server.ts';
import type { ServerTransition, SessionMonitorMessage } from '../monitor/messages.ts';
import type { ServerStatus } from '../monitor/server-status.ts';
import type { ServerView } from './choose-server.ts';
import { LoadHistory } from './load-history.ts';
import { MinuteCount } from './minute-count.ts';

/** Changes of state that are kept for the page: our choice, more than one looks through. */
export const MOST_TRANSITIONS = 100;

/** What the monitor is told beside its own records. */
export interface FeedFacts {
  /** Percent; read for each message. */
  readonly loadThreshold: number;
  readonly ssl: boolean;
  servers(): readonly ServerView[];
  /** Percent; undefined where no load is known. */
  meanLoad(): number | undefined;
  watchers(): number;
  /** Clients that wait in line; undefined where there is none. */
  queued(): number | undefined;
  /** What the server with this entry said of itself. */
  status(entry: string): ServerStatus | undefined;
}

interface ServerRecord {
  readonly history: LoadHistory;
  answeredAt: number | null;
  latency: number | null;
}

/** What the monitor page shows beyond the present: loads, changes, grants and refusals of late, in bounded memory. */
export class MonitorFeed {
  readonly #facts: FeedFacts;
  readonly #now: () => number;
  readonly #records = new Map<string, ServerRecord>();
  readonly #transitions: ServerTransition[] = [];
  readonly #grants = new MinuteCount();
  readonly #refusals = new MinuteCount();

  /** @param now ms on a clock that is never set */
  constructor(facts: FeedFacts, now: () => number = () => performance.now()) {
    this.#facts = facts;
    this.#now = now;
  }

  /** @param latency what the answer took, in ms */
  recordLatency(entry: string, latency: number): void {
    this.#recordOf(entry).latency = latency;
  }

  /** @param load percent */
  recordLoad(entry: string, load: number): void {
    const record = this.#recordOf(entry);
    record.answeredAt = this.#now();
    record.history.record(record.answeredAt, load);
  }

  /** Nothing is kept of a server that is watched no more, but its changes. */
  forget(entry: string): void {
    this.#records.delete(entry);
  }

  recordTransition(entry: string, before: ServerState, state: ServerState): void {
    if (before === state) return;
    this.#transitions.unshift({ time: new Date().toISOString(), entry, before, state });
    this.#transitions.splice(MOST_TRANSITIONS);
  }

  recordGrant(): void {
    this.#grants.add(this.#now());
  }

  recordRefusal(): void {
    this.#refusals.add(this.#now());
  }

  message(): SessionMonitorMessage {
    const now = this.#now();
    const { loadThreshold, ssl } = this.#facts;
    return {
      now,
      time: new Date().toISOString(),
      loadThreshold,
      ssl,
      servers: this.#facts.servers().map(({ entry, state, load = null, reserved, isJoined = false }) => {
        const { answeredAt, latency, history } = this.#recordOf(entry);
        return {
          entry,
          state,
          load,
          reserved,
          isJoined,
          answeredAt,
          latency,
          history: history.points(now),
          status: this.#facts.status(entry) ?? null,
        };
      }),
      meanLoad: this.#facts.meanLoad() ?? null,
      watchers: this.#facts.watchers(),
      queued: this.#facts.queued() ?? null,
      grants: this.#grants.count(now),
      refusals: this.#refusals.count(now),
      transitions: this.#transitions,
    };
  }

  #recordOf(entry: string): ServerRecord {
    let record = this.#records.get(entry);
    if (!record) {
      record = { history: new LoadHistory(), answeredAt: null, latency: null };
      this.#records.set(entry, record);
    }
    return record;
  }
}
