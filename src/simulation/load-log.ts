import type { AnyMachineSnapshot } from 'xstate';
import type { LoadSample } from '../../machines/load-monitor.ts';
import { type SupervisorRef, whichChildren } from '../../machines/supervisor.ts';
import { loadLogFile } from '../operations/log-files.ts';

/** Decimal places of a figure: our choice, 1 kB/s where it is a rate. */
const PRECISION = 3;

const SECOND = 1_000;

/** Names of webots-server's columns, in its order, each with what stands in it. */
const COLUMNS: readonly (readonly [string, keyof LoadSample])[] = [
  ['CPU load', 'cpu'],
  ['CPU memory', 'memory'],
  ['GPU load compute', 'gpu'],
  ['GPU load memory', 'gpuMemoryController'],
  ['GPU memory', 'gpuMemory'],
  ['Swap', 'swap'],
  ['Disk', 'disk'],
  ['Network sent', 'networkSent'],
  ['Network received', 'networkReceived'],
];

const SEPARATOR = ', ';
const HEADER = ['Timestamp', 'Webots running', 'Webots idle', ...COLUMNS.map(([name]) => name)].join(SEPARATOR);

/** Engines whose simulated time advances, and all others. */
export interface EngineCounts {
  readonly running: number;
  readonly idle: number;
}

/** The file of all samples of the load, one row each. */
export interface LoadLog {
  record(sample: LoadSample, engines: EngineCounts): void;
}

/** @returns what writes `<logDir>/simulation/monitor.csv` */
export function createLoadLog(logDir: string): LoadLog {
  const file = loadLogFile(logDir, `${HEADER}\n`);
  return {
    record(sample, { running, idle }) {
      const figures = COLUMNS.map(([, key]) => Number(sample[key].toFixed(PRECISION)));
      const row = [Math.floor(Date.now() / SECOND), running, idle, ...figures];
      file.write(`${row.join(SEPARATOR)}\n`);
    },
  };
}

/** @param engines the supervisor of all engines, where it runs */
export function countEngines(engines: SupervisorRef | undefined): EngineCounts {
  const children = engines ? whichChildren(engines) : [];
  const snapshots = children.flatMap(({ ref }) => (ref ? [ref.getSnapshot() as AnyMachineSnapshot] : []));
  const running = snapshots.filter((snapshot) => snapshot.matches({ alive: { ready: { simulation: 'running' } } }));
  return { running: running.length, idle: snapshots.length - running.length };
}
