import { Counter, Histogram, type Registry } from 'prom-client';
import type { RequestOutcome } from '../../machines/session-request.ts';
import type { ServerState } from '../../machines/simulation-server.ts';
import type { ClusterOrder } from '../operations/cluster-call.ts';
import { addCounts, addGauge, createMetrics, PREFIX } from '../operations/metrics.ts';
import type { ServerView } from './choose-server.ts';
import type { RefusalReason } from './queue.ts';

const STATES: readonly ServerState[] = ['probing', 'available', 'overloaded', 'draining', 'unreachable'];

/** Upper bounds in s of the times that simulation servers take to answer; they have 5 s. */
const PROBE_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Upper bounds in s of the times that clients wait in line. */
const WAIT_BUCKETS = [1, 2.5, 5, 10, 20, 30, 60, 120, 300, 600, 1_800, 3_600];

/** Milliseconds in a second: Prometheus has seconds. */
const SECOND = 1_000;

export interface SessionMetricsFacts {
  servers(): readonly ServerView[];
  watchers(): number;
  /** Servers that have joined by themselves. */
  joined(): number;
  /** Clients that wait in line, and most that may. */
  queued(): number;
  readonly queueLength: number;
}

/** The figures of a session server, for Prometheus. */
export interface SessionMetrics {
  readonly registry: Registry;
  recordGrant(): void;
  recordRefusal(reason: RefusalReason): void;
  /** @param waited how long a client stood in line, in ms */
  recordWait(outcome: RequestOutcome, waited: number): void;
  /** @param latency what a usable answer to `/load` took, in ms */
  recordAnswer(latency: number): void;
  recordMissedAnswer(): void;
  /** A simulation server has asked to be listed, or not to be any more. */
  recordClusterCall(order: ClusterOrder, isTaken: boolean): void;
}

export function createSessionMetrics(facts: SessionMetricsFacts): SessionMetrics {
  const registry = createMetrics('session');
  const registers = [registry];
  const clients = new Counter({
    name: `${PREFIX}clients_total`,
    help: 'Clients that asked for a simulation server, by whether there was one.',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['granted', 'refused']) clients.inc({ outcome }, 0);
  const refusals = new Counter({
    name: `${PREFIX}refusals_total`,
    help: 'Clients that were refused, by reason.',
    labelNames: ['reason'],
    registers,
  });
  const waits = new Histogram({
    name: `${PREFIX}queue_wait_seconds`,
    help: 'Time that clients stood in line, by how that ended.',
    labelNames: ['outcome'],
    buckets: WAIT_BUCKETS,
    registers,
  });
  addGauge(registry, 'queue_length', 'Clients that wait in line.', facts.queued);
  addGauge(registry, 'queue_places', 'Most clients that may wait in line.', () => facts.queueLength);
  const answers = new Histogram({
    name: `${PREFIX}load_poll_seconds`,
    help: 'Time that simulation servers took for a usable answer to /load.',
    buckets: PROBE_BUCKETS,
    registers,
  });
  const missed = new Counter({
    name: `${PREFIX}load_polls_failed_total`,
    help: 'Polls of /load without a usable answer.',
    registers,
  });
  addCounts(
    registry,
    { name: 'simulation_servers', help: 'Simulation servers by their state.', label: 'state' },
    STATES,
    () => facts.servers().map(({ state }) => state),
  );
  addGauge(registry, 'watchers', 'Clients that watch the availability.', facts.watchers);
  addGauge(registry, 'joined_servers', 'Simulation servers that have joined by themselves.', facts.joined);
  const clusterCalls = new Counter({
    name: `${PREFIX}cluster_calls_total`,
    help: 'Signed calls of simulation servers that join, leave or ask whether they could, by what became of them.',
    labelNames: ['order', 'outcome'],
    registers,
  });
  return {
    registry,
    recordGrant: () => clients.inc({ outcome: 'granted' }),
    recordRefusal(reason) {
      clients.inc({ outcome: 'refused' });
      refusals.inc({ reason });
    },
    recordWait: (outcome, waited) => waits.observe({ outcome }, waited / SECOND),
    recordAnswer: (latency) => answers.observe(latency / SECOND),
    recordMissedAnswer: () => missed.inc(),
    recordClusterCall: (order, isTaken) => clusterCalls.inc({ order, outcome: isTaken ? 'taken' : 'refused' }),
  };
}
