import { readFileSync } from 'node:fs';
import { hasProcessTable, type ProcessEntry, type SessionTraces, sessionEntries } from './process-table.ts';

/** Milliseconds in a clock tick of proc(5): Linux counts 100 a second for programs on every machine that Node runs on. */
const TICK = 10;

/** Nanoseconds in a millisecond. */
const MILLISECOND = 1e6;

/** Bytes in the unit of `status` in proc(5). */
const KIB = 1_024;

/** Numbers of an answer for each session. */
const FIGURES = 2;

/** What the processes of a session take. */
export interface SessionMeasure {
  /** When it was measured: ms on the machine's clock that is never set. */
  readonly at: number;
  /**
   * Time of processors in ms that they and their ended children have had, in
   * steps of 10; falls when one ends that no other one of them waited for.
   */
  readonly cpuTime: number;
  /** Bytes that they hold in memory; what several share counts for each. */
  readonly memory: number;
}

/** Measures all sessions by one look at the process table: the time, then processor time and memory of each. */
export async function measureSessions(sessions: readonly SessionTraces[]): Promise<number[]> {
  if (!hasProcessTable) return [];
  const trees = await Promise.all(sessions.map(sessionEntries));
  return [Number(process.hrtime.bigint()) / MILLISECOND, ...trees.flatMap(figuresOf)];
}

/** @param answer of `measureSessions` for these sessions */
export function readMeasures(
  sessions: readonly string[],
  [at, ...figures]: readonly number[],
): ReadonlyMap<string, SessionMeasure> {
  if (at === undefined) return new Map();
  return new Map(
    sessions.map((session, index) => {
      const [cpuTime = 0, memory = 0] = figures.slice(index * FIGURES, (index + 1) * FIGURES);
      return [session, { at, cpuTime, memory }];
    }),
  );
}

function figuresOf(tree: readonly ProcessEntry[]): [cpuTime: number, memory: number] {
  return [
    tree.reduce((sum, { cpuTicks }) => sum + cpuTicks * TICK, 0),
    tree.reduce((sum, { pid }) => sum + memoryOf(pid), 0),
  ];
}

function memoryOf(pid: number): number {
  try {
    return Number(/^VmRSS:\s*(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? 0) * KIB;
  } catch {
    // It has ended since the look.
    return 0;
  }
}
