import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { End, EndReason } from '../../machines/end-reason.ts';
import { type LoadSample, loadOf } from '../../machines/load-sample.ts';
import type { SupervisorReport } from '../../machines/supervisor.ts';
import { addCounts, addGauge, createMetrics, PREFIX } from '../operations/metrics.ts';
import type { Membership } from './memberships.ts';
import type { SessionAccount } from './session-records.ts';

/** Upper bounds in s of the times that sessions spend in a state: from what a queue takes to the longest time limit. */
const STAGE_BUCKETS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 7_200];

/** States that are of use to know about, by their beginning, with the names that they have in the figures. */
const STAGES = [
  ['connected.waiting', 'waiting'],
  ['connected.checking', 'checking'],
  ['connected.queued', 'queued'],
  ['connected.fetching', 'fetching'],
  ['connected.simulating.launching', 'launching'],
  ['connected.simulating.streaming', 'streaming'],
  ['leaving', 'leaving'],
] as const;

const MEMBERSHIP_STATES: readonly Membership['state'][] = ['joining', 'member', 'retrying', 'leaving', 'away'];

/** Milliseconds in a second: Prometheus has seconds. */
const SECOND = 1_000;

export interface MetricsFacts {
  /** Sessions that have not ended, `most` at most. */
  accounts(most: number): readonly SessionAccount[];
  readonly capacity: number;
  /** Most clients that may wait for a place. */
  readonly queueLength: number;
  /** Whether a new client would be taken. */
  isAccepting(): boolean;
  sample(): LoadSample | undefined;
  /** How it stands with the session servers that this one joins. */
  memberships(): readonly Membership[];
}

/** The figures of a simulation server, for Prometheus. */
export interface SimulationMetrics {
  readonly registry: Registry;
  recordEnd(account: SessionAccount, end: End): void;
  recordReport(report: SupervisorReport): void;
  /** A client was refused before it had a session. */
  recordRefusal(reason: EndReason): void;
}

export function createSimulationMetrics(facts: MetricsFacts): SimulationMetrics {
  const registry = createMetrics('simulation');
  const registers = [registry];
  const ended = new Counter({
    name: `${PREFIX}sessions_ended_total`,
    help: 'Sessions that have ended, by their reason and whether their simulation streamed.',
    labelNames: ['reason', 'streamed'],
    registers,
  });
  const stages = new Histogram({
    name: `${PREFIX}session_stage_seconds`,
    help: 'Time that ended sessions spent in each stage.',
    labelNames: ['stage'],
    buckets: STAGE_BUCKETS,
    registers,
  });
  const failures = new Counter({
    name: `${PREFIX}supervisor_reports_total`,
    help: 'Failures of actors that a supervisor starts again, by supervisor and child.',
    labelNames: ['supervisor', 'child'],
    registers,
  });
  addCounts(
    registry,
    { name: 'sessions', help: 'Sessions that there are, by stage.', label: 'stage' },
    STAGES.map(([, stage]) => stage),
    () => facts.accounts(Number.POSITIVE_INFINITY).map(({ stage }) => stageOf(stage)),
  );
  addGauge(registry, 'session_places', 'Most simulations at the same time.', () => facts.capacity);
  addGauge(registry, 'queue_places', 'Most clients that may wait in line.', () => facts.queueLength);
  const refusals = new Counter({
    name: `${PREFIX}refusals_total`,
    help: 'Clients that were refused as soon as they came, by reason.',
    labelNames: ['reason'],
    registers,
  });
  addGauge(registry, 'accepting', 'Whether new clients are taken: 1 or 0.', () => (facts.isAccepting() ? 1 : 0));
  addCounts(
    registry,
    {
      name: 'memberships',
      help: 'Session servers that this server joins by itself, by whether they list it.',
      label: 'state',
    },
    MEMBERSHIP_STATES,
    () => facts.memberships().map(({ state }) => state),
  );
  new Gauge({
    name: `${PREFIX}load_ratio`,
    help: 'Load of the machine and its parts in the last second, 0 to 1; "load" is what /load is made of.',
    labelNames: ['part'],
    registers,
    collect() {
      const sample = facts.sample();
      if (!sample) return;
      const { cpu, memory, swap, gpu, gpuMemory, disk } = sample;
      const parts = { load: loadOf(sample), cpu, memory, swap, gpu, gpu_memory: gpuMemory, disk };
      for (const [part, percent] of Object.entries(parts)) this.set({ part }, percent / 100);
    },
  });

  return {
    registry,
    recordEnd({ transitions, startedAt }, { reason }) {
      const own = transitions.filter(({ machine }) => machine === 'session');
      const streamed = own.some(({ state }) => stageOf(state) === 'streaming');
      ended.inc({ reason, streamed: String(streamed) });
      const times = new Map<string, number>();
      const age = performance.now() - startedAt;
      own.forEach(({ at, state }, index) => {
        const stage = stageOf(state);
        times.set(stage, (times.get(stage) ?? 0) + (own[index + 1]?.at ?? age) - at);
      });
      for (const [stage, time] of times) if (stage !== OTHER) stages.observe({ stage }, time / SECOND);
    },
    recordRefusal: (reason) => refusals.inc({ reason }),
    recordReport({ supervisor, offender }) {
      // Sessions and engines are never started again, and their names are as many as there were sessions.
      if (offender.restart !== 'temporary') failures.inc({ supervisor, child: offender.id });
    },
  };
}

/** What a session is in that is in none of the stages, as at its very end. */
const OTHER = 'other';

function stageOf(state: string): string {
  return STAGES.find(([path]) => state.startsWith(path))?.[1] ?? OTHER;
}
