import type { AnyStateMachine } from 'xstate';
import { type ChartTransition, statesOf, transitionsOf } from '../../src/statecharts/chart.ts';
import type { ShownMachine } from '../../src/statecharts/machines.ts';
import { transitionKey } from '../fixtures/transition-recorder.mjs';

/** How many of a machine's transitions were taken. */
export interface Coverage {
  /** Id of the machine. */
  readonly machine: string;
  readonly all: number;
  /** Each that was not taken, by its state, event, guard and target. */
  readonly missing: readonly string[];
}

/** @param taken what the recorder wrote, line by line */
export function coverageOf({ machine, chart }: ShownMachine, taken: ReadonlySet<string>): Coverage {
  const transitions = statesOf(chart.root).flatMap((state) =>
    transitionsOf(nodeAt(machine, state.path)).map((transition, index) => ({
      key: transitionKey(transition),
      name: nameOf(state.path, state.transitions[index]!),
    })),
  );
  const missing = transitions.filter(({ key }) => !taken.has(key)).map(({ name }) => name);
  return { machine: chart.id, all: transitions.length, missing };
}

function nodeAt(machine: AnyStateMachine, path: string) {
  return machine.getStateNodeById([machine.id, path].filter(Boolean).join('.'));
}

function nameOf(path: string, { trigger, guard, target }: ChartTransition): string {
  const condition = guard === undefined ? '' : ` [${guard}]`;
  return `${path || 'in any state'}: ${trigger}${condition} → ${target ?? 'stays'}`;
}

/** One line a machine, and one for all. */
export function coverageTable(coverages: readonly Coverage[]): string {
  const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
  const rows = coverages.map(({ machine, all, missing }) => [machine, all - missing.length, all] as const);
  const total = ['all machines', sum(rows.map(([, taken]) => taken)), sum(rows.map(([, , all]) => all))] as const;
  return [...rows, total].map(([name, taken, all]) => `${name.padEnd(16)} ${taken} of ${all}\n`).join('');
}

/** Each transition that was not taken, one a line; empty where there is none. */
export function coverageGaps(coverages: readonly Coverage[]): string {
  return coverages
    .flatMap(({ machine, missing }) => missing.map((name) => `transition not taken: ${machine}: ${name}\n`))
    .join('');
}
